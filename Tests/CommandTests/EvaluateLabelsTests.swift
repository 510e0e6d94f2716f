import Foundation
import TestSupport
import Testing

/// `getam evaluate --labels`.
@Suite struct EvaluateLabelsTests {
    private let batch: BatchFolder
    init() throws { batch = try BatchFolder() }

    private func path(_ name: String) -> String { batch.path(name) }
    private func run(_ more: [String] = [], labels: String = "labels.txt") throws -> Outcome {
        try Program.run(["evaluate", "--labels", path(labels), "--images", path("images")] + more)
    }

    private struct Figures: Decodable {
        let mAP: Double
        let AP: [String: Double?]
        let positives: [String: Int]
        let images: Int, withoutEntry: Int, failed: Int

        /// Average precision of a class; −1 where there is none.
        func value(_ name: String) -> Double { (AP[name] ?? nil) ?? -1 }
    }

    private func figures(_ outcome: Outcome) throws -> Figures { try JSONDecoder().decode(Figures.self, from: Data(outcome.output)) }

    private struct Report: Decodable {
        struct Class: Decodable {
            let name: String
            let logit: Double
        }
        let name: String
        let classes: [Class]
    }

    /// Average precision counted by hand from the logits that `getam classify` prints.
    @Test(arguments: ["fit", "square"]) func theScoresAreThoseOfClassify(_ resize: String) throws {
        let lines = try Program.run(["classify", "--images", path("images"), "--json", "--top", "0", "--resize", resize]).lines
        let reports = try lines.map { try JSONDecoder().decode(Report.self, from: Data($0.utf8)) }
        let truth: [String: Set<String>] = [
            "01-cat": ["cat"], "03-dog": ["dog"], "06-sheep": [], "08-two-dogs": ["dog"], "09-cow-and-sheep": ["sheep", "cow"],
            "10-horses-and-dog": ["horse", "dog"],
        ]
        let found = try figures(run(["--json", "--resize", resize, "--jobs", "3"]))
        #expect(found.images == 6 && found.withoutEntry == 0 && found.failed == 0)
        var sum = 0.0
        for name in ["cat", "cow", "dog", "horse", "sheep"] {
            let scores = Dictionary(uniqueKeysWithValues: reports.map { report in
                (report.name, report.classes.first { $0.name == name }?.logit ?? .nan)
            })
            let positives = truth.filter { $0.value.contains(name) }.map(\.key)
            let mean = positives.reduce(0.0) { sum, picture in
                let above = scores.filter { $0.value >= scores[picture] ?? 0 }
                return sum + Double(above.count { positives.contains($0.key) }) / Double(above.count)
            } / Double(positives.count)
            #expect(abs(found.value(name) - mean) < 1e-12, "\(name)")
            #expect(found.positives[name] == positives.count)
            sum += mean
        }
        #expect(found.AP.keys.contains("person") && found.value("person") == -1 && abs(found.mAP - sum / 5) < 1e-12)
    }

    @Test func tableAndValuesSayTheSame() throws {
        let found = try figures(run(["--json"]))
        let csv = try run(["--csv"])
        #expect(csv.lines.first == "class,index,AP,pictures" && csv.lines.last == "mAP,,\(found.mAP),6", "\(csv.text)")
        #expect(csv.lines.contains("dog,2,\(found.value("dog")),3") && csv.lines.contains("person,4,,0"), "\(csv.text)")
        let table = try run()
        #expect(table.text.contains("dog ") && table.text.contains(String(format: "%.2f %%", found.mAP * 100)), "\(table.text)")
        #expect(table.text.contains("1 class is in no picture") && !table.text.contains("person"), "\(table.text)")
        #expect(try run(["--all"]).text.contains("person"))
        for outcome in [csv, table] {
            #expect(outcome.status == 0)
            #expect(outcome.error.contains("labels ignored: 2 of classes") && outcome.error.contains("sofa (1), unicorn (1)"), "\(outcome.error)")
        }
    }

