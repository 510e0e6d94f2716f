import Foundation
import TestSupport
import Testing

/// `getam classify` and `getam map` over folders and lists: what one picture alone gives, in the pictures' order.
@Suite struct FolderTests {
    private let batch: BatchFolder
    /// In nested folders, one name twice.
    private let nested: String

    init() throws {
        batch = try BatchFolder()
        nested = batch.path("nested")
        for (from, to) in [("01-cat", "a/x"), ("03-dog", "b/x"), ("06-sheep", "b/c/y"), ("09-cow-and-sheep", "z")] {
            let target = "\(nested)/\(to).jpg"
            try FileManager.default.createDirectory(atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: Fixtures.picture(from + ".jpg"), toPath: target)
        }
    }

    private static let order = ["a/x", "b/c/y", "b/x", "z"]

    @Test func classifyTellsEveryPictureInOrder() throws {
        let outcome = try Program.run(["classify", "--json", "--jobs", "3", nested])
        #expect(outcome.status == 0 && outcome.error.contains("4 of 4 pictures classified"), "\(outcome.error)")
        let reports = try ReportTests.reports(outcome)
        #expect(reports.map(\.name) == Self.order && reports.map(\.path) == Self.order.map { "\(nested)/\($0).jpg" })
        for report in reports {
            let one = try ReportTests.reports(Program.run(["classify", "--json", "--threads", "1", report.path ?? ""]))
            #expect(one.count == 1 && one[0].classes?.map(\.logit) == report.classes?.map(\.logit), "\(report.name)")
            #expect(one[0].classes?.map(\.name) == report.classes?.map(\.name) && report.width == one[0].width && (report.milliseconds ?? 0) > 0)
        }
        #expect(try ReportTests.comparable(Program.run(["classify", "--json", "--jobs", "1", nested])) == ReportTests.comparable(outcome))
        // As lines, under the pictures' names.
        let lines = try Program.run(["classify", "--top", "2", nested])
        var expected = ""
        for name in Self.order { expected += try name + "\n" + Program.run(["classify", "--top", "2", "--threads", "1", "\(nested)/\(name).jpg"]).text + "\n" }
        #expect(lines.text == expected, "\(lines.text)")
    }

    /// A list, a part of it, and standard input name pictures as for `getam label`.
    @Test func listsAndParts() throws {
        try batch.write("z\nb/x\n", "some.txt")
        let list = try ReportTests.reports(Program.run(["classify", "--json", "--images", nested, "--list", batch.path("some.txt")]))
        #expect(list.map(\.name) == ["z", "b/x"])
        let part = try ReportTests.reports(Program.run(["classify", "--json", nested, "--shard", "1/2"]))
        #expect(part.map(\.name) == ["b/c/y", "z"])
        let path = try Program.path.get()
        let piped = try Program.run(
            ["-c", "printf 'a/x\\n' | \"$0\" classify --json --images \"$1\" --list -", path, nested], executable: "/bin/sh")
        #expect(try ReportTests.reports(piped).map(\.name) == ["a/x"], "\(piped.error)")
    }

    @Test func aBadPictureStopsNothing() throws {
        try "no picture".write(toFile: nested + "/b/x.jpg", atomically: true, encoding: .utf8)
        for command in ["classify", "map"] {
            let outcome = try Program.run([command, "--json", nested])
            let reports = try ReportTests.reports(outcome)
            #expect(outcome.status == 65 && reports.map(\.name) == Self.order, "\(outcome.error)")
            #expect(reports.map { $0.error != nil } == [false, false, true, false] && reports[2].classes == nil)
        }
        let lines = try Program.run(["classify", "--top", "1", nested])
        #expect(lines.status == 65 && lines.error.contains("b/x.jpg") && lines.lines.filter { $0.hasPrefix("b/x") }.isEmpty)
    }

