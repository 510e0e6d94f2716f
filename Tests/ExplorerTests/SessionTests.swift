@testable import Explorer
import Testing
import TestSupport

/// What is done becomes lines, and lines do it again.
@Suite struct SessionTests {
    @Test func keysHaveNames() {
        for key in KeyMap.bindings.flatMap(\.keys) + [.function(12), .control("a")] {
            #expect(Key(named: key.name) == key && Key(named: key.plainName) == key, "\(key)")
        }
        for (text, key) in [("ctrl-l", Key.control("l")), ("^C", .control("c")), ("pgup", .pageUp), ("A", .character("A")), ("日", .character("日"))] {
            #expect(Key(named: text) == key)
        }
        for text in ["", "ab", "Ctrl-", "^1", "F0", "F99", "  "] { #expect(Key(named: text) == nil, "\(text)") }
    }

    @Test func whatIsDoneIsNoted() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40, pictures: 12)
        explorer.press("j l h f space n")
        explorer.press(": l a y space 3 enter / o x enter")
        explorer.press("e o")
        explorer.type("x")
        explorer.press("^u")
        explorer.type("/home/someone/out.png")
        explorer.press("enter [ a B esc")
        explorer.send(.mouse(.left, column: 20, row: 10))
        explorer.send(.drag(column: 24, row: 12))
        explorer.send(.drag(column: 25, row: 12))
        explorer.send(.resized(columns: 100, rows: 30))
        explorer.send(.resized(columns: 90, rows: 30))
        #expect(explorer.state.session.lines == [
            "class golden retriever", "layer 11", "layer fused", "mark golden retriever", "image photo-1.jpg", "layer 3", "find ox",
            "export overlay out.png", "adjust -1", "view label", "blend next", "press Esc", "click left 20 10", "drag 25 12", "screen 90 30",
        ])
    }

    /// What was refused, what only asks and what only looks are no part of it.
    @Test func nothingElseIsNoted() {
        var explorer = ScriptedExplorer()
        explorer.press("k p z ? esc e esc ; esc y esc / esc :")
        explorer.type("layer 99")
        explorer.press("enter ^l")
        #expect(explorer.state.session.lines == [])
        explorer.files = ["kept.png"]
        explorer.send(.run("export overlay kept.png"))
        explorer.press("n")
        #expect(explorer.state.session.lines == [])
        explorer.send(.run("export overlay kept.png"))
        explorer.press("y")
        #expect(explorer.state.session.lines == ["export overlay kept.png"])
    }

    /// The same session has the same end, with the pictures in another folder, and is noted in the same words.
    @Test(arguments: 0..<6) func sessionsReplay(_ seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        let sizes = [(120, 40), (80, 24), (200, 60)], size = sizes[seed % 3]
        var explorer = ScriptedExplorer(columns: size.0, rows: size.1, pictures: 5)
        let left: Set<Key> = [.character("e"), .character("q"), .control("c"), .control("z"), .character("M")]
        let keys = Array(Set(KeyMap.bindings.flatMap(\.keys)).subtracting(left)).sorted { $0.name < $1.name }
        for _ in 0..<250 {
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<6:
                let button = Event.MouseButton.allCases.randomElement(using: &random) ?? .left
                explorer.send(.mouse(
                    button, column: Int.random(in: 0..<size.0, using: &random), row: Int.random(in: 0..<size.1 - 2, using: &random)))
            case 6: explorer.send(.drag(column: Int.random(in: 0..<60, using: &random), row: Int.random(in: 0..<20, using: &random)))
            default: explorer.press(keys.randomElement(using: &random) ?? .escape)
            }
            guard explorer.state.mode != .browse else { continue }
            explorer.press("esc")
        }
        let lines = explorer.state.session.lines
        #expect(lines.count > 70)
        var other = ScriptedExplorer(columns: size.0, rows: size.1, pictures: 5, started: false, folder: "/elsewhere/on another machine")
        other.play(lines.joined(separator: "\n"))
        #expect(other.state.script.failure == nil && !other.state.script.isUnderWay)
        #expect(other.state.session.lines == lines)
        #expect(other.state.place == explorer.state.place && other.state.adjustments == explorer.state.adjustments)
        #expect(other.state.viewport == explorer.state.viewport && other.state.grid == explorer.state.grid)
        (explorer.state.message, explorer.state.flash) = (nil, nil)
        (other.state.message, other.state.flash) = (nil, nil)
        #expect(view(other.state) == view(explorer.state))
    }

    @Test func remarksAndEmptyLinesAreNoLines() {
        let lines = Session.lines(of: "# one\n\n  layer 3\r\n\t# two\nclass ox\n")
        #expect(lines == [Script.Line("layer 3", number: 3), Script.Line("class ox", number: 5)])
    }

    @Test func theLineThatFailsIsNamed() {
        var explorer = ScriptedExplorer(started: false)
        explorer.play("layer 3\n\n# no such thing\nclass zebra\nlayer 4\n")
        #expect(explorer.state.script.failure == Script.Failure(number: 4, text: "“class zebra”: no class named “zebra”"))
        #expect(explorer.state.layer == .layer(3))
        explorer = ScriptedExplorer(started: false)
        explorer.play("layer 3\nexport overlay")
        #expect(explorer.state.script.failure?.text == "“export overlay”: asks for more, which a line must say")
        explorer = ScriptedExplorer(started: false)
        explorer.play("preset load none.json")
        #expect(explorer.state.script.failure == Script.Failure(number: 1, text: "none.json: no such file"))
    }

    @Test func keysAreWaitedFor() {
        var explorer = ScriptedExplorer(started: false)
        explorer.play("press n j z : \ntype layer 5\npress Enter\nsnap\npress ? Down\nsnap\npress Esc : l a y")
        #expect(explorer.state.script.failure == nil)
        #expect(explorer.state.picture == 1 && explorer.state.layer == .layer(5) && explorer.printed.count == 2)
        #expect(explorer.screen[22].hasPrefix(" :lay"))
    }

    @Test func aScreenOfItsOwnSize() {
        var explorer = ScriptedExplorer(started: false)
        explorer.play("screen 120x40\nsnap")
        #expect(explorer.printed.map(\.columns) == [120] && explorer.printed.map(\.rows) == [40])
        var other = ScriptedExplorer()
        other.send(.run("screen 120 40"))
        #expect(other.state.columns == 80 && other.state.message?.text == "the terminal has a size of its own")
    }

    @Test func sessionsAreSavedAndPlayed() {
        var explorer = ScriptedExplorer()
        explorer.state.openSession(remarks: ["one\ntwo"], preset: nil)
        explorer.press("h j")
        explorer.send(.run("session save mine.txt"))
        #expect(explorer.sessions["mine.txt"] == "# one two\nscreen 80 24\nimage photo-0.jpg\nlayer 11\nclass golden retriever\n")
        explorer.press("l k")
        explorer.send(.run("session play mine.txt"))
        #expect(explorer.state.layer == .layer(11) && explorer.state.selectedClass == 1)
        explorer.send(.run("session save mine.png"))
        #expect(explorer.state.message?.text == "mine.png: a session is written as text; name the file .txt")
        explorer.sessions["again.txt"] = "session play again.txt"
        explorer.send(.run("session play again.txt"))
        #expect(explorer.state.message?.text.contains("without end") == true)
        // Work can be undone after a session that was played, but not what the program began with.
        explorer.sessions["work.txt"] = "threshold 0.5"
        explorer.send(.run("session play work.txt"))
        explorer.press("u")
        #expect(explorer.state.adjustments.cut == 0)
    }

    @Test func modelsAndPicturesAreMeantByName() throws {
        var explorer = ScriptedExplorer(pictures: 3)
        explorer.state.context.modelPaths = ["/a/one.safetensors", "/b/two.safetensors"]
        #expect(try Command.action(of: "model two.safetensors", in: explorer.state) == .showModel(1))
        explorer.send(.run("open photo-2.jpg"))
        #expect(explorer.state.picture == 2 && explorer.state.session.lines == ["open photo-2.jpg"])
        explorer.send(.picturesOpened(["/somewhere/else/new.jpg"]))
        #expect(explorer.state.session.lines.last == "open new.jpg")
    }

    @Test func whatWasBegunWithIsSaid() {
        var explorer = ScriptedExplorer(pictures: 1, started: false, method: 1)
        var bookmark = Bookmark()
        (bookmark.classes, bookmark.layer, bookmark.view, bookmark.blend, bookmark.opacity) = ([1, 9], 4, .map, .flat, 0.5)
        explorer.state.open(at: bookmark)
        explorer.state.openSession(remarks: [], preset: "/home/someone/mine.json")
        #expect(explorer.state.session.opening == [
            "screen 80 24", "preset load mine.json", "method rollout", "blend flat", "opacity 0.5", "mark golden retriever", "mark ox",
            "class golden retriever", "layer 4", "view map",
        ])
    }
}