    /// The classes that list and model both have, and those of `--only`.
    @Test func classListsChoose() throws {
        let all = try figures(run(["--json"]))
        for (list, lacking) in [("voc", "14 of"), ("coco", "74 of"), (try batch.write("dog\nunicorn\ncat\n", "two.txt"), "1 of the class list's classes, which do not count: unicorn")] {
            let outcome = try run(["--json", "--class-list", list])
            let found = try figures(outcome)
            #expect(outcome.error.contains("the model lacks \(lacking)"), "\(outcome.error)")
            for name in found.AP.keys { #expect(all.value(name) == found.value(name), "\(name)") }
            #expect(found.AP.count == (list.hasSuffix("two.txt") ? 2 : 6))
        }
        #expect(try run(["--csv", "--class-list", path("two.txt")]).lines.dropFirst().map { $0.prefix(5) } == ["dog,2", "cat,0", "mAP,,"])
        let only = try figures(run(["--json", "--only", "sheep, cat"]))
        #expect(only.AP == all.AP.filter { ["sheep", "cat"].contains($0.key) })
        #expect(try run(["--json", "--only", "present"]).text == run(["--json"]).text)
        for (more, words) in [(["--only", "lynx"], "--only"), (["--only", "background"], "background"), (["--class-list", try batch.write("lynx\n", "l.txt")], "none of the classes")] {
            let outcome = try run(more)
            #expect(outcome.status == 64 && outcome.isOneLine && outcome.error.contains(words), "\(outcome.error)")
        }
    }

    /// A picture without an entry is counted; one that cannot be read is named, and the figures of the others come all the same.
    @Test func whatIsLeftOutIsCounted() throws {
        try batch.write("broken", "images/broken.jpg")
        try batch.write("01-cat cat\n03-dog dog\n06-sheep sheep\nbroken cat\ngone dog\n", "some.txt")
        let outcome = try run(["--json"], labels: "some.txt")
        #expect(outcome.status == 65 && outcome.error.contains("broken.jpg") && outcome.error.contains("1 of the pictures failed"), "\(outcome.error)")
        #expect(outcome.error.contains("3 pictures have no entry among the labels and are left out"), "\(outcome.error)")
        let found = try figures(outcome)
        #expect(found.images == 3 && found.withoutEntry == 3 && found.failed == 1 && found.positives["cat"] == 1)
        // One that a list names and that is not there is missing.
        let missing = try run(["--json", "--list", batch.write("01-cat\ngone\n", "gone-list.txt")], labels: "some.txt")
        #expect(missing.status == 66 && missing.error.contains("gone"), "\(missing.error)")
        #expect(try figures(missing).images == 1)
        // Annotations, one a picture: a damaged one is its picture's failure.
        try FileManager.default.createDirectory(atPath: path("xml"), withIntermediateDirectories: true)
        try batch.write("<annotation><object><name>cat</name></object></annotation>", "xml/01-cat.xml")
        try batch.write("<annotation><object>", "xml/03-dog.xml")
        let folder = try run(["--json"], labels: "xml")
        #expect(folder.status == 65 && folder.error.contains("03-dog"), "\(folder.error)")
        #expect(try figures(folder).withoutEntry == 5 && figures(folder).images == 1)
    }

    @Test func labelsWithoutAnyClassAreRefused() throws {
        for (text, status, words) in [("01-cat lynx\n", Int32(64), "is a class of the model"), ("nobody cat\n", 65, "no entry for any"), ("01-cat\n", 65, "names no class")] {
            try batch.write(text, "x.txt")
            let outcome = try run(labels: "x.txt")
            #expect(outcome.status == status && outcome.isOneLine && outcome.error.contains(words), "\(outcome.error)")
        }
        let outcome = try run(["-m", Fixtures.model("dino_keys")])
        #expect(outcome.status == 64 && outcome.isOneLine && outcome.error.contains("--head"), "\(outcome.error)")
    }

    /// Options of one kind of evaluation with another's: what goes with what.
    @Test(arguments: [
        (["--labels", "l", "x", "--truth", "t"], "--truth goes with --predictions or --cams"),
        (["--labels", "l", "x", "--missing", "skip"], "--missing goes with"), (["--labels", "l", "x", "--per-picture", "p"], "--per-picture goes with"),
        (["--labels", "l", "x", "--worst", "3"], "--worst goes with"), (["--labels", "l", "x", "--level", "0.5"], "--level goes with"),
        (["--labels", "l"], "name the pictures"), (["--labels", "l", "x", "--shard", "0/2"], "--shard"),
        (["--labels", "l", "--predictions", "p", "--truth", "t"], "--predictions and --labels exclude each other"),
        (["--voc", "v", "--cams", "c", "--truth", "t", "--level", "0.5"], "--cams and --voc exclude each other"),
        (["--predictions", "p"], "--predictions needs --truth"), (["--cams", "c", "--level", "0.5"], "--cams needs --truth"),
        (["--predictions", "p", "--truth", "t", "x.png"], "“x.png” goes with --labels"),
        (["--predictions", "p", "--truth", "t", "--images", "x"], "--images goes with --labels"),
        (["--predictions", "p", "--truth", "t", "--jobs", "2"], "--jobs goes with --labels"),
        (["--predictions", "p", "--truth", "t", "--resize", "fit"], "--resize goes with --labels"),
        (["--truth", "t"], "name what to compare"), ([], "name what to compare"),
    ]) func mixesAreRefused(_ arguments: [String], _ words: String) throws {
        let outcome = try Program.run(["evaluate"] + arguments)
        #expect(outcome.status == 64 && outcome.isOneLine && outcome.error.contains(words), "\(outcome.error)")
    }
}
