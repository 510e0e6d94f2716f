import Foundation
import Images
import Labels
import Tensors
import TestSupport
import Testing

/// The figures of single pictures, against NumPy's (Tests/Fixtures/labels/per_picture.json, by make_per_picture.py), and
/// what evaluation does with sets that do not fit each other.
@Suite struct EvaluatePicturesTests {
    private let folder: TemporaryFolder
    private static let classes = ["a", "b", "c", "d", "e", "f"]

    /// The evaluation fixture as folders, its pictures named so that their order is not that of their numbers.
    init() throws {
        folder = try TemporaryFolder()
        for name in ["truth", "predictions", "cams"] {
            try FileManager.default.createDirectory(atPath: folder.path + "/" + name, withIntermediateDirectories: true)
        }
        for (index, name) in Self.pictures.enumerated() {
            for (kind, target) in [("truth", "truth"), ("prediction", "predictions")] {
                let array = try NumPyFile.read(path: Fixtures.path("labels/\(kind)_\(index).npy"))
                let values = array.values.map { $0 < 7 ? UInt8($0) : 255 }
                let map = IndexedImage(width: array.shape[1], height: array.shape[0], indices: values)
                try folder.write(PNGEncoder.encode(map), "\(target)/\(name).png")
            }
            try FileManager.default.copyItem(
                atPath: Fixtures.path("labels/cams_\(index).npz"), toPath: folder.path + "/cams/\(name).npz")
        }
        try folder.write(Self.classes.joined(separator: "\n"), "classes.txt")
        try folder.write(Self.pictures.joined(separator: "\n"), "list.txt")
    }

    private static let pictures = ["z", "a,b", "m"]

    private func path(_ name: String) -> String { folder.path + "/" + name }

    private func run(_ what: String, _ more: [String]) throws -> Outcome {
        try Program.run(["evaluate", "--\(what)", path(what), "--truth", path("truth"), "--class-list", path("classes.txt")] + more)
    }

    private struct Oracle: Decodable {
        struct Picture: Decodable {
            let iou: [Double?]
            let mean: Double?
            let pixels: Int
        }
        let all: [Picture]
        let restricted: [Picture]
        let level: Double
        let atLevel: [Picture]
    }

    private func oracle() throws -> Oracle {
        try JSONDecoder().decode(Oracle.self, from: Data(contentsOf: URL(filePath: Fixtures.path("labels/per_picture.json"))))
    }

    /// The fields of a line, in which only the name "a,b" is quoted.
    private func fields(_ line: String) -> [String] {
        line.replacingOccurrences(of: "\"a,b\"", with: "a;b").components(separatedBy: ",")
            .map { $0.replacingOccurrences(of: ";", with: ",") }
    }

    private func compare(_ csv: String, _ expected: [Oracle.Picture], _ header: [String], line: Int = #line) {
        let rows = csv.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { fields(String($0)) }
        #expect(rows.first == ["name"] + header + ["mIoU", "pixels"] && rows.count == 4, "line \(line): \(csv)")
        for (name, row, picture) in zip3(Self.pictures, rows.dropFirst(), expected) {
            #expect(row.first == name && row.count == header.count + 3, "line \(line): \(row)")
            for (found, wanted) in zip(row.dropFirst(), picture.iou + [picture.mean]) {
                #expect(wanted.map { abs((Double(found) ?? -1) - $0) < 1e-15 } ?? found.isEmpty, "line \(line): \(name) \(found) \(wanted as Any)")
            }
            #expect(row.last == "\(picture.pixels)", "line \(line): \(row)")
        }
    }

    private func zip3<A, B, C>(_ a: [A], _ b: ArraySlice<B>, _ c: [C]) -> [(A, B, C)] { zip(zip(a, b), c).map { ($0.0, $0.1, $1) } }

