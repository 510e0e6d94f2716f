import Foundation
import Images
import Labels
import Tensors
import TestSupport
import Testing

/// `getam evaluate` against NumPy's figures (Tests/Fixtures/labels/evaluation.json, by make_labels.py).
@Suite struct EvaluateTests {
    private let folder: TemporaryFolder
    private static let classes = ["a", "b", "c", "d", "e", "f"]

    /// The fixture as folders. Its numbers beyond the classes are 255 here, which counts the same.
    init() throws {
        folder = try TemporaryFolder()
        for name in ["truth", "predictions", "cams"] {
            try FileManager.default.createDirectory(atPath: folder.path + "/" + name, withIntermediateDirectories: true)
        }
        for index in 0..<3 {
            for (kind, target) in [("truth", "truth"), ("prediction", "predictions")] {
                let array = try NumPyFile.read(path: Fixtures.path("labels/\(kind)_\(index).npy"))
                let values = array.values.map { $0 < 7 ? UInt8($0) : 255 }
                let map = IndexedImage(width: array.shape[1], height: array.shape[0], indices: values)
                try folder.write(PNGEncoder.encode(map), "\(target)/p\(index).png")
            }
            try FileManager.default.copyItem(
                atPath: Fixtures.path("labels/cams_\(index).npz"), toPath: folder.path + "/cams/p\(index).npz")
        }
        try folder.write(Self.classes.joined(separator: "\n"), "classes.txt")
        try folder.write("p0\np1\np2\n", "list.txt")
    }

    private func path(_ name: String) -> String { folder.path + "/" + name }

    private func run(_ what: String, _ more: [String]) throws -> Outcome {
        try Program.run(
            ["evaluate", "--\(what)", path(what), "--truth", path("truth"), "--list", path("list.txt"), "--class-list", path("classes.txt")] + more)
    }

    private func object(_ outcome: Outcome) throws -> [String: Any] {
        #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
        return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
    }

