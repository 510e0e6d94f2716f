import Foundation
import Images
import TestSupport
import Testing

/// `getam compare`.
@Suite struct CompareTests {
    private let batch: BatchFolder
    init() throws { batch = try BatchFolder() }

    private func path(_ name: String) -> String { batch.path(name) }

    /// A run by a tiny model; classes are `thing0` … `thing4`.
    private func run(_ more: [String]) throws -> Outcome {
        try Program.run(["compare", "--images", path("images"), "-m", Fixtures.model("bf16"), "--resize", "square"] + more)
    }

    private struct Report: Decodable {
        struct Metric: Decodable { let name: String, unit: String, better: String, definition: String }
        struct Figure: Decodable {
            let mean: Double?, low: Double?, high: Double?
            let maps: Int
        }
        struct Method: Decodable {
            let method: String
            let layers: [Int]
            let figures: [String: Figure]
        }
        let pictures: Int, maps: Int, settings: String
        let metrics: [Metric]
        let methods: [Method]
    }

    private func report(_ outcome: Outcome) throws -> Report { try JSONDecoder().decode(Report.self, from: Data(outcome.output)) }

    private func rows(_ name: String) throws -> [[String]] {
        try String(contentsOfFile: path(name), encoding: .utf8).split(separator: "\n").map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    @Test func theTableIsTheMeanOfTheRows() throws {
        let arguments = ["--methods", "getam,rollout", "--metrics", "insertion,deletion-mean,sparseness", "--steps", "4", "--format", "json"]
        let outcome = try run(arguments + ["--per-picture", path("rows.csv")]), found = try report(outcome)
        #expect(outcome.status == 0 && outcome.error.contains("6 of 6 pictures compared"), "\(outcome.error)")
        #expect(found.pictures == 6 && found.maps == 6 && found.settings.contains("4 steps"))
        #expect(found.methods.map(\.method) == ["getam", "rollout"] && found.methods.map(\.layers) == [[2, 3], [0, 3]])
        #expect(found.metrics.map(\.better) == ["higher", "lower", "higher"] && found.metrics.allSatisfy { $0.definition.hasSuffix(".") })
        let rows = try rows("rows.csv")
        #expect(rows[0].prefix(6) == ["picture", "class", "method", "insertion", "deletion-mean", "sparseness"])
        #expect(rows.dropFirst().map { $0[0] } == BatchFolder.names.flatMap { [$0, $0] })
        for method in found.methods {
            for (place, metric) in found.metrics.enumerated() {
                let values = rows.dropFirst().filter { $0[2] == method.method }.compactMap { Double($0[3 + place]) }
                let figure = try #require(method.figures[metric.name]), mean = try #require(figure.mean)
                #expect(values.count == 6 && figure.maps == 6 && abs(mean - values.reduce(0, +) / 6) < 1e-12)
                #expect(try values.min()! <= #require(figure.low) && figure.low! <= mean && mean <= figure.high! && figure.high! <= values.max()!)
            }
        }
        // The same whatever the jobs; and by the interface that shows a reader the same numbers.
        #expect(try run(arguments + ["--jobs", "1"]).output == outcome.output && run(arguments + ["--jobs", "5", "--threads", "2"]).status == 0)
        let means = found.methods.map { String(format: "%.4f", $0.figures["insertion"]!.mean!) }
        for (ending, form) in [("txt", "table"), ("md", "markdown"), ("csv", "csv")] {
            let written = try run(Array(arguments.dropLast(2)) + ["-o", path("table.\(ending)")]), printed = try run(Array(arguments.dropLast()) + [form])
            #expect(written.status == 0 && written.output.isEmpty && printed.status == 0)
            let text = try String(contentsOfFile: path("table.\(ending)"), encoding: .utf8)
            if form != "table" { #expect(text == printed.text) }
            for (method, mean) in zip(["getam", "rollout"], means) {
                if form == "csv" {
                    let line = text.split(separator: "\n").first { $0.hasPrefix(method + ",") }
                    #expect(line?.split(separator: ",")[2] == "insertion" && line?.contains(mean.dropLast()) == true)
                } else {
                    #expect(text.contains(method) && text.contains(mean), "\(form): \(text)")
                }
            }
            #expect(text.replacing("\n  ", with: " ").contains("Area under the class's probability as the ranked patches"))
        }
    }

    @Test func aRunGoesOnWhereItEnded() throws {
        let arguments = ["--methods", "getam,attention", "--metrics", "insertion,entropy", "--steps", "3", "--per-picture", path("rows.csv"), "-o", path("table.csv")]
        #expect(try run(arguments).status == 0)
        func contents(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }
        let (rows, table) = (try contents("rows.csv"), try contents("table.csv"))
        // One picture gone, one without the rows of a method, the last line cut short.
        var lines = rows.split(separator: "\n").map(String.init)
        lines.removeAll { $0.hasPrefix("01-cat,") || $0.hasPrefix("03-dog,") && $0.contains(",attention,") }
        try batch.write(lines.joined(separator: "\n").dropLast(9) + "", "rows.csv")
        unlink(path("table.csv"))
        let outcome = try run(arguments + ["--resume"])
        #expect(outcome.status == 0 && outcome.error.contains("3 of 6 pictures compared") && outcome.error.contains("3 were there"), "\(outcome.error)")
        #expect(try contents("rows.csv") == rows && contents("table.csv") == table)
        #expect(try run(arguments + ["--resume"]).error.contains("6 were there"))
        // Another number of steps gives other figures.
        #expect(try run(arguments + ["--resume", "--steps", "4"]).error.contains("6 of 6 pictures compared"))
        #expect(try contents("rows.csv") != rows)
        // Other columns are another file.
        let other = try run(["--methods", "getam", "--metrics", "deletion", "--per-picture", path("rows.csv"), "--resume"])
        #expect(other.status == 65 && other.isOneLine && other.error.contains("no column “deletion”"), "\(other.error)")
        try batch.write("name,IoU\n", "foreign.csv")
        #expect(try run(["--merge", path("foreign.csv")]).status == 65)
    }

    @Test func partsMakeTheWhole() throws {
        let arguments = ["--methods", "getam,token-saliency", "--metrics", "deletion,increase", "--steps", "3"]
        let whole = try run(arguments + ["--format", "csv"])
        var merges: [String] = []
        for part in 0..<2 {
            let outcome = try run(arguments + ["--shard", "\(part)/2", "--per-picture", path("\(part).csv"), "-o", path("\(part).txt")])
            #expect(outcome.status == 0 && outcome.error.contains("3 of 3 pictures compared"), "\(outcome.error)")
            merges += ["--merge", path("\(part).csv")]
        }
        let merged = try run(arguments + merges + ["--format", "csv"])
        #expect(merged.output == whole.output && merged.error.contains("6 were there"), "\(merged.error)")
    }

    /// True label maps, with the classes of a label file or their own.
    @Test func mapsAreComparedWithTheTruth() throws {
        try FileManager.default.createDirectory(atPath: path("truth"), withIntermediateDirectories: true)
        var labels = ""
        for (place, name) in BatchFolder.names.enumerated() {
            let size = try ImageFile.size(path: path("images/\(name).jpg"))
            var image = IndexedImage(width: size.width, height: size.height, indices: Array(repeating: 0, count: size.width * size.height))
            for index in 0..<image.indices.count / 3 { image.indices[index] = UInt8(1 + place % 2) }
            for index in image.indices.count / 3..<image.indices.count / 2 { image.indices[index] = place == 2 ? 4 : 255 }
            try batch.folder.write(PNGEncoder.encode(image), "truth/\(name).png")
            labels += "\(name) thing\(place % 2)\n"
        }
        try batch.write(labels, "things.txt")
        let all = ["--truth", path("truth"), "--methods", "getam,attention", "--steps", "2", "--metrics", "energy,pointing-game,iou-best,iou"]
        let own = try run(all + ["--format", "json"]), found = try report(own)
        // The sixth picture of the third class has two.
        #expect(own.status == 0 && found.pictures == 6 && found.maps == 7, "\(own.error)")
        for method in found.methods {
            func mean(_ name: String) throws -> Double { try #require(method.figures[name]?.mean) }
            #expect(try (0...1).contains(mean("energy")) && mean("iou-best") >= mean("iou") && mean("iou-best") >= 0.3)
        }
        let labeled = try report(run(all + ["--labels", path("things.txt"), "--format", "json"]))
        #expect(labeled.maps == 6)
        // A class that is not there, a truth of another size, no truth at all: the others are compared.
        try batch.write(labels.replacing("06-sheep thing0", with: "06-sheep thing4"), "wrong.txt")
        try batch.folder.write(PNGEncoder.encode(IndexedImage(width: 4, height: 4, indices: Array(repeating: 1, count: 16))), "truth/03-dog.png")
        unlink(path("truth/01-cat.png"))
        let wrong = try run(all + ["--labels", path("wrong.txt")])
        #expect(wrong.error.contains("has no pixel of the class “thing4” (number 5)"), "\(wrong.error)")
        #expect(wrong.error.contains("the truth is 4×4 pixels, but the picture is"), "\(wrong.error)")
        #expect(wrong.error.contains("no true label map of this name") && wrong.error.contains("3 of 6 pictures compared"), "\(wrong.error)")
        #expect(wrong.status == 65 && wrong.text.contains("3 pictures, 3 maps a method"))
    }

    @Test(arguments: [
        (["--methods", "getm"], "did you mean “getam”?"), (["--metrics", "insertoin"], "did you mean “insertion”?"),
        (["--methods", "getam,,rollout"], "is empty"), (["--metrics", "all,insertion"], "all stands alone"),
        (["--metrics", "energy"], "name their folder with --truth"), (["--steps", "0"], "from 1"), (["--resume"], "--per-picture"),
        (["--layers", "9"], "layer 9"), (["--format", "xml"], "known are table, csv, json, markdown"),
        (["--per-picture", "-", "--format", "csv"], "takes standard output for itself"),
    ]) func whatCannotBeComparedIsRefused(_ arguments: [String], _ reason: String) throws {
        let outcome = try run(arguments)
        #expect(outcome.status == 64 && outcome.isOneLine && outcome.error.contains(reason), "\(outcome.error)")
    }

    @Test func modelsThatCannotBeAskedAreTold() throws {
        let headless = try Program.run(["compare", Fixtures.cat, "-m", Fixtures.model("dino_keys")])
        #expect(headless.status == 64 && headless.isOneLine, "\(headless.error)")
        let published = Fixtures.path("published/hybrid")
        let refused = try Program.run(["compare", Fixtures.cat, "-m", published, "--metrics", "insertion"])
        #expect(refused.status == 64 && refused.isOneLine && refused.error.contains("insertion-mean"), "\(refused.error)")
        let usual = try Program.run(["compare", Fixtures.cat, "-m", published, "--methods", "getam", "--steps", "2"])
        #expect(usual.status == 0 && usual.text.contains("deletion-mean"), "\(usual.error)")
        // All figures that need no truth.
        let all = try Program.run(["compare", Fixtures.cat, "-m", Fixtures.model("pooled_no_class_token"), "--metrics", "all", "--steps", "3", "--format", "json"])
        #expect(try all.status == 0 && report(all).metrics.count > 15, "\(all.error)")
    }

    @Test func nothingThatIsReadIsWrittenOver() throws {
        let picture = path("images/01-cat.jpg"), before = try Data(contentsOf: URL(filePath: picture))
        for option in ["-o", "--per-picture"] {
            let outcome = try run([option, picture])
            #expect(outcome.status == 64 && outcome.isOneLine && outcome.error.contains("is an input"), "\(outcome.error)")
        }
        #expect(try Data(contentsOf: URL(filePath: picture)) == before)
        #expect(try run(["-o", path("same.csv"), "--per-picture", path("same.csv")]).status == 64)
        // Told before anything is computed.
        for arguments in [["-o", path("nowhere/x.csv")], ["--per-picture", path("nowhere/x.csv")], ["-o", path("images")]] {
            let outcome = try run(arguments)
            #expect(outcome.status == 73 && outcome.isOneLine, "\(outcome.error)")
        }
    }

    /// The explorer's panel says what the table says.
    @Test func theExplorerSaysTheSame() throws {
        let picture = path("images/03-dog.jpg"), size = try ImageFile.size(path: picture)
        var image = IndexedImage(width: size.width, height: size.height, indices: Array(repeating: 0, count: size.width * size.height))
        for index in 0..<image.indices.count / 3 { image.indices[index] = 2 }
        try FileManager.default.createDirectory(atPath: path("truth"), withIntermediateDirectories: true)
        try batch.folder.write(PNGEncoder.encode(image), "truth/03-dog.png")
        let model = ["-m", Fixtures.model("bf16"), "--resize", "square", "--truth", path("truth"), "--truth-list", "model"]
        let metrics = ["deletion", "insertion", "iou-best", "iou", "energy", "pointing-game", "sparseness", "entropy"]
        let table = try report(Program.run(
            ["compare", picture, "--methods", "getam,attention,layercam", "--metrics", metrics.joined(separator: ","), "--format", "json"] + model.filter { $0 != "--truth-list" && $0 != "model" }))
        let frame = try Program.run(
            ["explore", picture, "--do", "class 1", "--do", "quality on"] + model, environment: ["COLUMNS": "120", "LINES": "70"])
        #expect(frame.status == 0 && table.maps == 1, "\(frame.error)")
        func shown(_ name: String) -> Double? {
            frame.text.split(separator: "\n").first { $0.contains(name) }.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
        }
        let getam = try #require(table.methods.first { $0.method == "getam" })
        for (metric, name) in zip(metrics, ["deletion ", "insertion ", "IoU, best at", "IoU at 0.50", "energy inside", "pointing game", "sparseness", "entropy"]) {
            let value = try #require(shown(name), "no \(name)\n\(frame.text)"), mean = try #require(getam.figures[metric]?.mean)
            #expect(abs(value - mean) < 0.00051, "\(name): \(value), \(mean)")
        }
        for method in ["attention", "layercam"] {
            let value = try #require(shown(" \(method) "), "no \(method)\n\(frame.text)")
            let mean = try #require(table.methods.first { $0.method == method }?.figures["iou-best"]?.mean)
            #expect(abs(value - mean) < 0.00051, "\(method): \(value), \(mean)")
        }
    }
}
