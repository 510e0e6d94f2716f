import Files
import Foundation
import Images
@testable import Labels
import TestSupport
import Testing

/// The decisions of a review: what a file holds after anything.
@Suite struct ReviewLogTests {
    private func entry(_ picture: String, _ decision: ReviewDecision, at time: Double = 0, _ change: (inout ReviewEntry) -> Void = { _ in }) -> ReviewEntry {
        var entry = ReviewEntry(picture: picture)
        (entry.decision, entry.time) = (decision, time)
        change(&entry)
        return entry
    }

    private var entries: [ReviewEntry] {
        [
            entry("a", .accept, at: 1_769_860_800.125) { $0.label = ReviewEntry.onFile },
            entry("folder/b \"quoted\" 猫", .reject, at: 1_769_860_801) { $0.note = "blurred\nand dark"; $0.seconds = 12.5 },
            entry("c", .accept, at: 1_769_860_802.5) {
                $0.classes = ["cat", "tabby, tabby cat"]
                $0.preset = .getam
                $0.strokes = try? LabelStrokes([LabelStroke(.named("cat"), .line([StrokePoint(x: 3, y: 4)], radius: 2.5))])
                $0.label = $0.labelMark
            },
            entry("a", .flag, at: 1_769_860_803),
        ]
    }

    @Test func linesComeBackAsTheyWere() throws {
        let folder = try TemporaryFolder(), path = folder.path + "/labels/review.jsonl"
        let (writer, empty) = try ReviewWriter.open(path)
        #expect(empty.entries.isEmpty)
        try writer.append(entries)
        let log = try ReviewLog(path: path)
        #expect(log.lines == 4 && !log.isTorn)
        #expect(log.entries == [entries[3], entries[1], entries[2]])
        #expect(log["c"]?.hasOwnSettings == true && log["c"]?.label == log["c"]?.labelMark)
        #expect(log["d"] == nil)
        #expect(ReviewLog.file(at: folder.path + "/labels") == path)
    }

    /// A file that was cut at any byte has every whole line, and goes on.
    @Test func aTornLineIsLeftOutAndTheLogGoesOn() throws {
        let folder = try TemporaryFolder(), path = folder.path + "/review.jsonl"
        let whole = Array(entries.map(\.line).joined().utf8)
        for length in 0...whole.count {
            try folder.write(Array(whole[..<length]), "review.jsonl")
            let count = whole[..<length].count { $0 == UInt8(ascii: "\n") }
            let expected = ReviewLog(entries.prefix(count)).entries
            let log = try ReviewLog(path: path)
            #expect(log.entries == expected && log.lines == count)
            #expect(log.isTorn == (length > 0 && whole[length - 1] != UInt8(ascii: "\n")))
            guard length % 7 == 0 else { continue }
            let (writer, opened) = try ReviewWriter.open(path)
            #expect(opened.entries == expected)
            try writer.append([entry("z", .reject)])
            #expect(try ReviewLog(path: path).entries == expected + [entry("z", .reject)])
        }
    }

    @Test func oneProcessWritesALog() throws {
        let folder = try TemporaryFolder(), path = folder.path + "/review.jsonl"
        let (writer, _) = try ReviewWriter.open(path)
        #expect(complaint { _ = try ReviewWriter.open(path) }.contains("is being written by another process"))
        try withExtendedLifetime(writer) { try writer.append([entry("a", .accept)]) }
    }