    @Test func mapWritesAFileAPicture() throws {
        let outcome = try Program.run(["map", nested, "-o", batch.path("maps"), "-c", "cat", "-c", "dog", "--per-layer", "--json", "--jobs", "2"])
        #expect(outcome.status == 0, "\(outcome.error)")
        let reports = try ReportTests.reports(outcome)
        #expect(reports.map(\.name) == Self.order && reports.map(\.output) == Self.order.map { batch.path("maps/\($0).npy") })
        for report in reports {
            let output = try #require(report.output)
            let one = try Program.run(
                ["map", report.path ?? "", "-o", batch.path("one.npy"), "-c", "cat", "-c", "dog", "--per-layer", "--threads", "1"])
            #expect(one.status == 0 && one.output.isEmpty)
            #expect(try Data(contentsOf: URL(filePath: output)) == Data(contentsOf: URL(filePath: batch.path("one.npy"))), "\(report.name)")
            // The figures, from the array.
            let array = try NumPyArray(path: output)
            let size = array.shape[2] * array.shape[3]
            #expect(report.classes?.map(\.name) == ["cat", "dog"] && report.layers == [6, 11] && report.method == "getam")
            for (row, one) in (report.classes ?? []).enumerated() {
                #expect(one.maps?.count == array.shape[1])
                for (layer, map) in (one.maps ?? []).enumerated() {
                    let values = array.values[(row * array.shape[1] + layer) * size..<(row * array.shape[1] + layer + 1) * size]
                    #expect(map.minimum == values.min() && map.maximum == values.max() && map.layers == [6 + layer, 6 + layer])
                    #expect(map.rows == array.shape[2] && map.columns == array.shape[3])
                    #expect(values[values.startIndex + map.peak[0] * map.columns + map.peak[1]] == map.maximum)
                }
            }
        }
        let pictures = try Program.run(["map", nested, "-o", batch.path("png"), "--format", "png"])
        #expect(pictures.status == 0 && pictures.output.isEmpty, "\(pictures.error)")
        let one = try Program.run(["map", "\(nested)/z.jpg", "-o", batch.path("one.png"), "--threads", "1"])
        #expect(one.status == 0)
        #expect(try Data(contentsOf: URL(filePath: batch.path("png/z.png"))) == Data(contentsOf: URL(filePath: batch.path("one.png"))))
    }

    @Test func mapDrawsInOrder() throws {
        let drawn = try Program.run(["map", nested, "--method", "attention", "--layers", "3"], environment: ["COLUMNS": "30", "LINES": "12"])
        var expected = ""
        for name in Self.order {
            expected += try name + "\n" + Program.run(
                ["map", "\(nested)/\(name).jpg", "--method", "attention", "--layers", "3"], environment: ["COLUMNS": "30", "LINES": "12"]).text
        }
        #expect(drawn.status == 0 && drawn.text == expected, "\(drawn.error)")
        let reports = try ReportTests.reports(Program.run(["map", nested, "--method", "attention", "--layers", "3", "--json"]))
        #expect(reports.allSatisfy { $0.classes == nil && $0.maps?.count == 1 && $0.output == nil && $0.layers == [3, 3] })
        let single = try ReportTests.reports(Program.run(["map", "\(nested)/z.jpg", "--json", "-c", "sheep"]))
        #expect(single.count == 1 && single[0].classes?.map(\.name) == ["sheep"] && single[0].classes?[0].maps?.count == 1)
    }

    @Test func placesThatCannotBe() throws {
        try batch.write("x", "file.npy")
        let cases: [([String], Int32)] = [
            (["map", nested, "-o", batch.path("file.npy")], 73), (["map", nested, "-o", "-"], 73), (["map", nested, "--timings"], 64),
            (["classify", nested, "--repeat", "3"], 64), (["map", "\(nested)/z.jpg", "-o", "-", "--json"], 64),
            (["map", "\(nested)/z.jpg", "-o", batch.path("x.jpg")], 64), (["classify"], 64), (["map", "-o", "x.npy"], 64),
            (["classify", batch.path("none")], 66), (["classify", "--images", batch.path("none")], 66),
        ]
        for (arguments, status) in cases {
            let outcome = try Program.run(arguments)
            #expect(outcome.status == status && outcome.isOneLine, "\(arguments) \(outcome.status) \(outcome.error)")
        }
        for command in ["classify", "map"] {
            let full = try Program.run([command, "--json", nested], standardOutput: "/dev/full")
            #expect(full.status == 73 && full.error.hasPrefix("getam: "), "\(full.status) \(full.error)")
        }
    }
}