    private func oracle() throws -> [String: Any] {
        let data = try Data(contentsOf: URL(filePath: Fixtures.path("labels/evaluation.json")))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private func compare(_ found: [String: Any], _ expected: [String: Any], names: [String]) throws {
        let iou = try #require(found["iou"] as? [String: Any]), values = try #require(expected["iou"] as? [Any])
        #expect(Set(iou.keys) == Set(names) && values.count == names.count)
        for (name, value) in zip(names, values) {
            // NumPy's counts divide to the same bits; null is null.
            #expect(iou[name] as? Double == value as? Double, "\(name)")
            #expect(iou[name] is NSNull == value is NSNull, "\(name)")
        }
        for (key, other) in [
            ("mIoU", "meanIoU"), ("pixelAccuracy", "pixelAccuracy"), ("meanAccuracy", "classAccuracy"),
            ("frequencyWeightedIoU", "frequencyWeightedIoU"), ("ignoredShare", "ignoredShare"),
        ] {
            // NumPy adds in another order: the last bit may differ.
            let (a, b) = (try #require(found[key] as? Double), try #require(expected[other] as? Double))
            #expect(abs(a - b) < 1e-15, "\(key): \(a), \(b)")
        }
        #expect(found["images"] as? Int == 3)
    }

    @Test func equalsNumPy() throws {
        let expected = try oracle()
        try compare(object(run("predictions", ["--json"])), try #require(expected["all"] as? [String: Any]), names: ["background"] + Self.classes)
        // Classes 2, 3 and 5 count; the order of the option does not matter.
        try compare(
            object(run("predictions", ["--json", "--only", "e, b,c"])), try #require(expected["restricted"] as? [String: Any]),
            names: ["background", "b", "c", "e"])
    }

    @Test func theSweepEqualsNumPy() throws {
        let expected = try #require(try oracle()["sweep"] as? [Double])
        let found = try object(run("cams", ["--sweep", "--json"]))
        let steps = try #require(found["steps"] as? [[String: Double]])
        #expect(steps.count == 100 && expected.count == 60)
        for (index, (step, value)) in zip(steps, expected).enumerated() {
            #expect(step["level"] == Double(index) / 100)
            #expect(abs((step["mIoU"] ?? -1) - value) < 1e-15, "\(index)")
        }
        let best = try #require(found["best"] as? [String: Double])
        #expect(best["mIoU"] == steps.compactMap { $0["mIoU"] }.max() && found["oracleThreshold"] as? Bool == true)
        // A fixed level is the sweep's step.
        let level = try object(run("cams", ["--level", "0.3", "--json"]))
        #expect(level["mIoU"] as? Double == steps[30]["mIoU"])
        let atBest = try #require(found["atBest"] as? [String: Any])
        #expect(atBest["mIoU"] as? Double == best["mIoU"])
        // The table marks it, draws it, and says what it is.
        let table = try run("cams", ["--sweep"])
        #expect((30...45).contains(table.lines.count) && table.text.contains("oracle threshold"), "\(table.text)")
        let marked = table.lines.filter { $0.hasSuffix("# *") }
        #expect(marked.count == 1 && marked[0].contains(String(format: "%.2f", best["level"] ?? -1)), "\(marked)")
        let csv = try run("cams", ["--sweep", "--csv"])
        #expect(csv.lines.count == 101 && csv.lines[0] == "level,mIoU" && csv.error.contains("oracle"))
    }

    /// Other numbers of a preset: what completion makes of each, counted here a second time.
    @Test func theSweepTriesOtherNumbers() throws {
        try FileManager.default.createDirectory(atPath: path("saliency"), withIntermediateDirectories: true)
        var expected: [SweepCase: ConfusionMatrix] = [:]
        for index in 0..<3 {
            let truth = try ImageFile.readIndices(path: path("truth/p\(index).png"))
            let salient = (0..<truth.width * truth.height).map { $0 % 5 < 3 ? UInt8(255) : 0 }
            try folder.write(
                PNGEncoder.encode(GrayImage(width: truth.width, height: truth.height, samples: salient)), "saliency/p\(index).png")
            let activation = try Activation(ClassMapDump(path: path("cams/p\(index).npz")).maps)
            let mask = Mask(width: truth.width, height: truth.height, values: salient)
            for wanted in SweepCase.all {
                let labels = try wanted.completion.labels(activation, saliency: wanted.isSalient ? mask : nil).labels
                try expected[wanted, default: ConfusionMatrix(classes: 7)].add(prediction: labels, truth: truth)
            }
        }
        let base = try folder.write(
            #"{"version":1,"completion":{"power":8,"cut":0.9,"opening":3}}"#, "preset.json")
        for wanted in SweepCase.all {
            let more = ["--sweep", "--json", "--over", wanted.number, "--steps", wanted.steps, "--preset", base]
                + (wanted.isSalient ? ["--saliency", path("saliency")] : [])
            let steps = try #require(try object(run("cams", more))["steps"] as? [[String: Double]])
            #expect(steps.count == 3)
            let found = try #require(steps.first { abs(($0[wanted.number] ?? -1) - wanted.value) < 1e-12 })
            let matrix = try #require(expected[wanted])
            // Foundation's reader of JSON may miss the last bit.
            #expect(abs((found["mIoU"] ?? -1) - (EvaluationReport(matrix).meanIoU ?? -2)) < 1e-15, "\(wanted)")
        }
        // They are not all alike.
        #expect(Set(expected.values.compactMap { EvaluationReport($0).meanIoU }).count == SweepCase.all.count)
        for steps in ["1:0:1", "0:1", "0:1:0", "a:b:c", "0:1:1e-9", "0:1e-9:1e-11", "0:1e308:1e306", "-1:2:0.5"] {
            #expect(try run("cams", ["--sweep", "--steps=" + steps]).status == 64, "\(steps)")
        }
        for (number, steps) in [("opening", "0:1:0.5"), ("level", "0:2:1"), ("cut", "0.5:1.5:0.5")] {
            let outcome = try run("cams", ["--sweep", "--over", number, "--steps", steps, "--preset", base])
            #expect(outcome.status == 64 && outcome.isOneLine, "\(outcome.error)")
        }
        #expect(try run("cams", ["--level", "0.1", "--over", "cut"]).status == 64)
    }

    private struct SweepCase: Hashable {
        let number: String
        let value: Double
        let steps: String
        let isSalient: Bool

        static let all = [
            SweepCase(number: "level", value: 0.25, steps: "0.2:0.3:0.05", isSalient: false),
            SweepCase(number: "power", value: 4, steps: "2:6:2", isSalient: false),
            SweepCase(number: "cut", value: 0.7, steps: "0.6:0.8:0.1", isSalient: true),
            SweepCase(number: "opening", value: 2, steps: "0:4:2", isSalient: true),
        ]

        var completion: LabelCompletion {
            var completion = LabelCompletion(background: .power(8), completionCut: 0.9, openingSize: 3)
            switch number {
            case "level": completion.background = .level(value)
            case "power": completion.background = .power(value)
            case "cut": completion.completionCut = value
            default: completion.openingSize = Int(value)
            }
            return completion
        }
    }

    @Test func tableAndCSVSayTheSame() throws {
        let figures = try object(run("predictions", ["--json"]))
        let mean = try #require(figures["mIoU"] as? Double)
        let table = try run("predictions", [])
        #expect(table.lines.contains { $0.hasPrefix("mean IoU ") && $0.contains(String(format: "%.2f %%", mean * 100)) }, "\(table.text)")
        #expect(table.lines.contains { $0.hasPrefix("predicted 255 (missed)") })
        // The class that occurs nowhere is hidden, and said to be.
        #expect(!table.text.contains("–") && table.text.contains("1 class is neither") && table.lines.last == "3 pictures", "\(table.text)")
        let whole = try run("predictions", ["--all"])
        #expect(whole.lines.contains { $0.hasPrefix("f ") && $0.hasSuffix("–") } && !whole.text.contains("--all"))
        let csv = try run("predictions", ["--csv"])
        let row = try #require(csv.lines.first { $0.hasPrefix("mIoU,,") })
        // Foundation's reader of JSON may miss the last bit.
        #expect(abs((Double(row.dropFirst(6)) ?? -1) - mean) < 1e-15, "\(row)")
        #expect(csv.lines.contains("f,6,") && csv.lines.first == "class,index,IoU", "\(csv.text)")
        // Without a list, all in the folder of the truth.
        let all = try Program.run([
            "evaluate", "--predictions", path("predictions"), "--truth", path("truth"), "--class-list", path("classes.txt"), "--json",
        ])
        #expect(try object(all)["mIoU"] as? Double == mean)
    }

    @Test func whatCannotBeComparedIsOneLine() throws {
        func expect(_ outcome: Outcome, _ status: Int32, _ words: String, line: Int = #line) {
            #expect(outcome.status == status && outcome.isOneLine && outcome.error.contains(words), "line \(line): \(outcome.status) \(outcome.error)")
        }
        let small = try PNGEncoder.encode(IndexedImage(width: 4, height: 4, indices: Array(repeating: 0, count: 16)))
        // Of two, the first in the list.
        let whole = try Data(contentsOf: URL(filePath: path("predictions/p1.png")))
        try folder.write(small, "predictions/p1.png")
        try folder.write(small, "predictions/p2.png")
        expect(try run("predictions", []), 65, "predictions/p1.png: the prediction is 4×4, but the truth is 47×33")
        try whole.write(to: URL(filePath: path("predictions/p1.png")))
        unlink(path("predictions/p2.png"))
        expect(try run("predictions", []), 66, "lacks 1 of the 3 predictions: p2; --list NAMES compares those that are there, --missing skip")
        try whole.prefix(100).write(to: URL(filePath: path("predictions/p1.png")))
        try folder.write("p0\np1\n", "list.txt")
        expect(try run("predictions", []), 65, "predictions/p1.png")
        try folder.write("p0\n", "list.txt")
        expect(try run("predictions", ["--only", "a,zebra"]), 64, "zebra")
        try folder.write("a\nb\n", "classes.txt")
        expect(try run("predictions", []), 65, "the class list ends at 2")
        expect(try run("cams", ["--sweep"]), 65, "the class list ends at 2")
        try folder.write(Self.classes.joined(separator: "\n"), "classes.txt")
        unlink(path("cams/p0.npz"))
        expect(try run("cams", ["--sweep"]), 66, "p0")
        try folder.write("PK nothing", "cams/p0.npz")
        expect(try run("cams", ["--level", "0.1"]), 65, "p0.npz")
        try folder.write("\n", "list.txt")
        expect(try run("predictions", []), 65, "no names")
        try folder.write("p0\n", "list.txt")
        // Nothing but 255.
        let void = IndexedImage(width: 52, height: 40, indices: Array(repeating: 255, count: 52 * 40))
        try folder.write(PNGEncoder.encode(void), "truth/p0.png")
        expect(try run("predictions", []), 65, "no pixel")
        expect(try Program.run(["evaluate", "--predictions", path("none"), "--truth", path("truth"), "--list", path("list.txt")]), 66, "none")
    }

    @Test(arguments: [[], ["--cams", "x"], ["--predictions", "x", "--cams", "y"], ["--predictions", "x", "--sweep"],
        ["--cams", "x", "--level", "0.1", "--sweep"], ["--cams", "x", "--level", "2"], ["--predictions", "x", "--json", "--csv"]])
    func optionsThatDoNotGoTogether(_ arguments: [String]) throws {
        let outcome = try Program.run(["evaluate", "--truth", "t"] + arguments)
        #expect(outcome.status == 64 && outcome.output.isEmpty && outcome.error.contains("--"), "\(outcome.error)")
    }
}