    @Test func wrongLinesAreNamed() throws {
        let folder = try TemporaryFolder()
        for (text, words) in [
            ("nothing\n", ":1: is not valid JSON"), ("{\"picture\":\"a\"}\n[1]\n", ":2: must hold a JSON object"),
            ("{\"decision\":\"accept\"}\n", ":1: \"picture\" is missing"),
            ("{\"picture\":\"a\",\"decision\":\"yes\"}\n", "must be one of undecided, accept, reject, flag, not \"yes\""),
            ("{\"picture\":\"a\",\"seconds\":-1}\n", "\"seconds\" must be 0 or more"),
            ("{\"picture\":\"a\",\"time\":\"yesterday\"}\n", "\"time\" must be as in"),
            ("{\"picture\":\"a\",\"preset\":{\"version\":1,\"flipp\":true}}\n", "\"flipp\" is not a setting"),
            ("{\"picture\":\"a\",\"classes\":\"cat\"}\n", "\"classes\" must be a list of texts"),
            ("{\"picture\":\"a\",\"mood\":1}\n", "\"mood\" is not a setting; known are classes, decision"),
        ] {
            let path = try folder.write(text, "review.jsonl")
            let error = complaint { _ = try ReviewLog(path: path) }
            #expect(error.contains(words), "\(error)")
        }
    }

    @Test(arguments: [("1970-01-01T00:00:00.000Z", 0), ("2000-02-29T23:59:59.250Z", 951_868_799.25), ("2038-01-19T03:14:08.000Z", 2_147_483_648)])
    func momentsAreThoseOfTheCalendar(_ text: String, _ seconds: Double) {
        #expect(Timestamp.text(seconds) == text)
        #expect(Timestamp.seconds(text) == seconds)
    }

    @Test func momentsOfAnotherFormAreNone() {
        for text in ["", "2000-02-29", "2000-13-01T00:00:00.000Z", "2000-01-01T24:00:00.000Z", "2000-01-01T00:00:00.000+1", "٢000-01-01T00:00:00.000Z"] {
            #expect(Timestamp.seconds(text) == nil, "\(text)")
        }
        #expect(Timestamp.text(.nan) == "1970-01-01T00:00:00.000Z" && Timestamp.text(-5) == "1970-01-01T00:00:00.000Z")
        #expect(Timestamp.text(.infinity) == "1970-01-01T00:00:00.000Z" && Timestamp.text(1e300) == "9999-12-31T23:59:59.000Z")
    }

    // MARK: Several people

    @Test func mergingTakesTheDecisionOfWhoMadeOne() {
        var merge = ReviewMerge(ReviewLog([
            entry("same", .accept, at: 1), entry("mine", .accept, at: 5), entry("only mine", .reject), entry("note", .flag, at: 1),
        ]))
        merge.add(ReviewLog([
            entry("same", .accept, at: 2), entry("mine", .undecided, at: 9) { $0.note = "?" }, entry("yours", .flag),
            entry("note", .flag, at: 3) { $0.note = "leg" },
        ]))
        #expect(merge.conflicts.isEmpty)
        #expect(merge.log["same"]?.time == 2 && merge.log["mine"]?.decision == .accept && merge.log["note"]?.note == "leg")
        #expect(merge.log["only mine"]?.decision == .reject && merge.log["yours"]?.decision == .flag)
    }

    @Test func twoDecisionsAreAConflict() {
        let one = ReviewLog([entry("a", .accept, at: 3), entry("b", .accept, at: 1) { $0.label = "1" }, entry("c", .flag, at: 9) { $0.note = "paw" }])
        let other = ReviewLog([entry("a", .reject, at: 2), entry("b", .accept, at: 2) { $0.label = "2" }, entry("c", .accept, at: 8)])
        var later = ReviewMerge(one)
        later.add(other)
        #expect(later.conflicts.map(\.picture) == ["a", "b", "c"])
        #expect(later.log.entries.map(\.decision) == [.accept, .accept, .flag] && later.log["b"]?.label == "2")
        #expect(later.conflicts[0].text == "a: rejected 1970-01-01T00:00:02.000Z, accepted 1970-01-01T00:00:03.000Z")
        #expect(later.conflicts[1].text == "b: both accepted, with labels made otherwise")
        var flagged = ReviewMerge(one, flagsConflicts: true)
        flagged.add(other)
        #expect(flagged.log.entries.map(\.decision) == [.flag, .flag, .flag])
        #expect(flagged.log["c"]?.note == "paw; two decisions: accepted, flagged" && flagged.log["b"]?.label == nil)
    }

