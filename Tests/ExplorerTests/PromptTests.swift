import Explorer
import Testing

/// Lines that are typed: editing, completion, history, finding.
@Suite struct PromptTests {
    private func text(_ explorer: ScriptedExplorer) -> String? {
        if case .prompt(let prompt) = explorer.state.mode { String(prompt.text) } else { nil }
    }

    @Test func editsALine() {
        var explorer = ScriptedExplorer()
        explorer.press(":")
        explorer.type("layer 12x")
        explorer.press("backspace left backspace")
        #expect(text(explorer) == "layer 2")
        explorer.press("home delete end ^w")
        #expect(text(explorer) == "ayer ")
        explorer.press("^u")
        #expect(text(explorer) == "")
        explorer.send(.edit(.insert("a\nb\u{1B}")))
        #expect(text(explorer) == "a b\u{FFFD}")
        explorer.press("esc")
        #expect(explorer.state.mode == .browse)
    }

    @Test func pasteGoesIntoALineOnly() {
        var explorer = ScriptedExplorer()
        explorer.press("e")
        #expect(explorer.state.action(for: .paste("qqq")) == nil)
        explorer.press("esc :")
        if let action = explorer.state.action(for: .paste("layer 3")) { explorer.send(action) }
        #expect(text(explorer) == "layer 3")
    }

    /// Whole lines pasted at the colon are run one after another; what is left waits to be accepted.
    @Test func pastedLinesRun() {
        var explorer = ScriptedExplorer()
        explorer.press(":")
        explorer.type("lay")
        explorer.send(.paste("er 3\r\nview map\nzoom 2"))
        #expect(explorer.state.layer == .layer(3) && explorer.state.adjustments.view == .map)
        #expect(text(explorer) == "zoom 2" && explorer.state.viewport.zoom == 1)
        explorer.press("enter /")
        #expect(explorer.state.viewport.zoom == 2)
        explorer.send(.paste("a\nb"))
        #expect(text(explorer) == "a b")
    }