    @Test func everyPictureEqualsNumPy() throws {
        let oracle = try oracle(), list = ["--list", path("list.txt")]
        let file = try run("predictions", list + ["--per-picture", path("each.csv"), "--threads", "3"])
        #expect(file.status == 0 && file.lines.last == "3 pictures", "\(file.error)")
        compare(try String(contentsOfFile: path("each.csv"), encoding: .utf8), oracle.all, ["background"] + Self.classes)
        let output = try run("predictions", list + ["--per-picture", "-", "--only", "e,b,c"])
        #expect(output.status == 0 && output.error.isEmpty)
        compare(output.text, oracle.restricted, ["background", "b", "c", "e"])
        let level = try run("cams", list + ["--level", "35%", "--per-picture", "-"])
        compare(level.text, oracle.atLevel, ["background"] + Self.classes)
        // A sweep's pictures are those at its best value; the way through a preset makes the same labels.
        let plain = try run("cams", list + ["--sweep", "--steps", "\(oracle.level):\(oracle.level):1", "--per-picture", "-"])
        compare(plain.text, oracle.atLevel, ["background"] + Self.classes)
        let bare = try folder.write(#"{"version":1,"completion":{"cut":null,"opening":0}}"#, "bare.json")
        let preset = try run("cams", list + ["--sweep", "--steps", "35%:35%:1", "--preset", bare, "--per-picture", "-"])
        compare(preset.text, oracle.atLevel, ["background"] + Self.classes)
    }

    /// The mean of the pictures' own figures, beside that of the data set.
    @Test func theAverageOverPictures() throws {
        let oracle = try oracle(), list = ["--list", path("list.txt"), "--average", "image"]
        let mean = oracle.all.compactMap(\.mean).reduce(0, +) / 3
        let outcome = try run("predictions", list + ["--json", "--threads", "3"])
        let object = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
        #expect(object["average"] as? String == "image" && abs((object["mIoU"] as? Double ?? -1) - mean) < 1e-15)
        let iou = try #require(object["iou"] as? [String: Any])
        for (place, name) in (["background"] + Self.classes).enumerated() {
            let values = oracle.all.compactMap { $0.iou[place] }
            let expected = values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
            #expect(abs((iou[name] as? Double ?? -1) - (expected ?? -1)) < 1e-15, "\(name)")
        }
        let whole = try run("predictions", ["--json"])
        let usual = try #require(try JSONSerialization.jsonObject(with: Data(whole.output)) as? [String: Any])
        let dataSet = try #require(usual["mIoU"] as? Double)
        #expect(usual["average"] as? String == "dataset" && dataSet != mean)
        let table = try run("predictions", list)
        for (name, value) in [("mean IoU of the pictures ", mean), ("mean IoU of the data set ", dataSet)] {
            #expect(table.lines.contains { $0.hasPrefix(name) && $0.hasSuffix(String(format: "%.2f %%", value * 100)) }, "\(table.text)")
        }
        let csv = try run("predictions", list + ["--csv"])
        #expect(csv.lines.contains { $0.hasPrefix("pictureMIoU,,") } && csv.lines.contains { $0.hasPrefix("mIoU,,") }, "\(csv.text)")
        let chosen = try run("cams", list + ["--level", "35%", "--json"])
        let level = try #require(try JSONSerialization.jsonObject(with: Data(chosen.output)) as? [String: Any])
        #expect(abs((level["mIoU"] as? Double ?? -1) - oracle.atLevel.compactMap(\.mean).reduce(0, +) / 3) < 1e-15)
        #expect(try run("cams", ["--average", "image", "--sweep"]).status == 64)
    }

    @Test func theWorstComeFirst() throws {
        let means = try oracle().all.map { $0.mean ?? -1 }
        let order = means.indices.sorted { means[$0] < means[$1] }.map { Self.pictures[$0] }
        let outcome = try run("predictions", ["--worst", "2", "--json", "--list", path("list.txt")])
        let object = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
        let worst = try #require(object["worst"] as? [[String: Any]])
        #expect(worst.compactMap { $0["name"] as? String } == Array(order.prefix(2)) && object["missing"] as? Int == 0)
        #expect(abs((worst[0]["mIoU"] as? Double ?? -1) - (means.min() ?? 0)) < 1e-15 && worst[0]["pixels"] is Int)
        let table = try run("predictions", ["--worst", "9"])
        let heading = try #require(table.lines.firstIndex { $0.hasPrefix("worst pictures") })
        #expect(table.lines[(heading + 1)...].prefix(3).map { $0.contains("%  ") } == [true, true, true], "\(table.text)")
        for (line, name) in zip(table.lines[(heading + 1)...], order) { #expect(line.contains("%  \(name)  ("), "\(line)") }
        #expect(try run("predictions", []).text.contains("worst") == false)
    }

    @Test func partialPredictions() throws {
        unlink(path("predictions/m.png"))
        let refused = try run("predictions", [])
        #expect(refused.status == 66 && refused.isOneLine && refused.error.contains("lacks 1 of the 3 predictions: m"), "\(refused.error)")
        #expect(refused.error.contains("--list NAMES") && refused.error.contains("--missing skip"))
        try folder.write("z\na,b\n", "two.txt")
        let two = try run("predictions", ["--list", path("two.txt"), "--json"])
        let skipped = try run("predictions", ["--missing", "skip", "--json"])
        #expect(two.status == 0 && skipped.text == two.text.replacingOccurrences(of: "\"missing\":0", with: "\"missing\":1"))
        #expect(try run("predictions", ["--missing", "skip"]).lines.last == "2 pictures; 1 without a prediction left out")
        for name in ["z", "a,b"] { unlink(path("predictions/\(name).png")) }
        let none = try run("predictions", ["--missing", "skip"])
        #expect(none.status == 66 && none.isOneLine, "\(none.error)")
    }

    /// The classes in the truth, found by the program or named by hand.
    @Test func onlyPresent() throws {
        try folder.write("z\n", "one.txt")
        let truth = try ImageFile.readIndices(path: path("truth/z.png"))
        let present = Set(truth.indices).filter { $0 > 0 && $0 < 7 }.sorted().map { Self.classes[Int($0) - 1] }
        #expect(present.count < 6)
        let list = ["--list", path("one.txt"), "--json", "--only"]
        let named = try run("predictions", list + [present.joined(separator: ",")])
        let found = try run("predictions", list + ["present"])
        #expect(named.status == 0 && found.text == named.text, "\(named.error) \(found.error)")
        #expect(try run("cams", list + ["present", "--sweep"]).text == run("cams", list + [present.joined(separator: ","), "--sweep"]).text)
    }

    /// A truth whose classes are numbered otherwise, and with more of them.
    @Test func truthOfAnotherOrder() throws {
        let expected = try run("predictions", ["--json"]).text
        let order = ["x", "f", "e", "d", "c", "b", "a"]
        try folder.write(order.joined(separator: "\n"), "order.txt")
        for name in Self.pictures {
            let image = try ImageFile.readIndices(path: path("truth/\(name).png"))
            let values = image.indices.map { (1...6).contains($0) ? 8 - $0 : $0 }
            try folder.write(PNGEncoder.encode(IndexedImage(width: image.width, height: image.height, indices: values)), "truth/\(name).png")
        }
        #expect(try run("predictions", ["--json", "--truth-list", path("order.txt")]).text == expected)
        #expect(try run("predictions", ["--json"]).text != expected)
        // Without a class of theirs there is nothing to compare; a number beyond theirs is said.
        #expect(try run("predictions", ["--truth-list", "voc"]).status == 64)
        try folder.write("f\ne\n", "short.txt")
        let short = try run("predictions", ["--truth-list", path("short.txt")])
        #expect(short.status == 65 && short.isOneLine && short.error.contains("--truth-list"), "\(short.error)")
    }

    /// Masks of other programs, by the names that lie beside them.
    @Test func truthWithALegend() throws {
        let expected = try run("predictions", ["--json"]).text
        let truths = try Self.pictures.map { try ImageFile.readIndices(path: path("truth/\($0).png")) }
        // CVAT's: colors of its user's choice.
        var colors = [RGBColor(red: 0, green: 0, blue: 0)]
        for number in 1...6 {
            let level = UInt8(number)
            colors.append(RGBColor(red: 30 * level, green: 7 * level, blue: 200))
        }
        var lines = "", rows = "Pixel Value, Class\n0, background\n"
        for (place, name) in Self.classes.enumerated() {
            let color = colors[place + 1]
            lines += "\(name):\(color.red),\(color.green),\(color.blue)::\n"
            rows += "\(11 + place), \(name)\n"
        }
        try folder.write(lines, "truth/labelmap.txt")
        for (name, truth) in zip(Self.pictures, truths) {
            var samples: [UInt8] = []
            for index in truth.indices {
                let color = index == 255 ? VOCPalette.colors[255] : colors[Int(index)]
                samples += [color.red, color.green, color.blue]
            }
            try folder.write(PNGEncoder.encode(RGBImage(width: truth.width, height: truth.height, samples: samples)), "truth/\(name).png")
        }
        #expect(try run("predictions", ["--json"]).text == expected)
        #expect(try run("predictions", ["--json", "--truth-list", "coco"]).status != 0)
        try folder.write("other:1,2,3::\n", "truth/labelmap.txt")
        let foreign = try run("predictions", [])
        #expect(foreign.status == 64 && foreign.isOneLine && foreign.error.contains("--class-list"), "\(foreign.error)")
        unlink(path("truth/labelmap.txt"))
        // Roboflow's: numbers of its own, names that end in _mask, pictures among them.
        try folder.write(rows, "truth/_classes.csv")
        for (name, truth) in zip(Self.pictures, truths) {
            var values = truth.indices
            for place in values.indices where values[place] >= 1 && values[place] <= 6 { values[place] += 10 }
            unlink(path("truth/\(name).png"))
            try folder.write(PNGEncoder.encode(IndexedImage(width: truth.width, height: truth.height, indices: values)), "truth/\(name)_mask.png")
        }
        try folder.write(PNGEncoder.encode(RGBImage(width: 1, height: 1, samples: [9, 9, 9])), "truth/z.png")
        #expect(try run("predictions", ["--json"]).text == expected)
    }

    @Test func theSweepSaysWhatMattersAndSavesIt() throws {
        let table = try run("cams", ["--sweep"])
        // Bars from the worst to the best: none, and the longest.
        let rows = table.lines.prefix { !$0.isEmpty }
        let bars = rows.map { $0.filter { "-#".contains($0) }.count }
        #expect(rows.count >= 20 && rows.count <= 22 && bars.min() == 0 && bars.max() == bars[rows.firstIndex { $0.hasSuffix("*") } ?? 0])
        let chosen = try run("cams", ["--sweep", "--steps", "0.1:0.9:0.02"])
        #expect(chosen.lines.prefix { !$0.isEmpty }.count == 41)
        let flat = try run("cams", ["--sweep", "--steps", "0.3001:0.3009:0.0001"])
        #expect(flat.text.contains("; flat: within 0.5"), "\(flat.text)")

        let saved = try run("cams", ["--sweep", "--json", "--save-preset", path("tuned.json")])
        let figures = try #require(try JSONSerialization.jsonObject(with: Data(saved.output)) as? [String: Any])
        let best = try #require((figures["best"] as? [String: Double])?["level"])
        let preset = try Preset.read(path: path("tuned.json"))
        #expect(preset.name == "tuned" && preset.completion.background == .level(best) && preset.completion.openingSize == 0)
        let plateau = try #require(figures["plateau"] as? [String: Double])
        #expect((plateau["first"] ?? 2) <= best && (plateau["last"] ?? -1) >= best)
        _ = try run("cams", ["--sweep", "--over", "opening", "--steps", "0:3:1", "--preset", path("tuned.json"), "--save-preset", path("other.json")])
        let other = try Preset.read(path: path("other.json"))
        #expect(other.name == "other" && other.completion.background == .level(best) && other.refiners == preset.refiners)
        #expect(try run("cams", ["--sweep", "--save-preset", path("none/x.json")]).status == 73)
    }

    @Test(arguments: [
        ["--worst", "-1"], ["--worst", "3", "--csv"], ["--per-picture", "-", "--json"], ["--per-picture", "-", "--worst", "2"],
        ["--per-picture", ""], ["--save-preset", "x.json"], ["--missing", "count"], ["--average", "class"], ["--only", "present,zebra"],
    ])
    func optionsThatDoNotGoTogether(_ more: [String]) throws {
        let outcome = try run("predictions", more)
        #expect(outcome.status == 64 && outcome.isOneLine, "\(outcome.error)")
    }
}