    @Test func countsAndTimeLeft() {
        let counts = ReviewCounts(
            [
                entry("a", .accept) { $0.seconds = 10 }, entry("b", .reject) { $0.seconds = 20; $0.note = "dark" },
                entry("c", .flag) { $0.seconds = 30; $0.preset = .getam }, entry("d", .undecided) { $0.seconds = 5 },
            ], of: 10)
        #expect(counts.total == 10 && counts.accepted == 1 && counts.rejected == 1 && counts.flagged == 1 && counts.undecided == 7)
        #expect(counts.noted == 1 && counts.changed == 1 && counts.seconds == 65 && counts.pace == 20 && counts.timeLeft == 140)
        #expect(ReviewCounts([]).timeLeft == nil)
    }

    // MARK: Delivery

    @Test func whatWasAcceptedIsDelivered() throws {
        let folder = try TemporaryFolder(), review = folder.path + "/review", out = folder.path + "/out"
        let labels = IndexedImage(width: 4, height: 2, indices: [0, 1, 1, 2, 0, 0, 255, 2])
        let own = entry("sub/own", .accept) { $0.preset = .getam; $0.label = $0.labelMark }
        let changed = entry("changed", .accept) { $0.preset = .getam; $0.classes = ["cat"]; $0.label = $0.labelMark }
        let subjects = [entry("filed", .accept) { $0.label = ReviewEntry.onFile }, own, changed, entry("no", .reject) { $0.note = "<dark> & \"blurred\"" }]
        try ReviewedLabel(folder: review, name: "filed").write(labels, mark: "older", notes: [])
        try ReviewedLabel(folder: review, name: "sub/own").write(labels, mark: own.labelMark, notes: [])
        // Made by other settings than were accepted.
        try ReviewedLabel(folder: review, name: "changed").write(labels, mark: own.labelMark, notes: [])
        try ReviewedLabel(folder: out, name: "no").write(labels, mark: "", notes: [])
        let picture = folder.path + "/picture.png"
        try Data(PNGEncoder.encode(RGBImage(width: 4, height: 2, samples: (0..<24).map { UInt8($0 * 10) }))).write(to: URL(filePath: picture))
        let outcome = try ReviewDelivery(folder: review, output: out, report: folder.path + "/report.html", classNames: ["cat", "dog"])
            .deliver(subjects.map { .init(name: $0.picture, picture: picture, entry: $0) }, to: [])
        #expect(outcome.delivered == 2 && outcome.pending == ["changed"] && outcome.leftovers == ["no"])
        #expect(outcome.text == "2 of 4 pictures delivered; 1 rejected" && outcome.remarks.count == 2)
        for name in ["filed", "sub/own"] {
            #expect(FileManager.default.contentsEqual(atPath: "\(review)/\(name).png", andPath: "\(out)/\(name).png"))
        }
        #expect(!FileManager.default.fileExists(atPath: out + "/changed.png"))
        let report = try String(contentsOfFile: folder.path + "/report.html", encoding: .utf8)
        #expect(report.ranges(of: "<figure ").count == 4 && report.ranges(of: "data:image/png;base64,").count == 3)
        #expect(report.contains("&lt;dark&gt; &amp; &quot;blurred&quot;") && report.contains("cat 25.0 %") && report.contains("dog 25.0 %"))
        #expect(report.contains("<td>cat</td><td>2</td><td>25.0 %</td>") && report.contains("unknown 12.5 %"))
        #expect(!report.contains("http"))
        #expect(complaint {
            _ = try ReviewDelivery(folder: review, output: review + "/", report: nil, classNames: ["cat"]).deliver([], to: [])
        }.contains("is the folder of the review"))
    }
}
