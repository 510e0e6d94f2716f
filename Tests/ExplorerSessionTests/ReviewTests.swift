import Files
import Foundation
import GETAM
import PTYSupport
import TestSupport
import Testing

extension ExplorerSessionTests {
    /// `--review`: labels looked through, decided, resumed after anything, delivered.
    @Suite struct ReviewTests {
        private static let names = ["01-cat", "03-dog", "06-sheep", "08-two-dogs"]

        /// Four pictures in a folder.
        private func pictures() throws -> ScratchFolder {
            let folder = try ScratchFolder()
            try FileManager.default.createDirectory(atPath: folder.file("pictures"), withIntermediateDirectories: true)
            for name in Self.names { try folder.link("pictures/\(name).jpg", to: Explorer.picture(name + ".jpg")) }
            return folder
        }

        private func launch(_ folder: ScratchFolder, _ more: [String] = [], columns: Int = 120, rows: Int = 40) throws -> PTYSession {
            try Explorer.launch([folder.file("pictures"), "--review", folder.file("labels")] + more, columns: columns, rows: rows)
        }

        @Test func labelsAreDecidedResumedAndDelivered() throws {
            let folder = try pictures()
            let session = try launch(folder)
            try session.wait("the label") { $0.contains("■ cat") && $0.contains("undecided") && $0.isComplete && $0.status.contains("4 left") }
            try session.press("]A", "the second picture") { $0.line(0).contains("03-dog.jpg") && $0.status.contains("✓1 ✗0 ⚑0") }
            try session.press("X", "the third") { $0.line(0).contains("06-sheep.jpg") && $0.status.contains("✗1") && $0.contains("■ sheep") }
            try session.press("Nwool\r", hint: "note: wool")
            // Another process does not write into it.
            let second = try launch(folder)
            let end = try second.waitForExit()
            #expect(end == .status(73))
            #expect(try session.quit() == (.status(0), []))
            let again = try launch(folder, columns: 160)
            try again.wait("where it was left") { $0.line(0).contains("06-sheep.jpg") && $0.contains("“wool”") && $0.status.contains("✓1 ✗1 ⚑0  2 left") }
            try again.press("p", "the rejected one") { $0.line(0).contains("03-dog.jpg") && $0.contains("rejected") }
            try again.press(":deliver \(folder.file("final")) report=\(folder.file("final.html")) coco=\(folder.file("final.json"))\r", "the delivery") {
                $0.hint.contains("1 of 4 pictures delivered; 1 rejected, 2 undecided")
            }
            #expect(try again.quit() == (.status(0), []))
            #expect(FileManager.default.contentsEqual(atPath: folder.file("labels/01-cat.png"), andPath: folder.file("final/01-cat.png")))
            #expect(try String(contentsOfFile: folder.file("final.html"), encoding: .utf8).contains("wool"))
            // The label is the one that was seen, at the picture's size.
            let log = try ReviewLog(path: folder.file("labels/review.jsonl")), entry = try #require(log["01-cat"])
            #expect(entry.preset?.completion.background == .level(0.52) && entry.classes == ["cat"])
            #expect(ReviewedLabel(folder: folder.file("labels"), name: "01-cat").isAccepted(entry))
        }

        @Test func theSheetIsFilledInTheBackground() throws {
            let folder = try pictures()
            let session = try launch(folder)
            try session.wait("the label") { $0.contains("■ cat") }
            try session.press("P", "all pictures looked at") { screen in
                Self.names.allSatisfy { name in screen.contains(name) } && screen.contains("?0.") && !screen.contains("looked at")
            }
            try session.press("v&&&", "the list by doubt") { $0.line(0).contains("by doubt") && $0.contains("classes") }
            try session.press("aA", hint: "4 pictures accepted")
            try session.press("q", "the picture") { $0.status.contains("✓4 ✗0 ⚑0  0 left") && !$0.contains("by doubt") }
            try session.press(":deliver \(folder.file("final"))\r", hint: "4 of 4 pictures delivered")
            #expect(try session.quit() == (.status(0), []))
        }

        /// Killed at any moment, a review has every decision that was seen a second before, and no torn line.
        @Test func aKilledReviewLosesNothing() throws {
            let folder = try pictures()
            var seen = 0
            for round in 0..<8 {
                let session = try launch(folder)
                try session.wait("the review") { $0.status.contains(" left") }
                let before = try ReviewLog(path: folder.file("labels/review.jsonl")).entries.count { !$0.note.isEmpty }
                #expect(before >= seen)
                // The picture may have a note of an earlier round: ^U empties the line.
                try session.press("N\u{15}round \(round)\r", hint: "note: round \(round)")
                usleep(1_000_000)
                seen = before
                // What comes within the last moments may be lost, but nothing else.
                try session.send("n")
                usleep(UInt32(round) * 20_000)
                session.signal(SIGKILL)
                _ = try session.waitForExit()
                let log = try ReviewLog(path: folder.file("labels/review.jsonl"))
                #expect(log.entries.contains { $0.note == "round \(round)" })
            }
        }
    }
}
