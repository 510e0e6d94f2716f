import Foundation
import Images
import Labels
import TestSupport
import Testing

/// What `--json` says of each picture of a batch.
@Suite struct ReportTests {
    private let batch: BatchFolder
    init() throws { batch = try BatchFolder() }

    struct Report: Decodable {
        struct Class: Decodable {
            let index: Int, name: String
            let number: Int?, logit: Float?, probability: Float?
            let maps: [Map]?
        }
        struct Area: Decodable, Equatable { let number: Int, name: String, pixels: Int, fraction: Double }
        struct Map: Decodable { let layers: [Int], rows: Int, columns: Int, minimum: Float, maximum: Float, peak: [Int] }
        let name: String
        let path: String?, error: String?, output: String?, method: String?
        let width: Int?, height: Int?, resumed: Bool?
        let layers: [Int]?, skipped: [String]?
        let classes: [Class]?, maps: [Map]?, areas: [Area]?
        let milliseconds: Double?
    }

    static func reports(_ outcome: Outcome) throws -> [Report] {
        try outcome.lines.map { try JSONDecoder().decode(Report.self, from: Data($0.utf8)) }
    }

    /// The lines without what differs from run to run.
    static func comparable(_ outcome: Outcome) -> [String] {
        outcome.lines.map { $0.replacing(/"milliseconds":[0-9.e-]+/, with: "").replacing(/"output":"[^"]*"/, with: "") }
    }

    /// The areas of a label map, counted here.
    private func areas(_ labels: IndexedImage, _ wanted: Set<Int>, _ name: (Int) -> String) -> [Report.Area] {
        Set(labels.indices.map { Int($0) }).union(wanted).union([0]).sorted().map { number in
            let pixels = labels.indices.filter { Int($0) == number }.count
            return .init(number: number, name: name(number), pixels: pixels, fraction: Double(pixels) / Double(labels.indices.count))
        }
    }

    @Test func labels() throws {
        let outcome = try batch.run("out", ["--json", "--jobs", "3"])
        #expect(outcome.status == 0 && outcome.error.contains("6 of 6 pictures labeled"), "\(outcome.error)")
        let reports = try Self.reports(outcome)
        #expect(reports.map(\.name) == BatchFolder.names)
        for report in reports {
            let labels = try batch.labels("out", report.name)
            #expect(report.width == labels.width && report.height == labels.height && (report.milliseconds ?? 0) > 0)
            #expect(report.path == batch.path("images/\(report.name).jpg") && report.output == batch.path("out/\(report.name).png"))
            let numbers = Set((report.classes ?? []).compactMap(\.number))
            #expect(report.areas == areas(labels, numbers) { ClassList.voc.name(of: UInt8($0)) }, "\(report.name)")
            #expect(report.classes?.allSatisfy { $0.logit != nil && ($0.probability ?? -1) >= 0 } == true)
        }
        #expect(reports[0].classes?.map(\.name) == ["cat"] && reports[0].classes?[0].index == 0 && reports[0].classes?[0].number == 8)
        #expect(reports[0].skipped == ["sofa"] && reports[1].skipped == nil && reports[2].classes?.isEmpty == true)
        #expect(reports[4].classes?.map(\.name) == ["sheep", "cow"])
        // The number of jobs changes nothing, nor does asking for reports.
        #expect(try Self.comparable(batch.run("one", ["--json", "--jobs", "1"])) == Self.comparable(outcome))
        #expect(try batch.run("plain").output.isEmpty)
        #expect(try batch.contents("plain") == batch.contents("out") && batch.contents("one") == batch.contents("out"))
        // What is there already is told too.
        unlink(batch.path("out/03-dog.png"))
        let resumed = try Self.reports(batch.run("out", ["--json", "--resume"]))
        #expect(resumed.map { $0.resumed ?? false } == [true, false, true, true, true, true])
        #expect(resumed.map(\.areas) == reports.map(\.areas) && resumed.map { $0.classes?.map(\.name) } == reports.map { $0.classes?.map(\.name) })
    }

    /// Probabilities mean what `getam classify` says where the classifier names the classes.
    @Test func predictedClasses() throws {
        let outcome = try Program.run(
            ["label", "--images", batch.path("images"), "--predict", "50%", "-o", batch.path("out"), "--json"])
        for report in try Self.reports(outcome) {
            let classified = try Program.run(["classify", "--json", "--top", "0", batch.path("images/\(report.name).jpg")])
            let all = try #require(try Self.report(classified).classes)
            for one in report.classes ?? [] {
                let same = try #require(all.first { $0.index == one.index })
                #expect(abs((one.logit ?? 0) - (same.logit ?? 9)) < 1e-4 && abs((one.probability ?? 0) - (same.probability ?? 9)) < 1e-5)
            }
            #expect(report.classes?.count == all.filter { ($0.probability ?? 0) > 0.5 }.count)
        }
    }

    static func report(_ outcome: Outcome) throws -> Report {
        struct One: Decodable { let classes: [Report.Class] }
        let classes = try JSONDecoder().decode(One.self, from: Data(outcome.output)).classes
        return Report(
            name: "", path: nil, error: nil, output: nil, method: nil, width: nil, height: nil, resumed: nil, layers: nil, skipped: nil,
            classes: classes, maps: nil, areas: nil, milliseconds: nil)
    }

    /// Failures have their line, in their place.
    @Test func failures() throws {
        try batch.write("not a picture", "images/03-dog.jpg")
        unlink(batch.path("images/08-two-dogs.jpg"))
        let outcome = try batch.run("out", ["--json", "--jobs", "2"])
        #expect(outcome.status == 65, "\(outcome.error)")
        let reports = try Self.reports(outcome)
        #expect(reports.map(\.name) == BatchFolder.names && reports.map { $0.error != nil } == [false, true, false, true, false, false])
        #expect(reports[1].path == batch.path("images/03-dog.jpg") && reports[1].error?.contains("03-dog") == true)
        #expect(reports[3].areas == nil && reports[3].milliseconds == nil)
    }

    @Test func outputThatTakesNothing() throws {
        let outcome = try Program.run(batch.arguments("out", ["--json"]), standardOutput: "/dev/full")
        #expect(outcome.status == 73 && outcome.error.contains("out"), "\(outcome.status) \(outcome.error)")
        // The labels are made all the same.
        #expect(try batch.entries("out").count == 6)
    }

    @Test func segments() throws {
        let folder = try SegmentFolder()
        let outcome = try folder.run("out", ["--json"])
        let reports = try Self.reports(outcome)
        #expect(outcome.status == 0 && reports.map(\.name) == ["whole", "mirrored", "crop"], "\(outcome.error)")
        for report in reports {
            let labels = try ImageFile.readIndices(path: folder.path("out/\(report.name).png"))
            let expected = areas(labels, []) { "\($0)" }
            #expect(report.areas?.map(\.pixels) == expected.map(\.pixels) && report.areas?.map(\.number) == expected.map(\.number))
            #expect(report.areas?.first?.name == "background" && report.width == labels.width)
        }
        let arrays = try Self.reports(folder.run("arrays", ["--json", "--format", "npy"]))
        #expect(arrays.map(\.areas) == reports.map(\.areas))
        let resumed = try Self.reports(folder.run("out", ["--json", "--resume"]))
        #expect(resumed.map(\.areas) == reports.map(\.areas) && resumed.allSatisfy { $0.resumed == true })
        let one = try Program.run(
            ["segment", "-m", SegmentFolder.model, "--scales", "64", "--json", folder.path("images/whole.png"), "-o", folder.path("one.png")])
        #expect(try Self.reports(one).map(\.areas) == [reports[0].areas], "\(one.error)")
    }
}
