@testable import Explorer
import Testing

/// The list of keys and commands, and what is shown above a line that is being typed.
@Suite struct PaletteTests {
    /// The texts of the list's rows, the chosen one first.
    private func rows(_ explorer: ScriptedExplorer) -> [String] {
        guard case .palette(let palette) = explorer.state.mode else { return [] }
        return PaletteRow.rows(explorer.state, for: palette.prompt.string).dropFirst(palette.chosen).map { $0.isHeading ? "# " + $0.left : $0.left }
    }

    private func chosen(_ explorer: ScriptedExplorer) -> String? { rows(explorer).first }

    @Test func findsByKeyNameAndWords() {
        var explorer = ScriptedExplorer(columns: 100, rows: 40)
        explorer.press("?")
        // What fits what one is at comes first.
        #expect(chosen(explorer) == "h")
        for (text, first) in [
            ("[", "["), ("^L", "^L"), ("F1", "? F1"), ("R", "R"), ("r", "r"), ("histogram", ":histogram"), ("lower active", "["), ("ACTIVE lower", "["),
            ("zoom out", "-"), ("colormap", ":colormap"), ("next color", "c"), ("rollout", "rollout"), ("wheel", "wheel"),
        ] {
            explorer.press("^u")
            explorer.type(text)
            #expect(chosen(explorer) == first, "\(text)")
        }
        explorer.press("^u")
        explorer.type("xyzzy")
        #expect(explorer.screen.contains { $0.contains("nothing fits") })
        explorer.press("enter")
        #expect(explorer.state.message?.text == "nothing fits “xyzzy”; BkSp takes a letter back")
        explorer.press("esc")
        #expect(explorer.state.mode == .browse)
    }

    @Test func runsWhatIsChosen() {
        var explorer = ScriptedExplorer(columns: 100, rows: 40)
        explorer.press("?")
        explorer.type("fused map")
        explorer.press("down up enter")
        #expect(explorer.state.mode == .browse)
        explorer.press("?")
        explorer.type("next color map")
        explorer.press("enter")
        #expect(explorer.state.adjustments.colorMap == .magma && explorer.state.session.lines.last == "colormap magma")
        // A command that takes something waits for it.
        explorer.press("?")
        explorer.type(":threshold")
        explorer.press("enter")
        #expect(explorer.screen[38].hasPrefix(" :threshold"))
        explorer.type("0.5")
        explorer.press("enter")
        #expect(explorer.state.adjustments.cut == 0.5)
        // Tab takes the key's command to the line.
        explorer.press("?")
        explorer.type("zoom in")
        explorer.press("tab enter")
        #expect(explorer.state.viewport.zoom > 1)
        // A method is a row, too.
        explorer.press("?")
        explorer.type("rollout")
        explorer.press("enter")
        #expect(explorer.state.adjustments.method == 1)
    }

    @Test func saysWhyNot() {
        var explorer = ScriptedExplorer(columns: 100, rows: 40)
        explorer.press("?")
        explorer.type("close the pane")
        #expect(explorer.screen.contains { $0.contains("not now: ") })
        let reason = explorer.state.refusal(of: .closePane)
        explorer.press("enter")
        #expect(explorer.state.message?.text == reason && reason != nil)
        #expect(explorer.state.refusal(of: .addPane) == nil)
        // Keys of other places are told.
        explorer.press("?")
        explorer.type("accept the line")
        explorer.press("enter")
        #expect(explorer.state.message?.text == "Enter is a key for accept the line: while a line is typed")
    }

    @Test func goesThroughTheRows() {
        for (columns, rows) in [(40, 12), (80, 24), (200, 60)] {
            var explorer = ScriptedExplorer(columns: columns, rows: rows)
            explorer.press("?")
            for key in ["end", "up", "pgup", "home", "down", "pgdn", "end", "down"] {
                explorer.press(key)
                guard case .palette(let palette) = explorer.state.mode else {
                    Issue.record("the list is closed")
                    return
                }
                let all = PaletteRow.rows(explorer.state, for: ""), height = PaletteView.listRows(columns: columns, rows: rows)
                #expect(!all[palette.chosen].isHeading)
                #expect((palette.top..<palette.top + height).contains(palette.chosen), "\(key)")
            }
            explorer.press("home")
            #expect(explorer.screen.contains { $0.contains("Here") } && chosen(explorer) == "h")
            explorer.send(.mouse(.wheelDown, column: columns / 2, row: rows / 2))
            explorer.press("^c")
            #expect(explorer.state.mode == .browse)
        }
    }

    @Test func aClickRunsARow() throws {
        var explorer = ScriptedExplorer(columns: 100, rows: 40)
        explorer.press("?")
        explorer.type("split")
        let row = try #require(explorer.screen.firstIndex { $0.contains("picture beside the view") })
        explorer.send(.mouse(.left, column: 40, row: row))
        #expect(explorer.state.adjustments.layout == .split && explorer.state.mode == .browse)
    }

    @Test func completionsAreShown() {
        var explorer = ScriptedExplorer(columns: 100, rows: 30)
        explorer.press(":")
        explorer.type("col")
        #expect(explorer.screen[27].hasPrefix("  colormap      choose the colors of the map"))
        explorer.type("ormap ")
        #expect(explorer.screen.contains { $0.hasPrefix(" :colormap NAME|next  choose the colors") })
        #expect(explorer.screen.contains { $0 == "  cividis" })
        explorer.press("tab tab tab")
        #expect(explorer.screen[28].contains(":colormap magma") && explorer.screen.contains { $0 == "  cividis" })
        explorer.press("^u")
        explorer.type("class gold")
        #expect(explorer.screen[27].hasPrefix("  golden retriever"))
        explorer.press("esc")
    }

    @Test func pathsAreCompleted() {
        var explorer = ScriptedExplorer(columns: 100, rows: 30)
        explorer.folders = ["": ["out/", "over.png", ".hidden"], "out/": ["one.txt", "two.txt"]]
        explorer.press(":")
        explorer.type("export overlay o")
        #expect(explorer.screen[26] == "  overlay out/" && explorer.screen[27] == "  overlay over.png")
        explorer.type("u")
        explorer.press("tab")
        #expect(explorer.screen[28].hasPrefix(" :export overlay out/"))
        #expect(explorer.screen[26] == "  overlay out/one.txt" && explorer.screen[27] == "  overlay out/two.txt")
        explorer.press("^u")
        explorer.type("open .")
        #expect(explorer.screen[27] == "  .hidden")
        explorer.press("^u")
        explorer.type("preset load ge")
        #expect(explorer.screen.contains { $0 == "  load getam" })
        // What belongs to no path is not looked for.
        let count = explorer.effects.count
        explorer.press("^u")
        explorer.type("layer /")
        #expect(explorer.effects.count == count)
        explorer.press("esc e o")
        explorer.press("^u")
        explorer.type("out/t")
        explorer.press("tab")
        #expect(explorer.screen[28].contains("to: out/two.txt"))
    }
}