    /// Of several classes with one name, each is called NAME#INDEX; the bare name is told to mean all of them.
    @Test func classesOfOneName() throws {
        let state = ExplorerState(
            pictures: ["a.jpg"], models: [ModelSummary(name: "tiny", depth: 12, classNames: ["crane#0", "dog", "crane#2", "crane, small"])],
            methods: ScriptedExplorer.methods, colorDepth: .trueColor, columns: 80, rows: 24, method: 0, cacheLimit: 1 << 20, labels: nil)
        for (command, action) in [
            ("class crane#2", Action.selectClass(2)), ("mark Crane#0", .toggleMarkOf(0)), ("class dog", .selectClass(1)),
            ("class crane, small", .selectClass(3)), ("mark 2", .toggleMarkOf(2)),
        ] { #expect(try Command.action(of: command, in: state) == action, "\(command)") }
        for command in ["class crane", "mark CRANE"] {
            let error = #expect(throws: CommandError.self) { try Command.action(of: command, in: state) }
            #expect(error?.message.hasSuffix("is the name of 2 classes: crane#0, crane#2") == true, "\(command)")
        }
    }

    @Test func completesCommandsAndArguments() {
        var explorer = ScriptedExplorer()
        explorer.press(":")
        explorer.type("col")
        explorer.press("tab")
        #expect(text(explorer) == "colormap ")
        explorer.press("tab tab tab")
        #expect(text(explorer) == "colormap magma")
        explorer.press("backtab")
        #expect(text(explorer) == "colormap viridis")
        explorer.press("^u")
        explorer.type("class gol")
        explorer.press("tab enter")
        #expect(explorer.state.selectedClass == 1)
        explorer.press(":")
        explorer.type("nothing")
        explorer.press("tab")
        #expect(text(explorer) == "nothing")
    }

    @Test func remembersLines() {
        var explorer = ScriptedExplorer()
        for line in ["layer 3", "layer 4", "bogus"] {
            explorer.press(":")
            explorer.type(line)
            explorer.press("enter")
        }
        #expect(explorer.state.message?.tone == .failure)
        #expect(explorer.state.layer == .layer(4))
        explorer.press(":")
        explorer.type("dr")
        explorer.press("up up up up")
        #expect(text(explorer) == "layer 3")
        explorer.press("down down")
        #expect(text(explorer) == "bogus")
        explorer.press("down")
        #expect(text(explorer) == "dr")
    }

    @Test func findsClassesWhileTyping() {
        var explorer = ScriptedExplorer()
        explorer.press("/")
        explorer.type("CAT")
        #expect(explorer.state.filter == "CAT")
        #expect(explorer.screen[1].contains("“CAT” 2 of 40"))
        explorer.press("enter")
        #expect(explorer.state.selectedClass == 0)
        explorer.press("j")
        #expect(explorer.state.selectedClass == 4)
        explorer.press("j")
        #expect(explorer.state.message?.text == "no class after: this is the last of the list")
        explorer.press("esc")
        #expect(explorer.state.filter == "")
        #expect(explorer.state.selectedClass == 4)
        explorer.press("/")
        explorer.type("zebra")
        explorer.press("enter")
        #expect(explorer.state.message?.text == "no class name contains “zebra”")
        #expect(explorer.state.filter == "")
        explorer.press("/")
        explorer.type("ox")
        explorer.press("esc")
        #expect(explorer.state.selectedClass == 4)
    }

    @Test func theCursorIsSeenInALongLine() throws {
        var explorer = ScriptedExplorer(columns: 40, rows: 12)
        explorer.press(":")
        for _ in 0..<30 { explorer.type("日本") }
        let cursor = try #require(view(explorer.state).cursor)
        #expect(cursor.row == 10)
        #expect(cursor.column < 40)
        explorer.press("home")
        #expect(view(explorer.state).cursor?.column == 2)
    }

    /// The first Ctrl-C leaves what stands in the way, the next the explorer.
    @Test func interruptsFromEverywhere() {
        for keys in [":", "/", "?", "e", "e o"] {
            var explorer = ScriptedExplorer()
            explorer.press(keys)
            explorer.press("^c")
            #expect(explorer.state.mode == .browse && explorer.effects.last != .interrupt, "\(keys)")
            explorer.press("^c")
            #expect(explorer.effects.last == .interrupt, "\(keys)")
        }
        var explorer = ScriptedExplorer()
        explorer.press("q")
        #expect(explorer.effects.last == .quit)
    }

    @Test func marksAreNotLostWithoutAQuestion() throws {
        var explorer = ScriptedExplorer()
        explorer.press("space q")
        #expect(explorer.state.keyContext == .confirmQuit && explorer.effects.last != .quit)
        #expect(explorer.screen[22].contains("The marks of 1 picture are not saved. Quit?  y yes  n no  s save"))
        explorer.press("n")
        #expect(explorer.state.mode == .browse)
        for (keys, end) in [("q y", Effect.quit), ("^c y", .interrupt), ("^c ^c", .interrupt)] {
            var other = explorer
            other.press(keys)
            #expect(other.effects.last == end, "\(keys)")
        }
        // Saved first, then left.
        explorer.press("n j space q s")
        #expect(explorer.screen[22].contains("save marks to: labels.txt"))
        explorer.press("enter")
        #expect(explorer.effects.last == .quit)
        let request = try #require(explorer.savedMarks.last)
        #expect(request.path == "labels.txt" && request.text.split(separator: "\n").count == 2)
        #expect(request.text.hasPrefix("photo-0.jpg \"tabby, tabby cat\"\n"))
        // What is saved is not asked for again; what was changed since is.
        explorer.press("q")
        #expect(explorer.effects.last == .quit)
        explorer.press("space q")
        #expect(explorer.state.keyContext == .confirmQuit)
        explorer.press("esc")
        explorer.send(.run("labels save labels.txt"))
        #expect(explorer.state.keyContext == .confirm)
        explorer.press("y q")
        #expect(explorer.effects.last == .quit)
        explorer.send(.run("labels save labels.json"))
        #expect(explorer.state.message?.text == "labels.json: labels are written as text; name the file .txt")
    }
}
