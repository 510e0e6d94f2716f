@testable import Explorer
import Foundation
import Labels
import Testing
import TestSupport

/// The sessions in `Tests/Fixtures/sessions`, each with the frames that it prints and its last one. `GETAM_UPDATE_FRAMES=1` writes
/// the frames anew: look at the difference before it is committed.
@Suite struct SessionFixtureTests {
    struct Fixture: Sendable, CustomStringConvertible {
        let description: String
        let text: String
        let depth: ColorDepth

        init(_ name: String) {
            let text = (try? String(contentsOfFile: Fixtures.path("sessions/\(name).txt"), encoding: .utf8)) ?? ""
            let depths: [ColorDepth] = [.trueColor, .palette256, .ansi16, .mono]
            (description, self.text) = (name, text)
            depth = depths.first { text.contains("# colors \($0.name)\n") } ?? .trueColor
        }

        static let all = ((try? FileManager.default.contentsOfDirectory(atPath: Fixtures.path("sessions"))) ?? [])
            .filter { $0.hasSuffix(".txt") }.sorted().map { Fixture(String($0.dropLast(4))) }

        fileprivate func explorer() -> ScriptedExplorer {
            // Labels are looked through where it says so.
            let review = text.contains("# review\n")
                ? ReviewStart(folder: "labels", names: (0..<5).map { "photo-\($0)" }, log: ReviewLog(), filed: [0, 1]) : nil
            var explorer = ScriptedExplorer(pictures: 5, colorDepth: depth, started: false, review: review)
            explorer.state.openSession(remarks: [], preset: nil)
            explorer.folders = ["": ["picture.jpg", "pictures/", "notes.txt"], "pictures/": ["photo-0.jpg"]]
            return explorer
        }
    }

    @Test(arguments: Fixture.all) func looksAsItDid(_ fixture: Fixture) throws {
        var explorer = fixture.explorer()
        explorer.play(fixture.text)
        #expect(explorer.state.script.failure == nil && !explorer.state.script.isUnderWay)
        let frames = explorer.printed + [view(explorer.state)]
        let text = frames.map { frame in
            // Characters as they are, and of the colors of each row a sum.
            (frame.lines + ["--- colors " + frame.looks.map { Self.sum($0) }.joined(separator: " ")]).joined(separator: "\n") + "\n"
        }.joined()
        let path = Fixtures.path("sessions/frames/\(fixture).txt")
        if ProcessInfo.processInfo.environment["GETAM_UPDATE_FRAMES"] == "1" {
            try FileManager.default.createDirectory(atPath: Fixtures.path("sessions/frames"), withIntermediateDirectories: true)
            return try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        let expected = try String(contentsOfFile: path, encoding: .utf8)
        if text != expected { Issue.record("\(fixture) differs from \(path); it is now\n\(text)") }
    }

    /// FNV-1a, 16 bits of it.
    private static func sum(_ text: String) -> String {
        let sum = text.utf8.reduce(UInt32(0x811C_9DC5)) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        let digits = String((sum >> 16 ^ sum) & 0xFFFF, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }

    @Test func thereAreEnoughOfThem() {
        #expect(Fixture.all.count >= 60)
        for size in ["80 24", "120 40", "200 60"] {
            for depth in [ColorDepth.trueColor, .palette256, .ansi16] {
                #expect(Fixture.all.contains { $0.depth == depth && $0.text.contains("\nscreen \(size)\n") }, "\(size), \(depth.name)")
            }
        }
    }

    /// A key that is added here and in no session is named, and so is a command.
    @Test func everyKeyAndCommandIsCovered() {
        var pressed: [KeyContext: Set<Key>] = [:], commands: Set<String> = []
        for fixture in Fixture.all {
            var explorer = fixture.explorer()
            explorer.state.context.isHeadless = true
            explorer.send(.start)
            for line in Session.lines(of: fixture.text) {
                let action = try? Command.action(of: line.text, in: explorer.state)
                guard case .press(let keys)? = action else {
                    switch action {
                    case .edit?, .snap?: break
                    default: if explorer.state.mode != .browse { explorer.state.mode = .browse }
                    }
                    commands.insert(String(line.text.prefix { $0 != " " }))
                    explorer.send(.run(line.text))
                    continue
                }
                commands.insert("press")
                for key in keys {
                    pressed[explorer.state.keyContext, default: []].insert(key)
                    if case .prompt(let prompt) = explorer.state.mode, prompt.kind == .command, key == .enter {
                        commands.insert(String(prompt.string.prefix { $0 != " " }))
                    }
                    explorer.press(key)
                }
            }
            // Keys one by one lead where the session leads.
            var played = fixture.explorer()
            played.play(fixture.text)
            #expect(view(played.state).lines.dropLast(2) == view(explorer.state).lines.dropLast(2), "\(fixture)")
        }
        for binding in KeyMap.bindings {
            for key in binding.keys {
                #expect(pressed[binding.context]?.contains(key) == true, "\(key.name), \(binding.description), is pressed in no session")
            }
        }
        for command in Command.table { #expect(commands.contains(command.name), ":\(command.name) is in no session") }
    }
}
