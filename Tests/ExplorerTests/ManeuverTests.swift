import Explorer
import Testing

/// What the explorer does about focus, pastes, the clipboard and `:doctor`.
@Suite struct ManeuverTests {
    private func message(_ explorer: ScriptedExplorer) -> String { explorer.state.message?.text ?? "" }

    private func copies(_ explorer: ScriptedExplorer) -> [String] {
        explorer.effects.compactMap { if case .copy(let text) = $0 { text } else { nil } }
    }

    @Test func workInAdvanceRestsWithoutTheKeyboard() {
        var explorer = ScriptedExplorer(pictures: 5)
        func prefetched(_ explorer: ScriptedExplorer) -> Int {
            explorer.effects.count { if case .prefetch = $0 { true } else { false } }
        }
        let before = prefetched(explorer)
        #expect(before > 0)
        explorer.send(.focus(true))
        explorer.send(.focus(false))
        #expect(explorer.effects.last == .rest(true))
        explorer.press("n n")
        #expect(prefetched(explorer) == before)
        explorer.send(.focus(true))
        #expect(explorer.effects.contains(.rest(false)) && !explorer.effects.contains(.redraw))
        #expect(prefetched(explorer) > before)
        // No word of it.
        #expect(explorer.state.message == nil)
    }

    @Test(arguments: [
        ("/a/b.jpg", [["/a/b.jpg"]]), ("/a/b c.jpg ", [["/a/b c.jpg"], ["/a/b", "c.jpg"]]), ("'/a/b c.jpg'", [["/a/b c.jpg"]]),
        ("\"/a/b \\\"c\\\".jpg\"", [["/a/b \"c\".jpg"]]), ("/a/b\\ c.jpg", [["/a/b c.jpg"]]), ("file:///a/b%20c%C3%A9.jpg\r\n", [["/a/b cé.jpg"]]),
        ("file://host/a/b.jpg", [["/a/b.jpg"]]), ("file:/a/100%.jpg", [["/a/100%.jpg"]]), ("# two\nfile:///a\nfile:///b", [["/a", "/b"]]),
        ("'/a 1.jpg' '/b 2.jpg' ", [["/a 1.jpg", "/b 2.jpg"]]), ("/a\n/b\n", [["/a", "/b"]]), ("'it'\\''s.png'", [["it's.png"]]), ("~/x.png", [["~/x.png"]]),
    ] as [(String, [[String]])])
    func pastedPathsAreUnderstood(_ text: String, _ wanted: [[String]]) {
        var explorer = ScriptedExplorer()
        explorer.send(.paste(text))
        guard case .find(_, let readings)? = explorer.effects.last else {
            Issue.record("nothing is looked for")
            return
        }
        for reading in wanted { #expect(readings.contains(reading), "\(readings)") }
    }

    @Test func aFoundPictureIsShown() {
        var explorer = ScriptedExplorer(pictures: 3)
        explorer.send(.picturesOpened(["elsewhere/new.jpg"]))
        #expect(explorer.state.pictures.count == 4 && explorer.state.picture == 3)
        #expect(message(explorer) == "opened new.jpg")
        explorer.send(.picturesOpened(["pictures/photo-1.jpg"]))
        #expect(explorer.state.pictures.count == 4 && explorer.state.picture == 1)
        explorer.send(.run("open some where.png"))
        #expect(explorer.effects.contains { if case .find("some where.png", _) = $0 { true } else { false } })
        // Blank pastes are nothing.
        let count = explorer.effects.count
        explorer.send(.paste(" \n "))
        #expect(explorer.effects.count == count)
    }

    @Test func whatIsCopiedIsSaid() {
        var explorer = ScriptedExplorer(columns: 160)
        explorer.press("y v")
        #expect(copies(explorer) == [] && message(explorer).contains("no patch is probed"))
        explorer.press("x y")
        #expect(explorer.screen.contains { $0.hasPrefix(" copy  v value  r row  p path  c command") })
        explorer.press("v")
        #expect(copies(explorer).count == 1 && Float(copies(explorer)[0]) != nil)
        #expect(message(explorer).hasPrefix("copied value (tabby, tabby cat, fused 6-11, patch ") && message(explorer).hasSuffix("): \(copies(explorer)[0])"))
        explorer.press("y r")
        #expect(copies(explorer).last == "tabby, tabby cat\t0.5")
        explorer.press("y p")
        #expect(copies(explorer).last == "pictures/photo-0.jpg" && message(explorer) == "copied path: pictures/photo-0.jpg")
        explorer.press("y z")
        #expect(message(explorer).contains("z copies nothing"))
        explorer.press("esc")
        #expect(explorer.state.mode == .browse)
    }

    @Test func theCommandLineOfAView() {
        var explorer = ScriptedExplorer(columns: 200)
        explorer.state.context.modelPaths = ["my model.safetensors"]
        explorer.state.context.namesModel = true
        for line in ["layer 7", "view map", "colormap magma", "copy command"] { explorer.send(.run(line)) }
        #expect(copies(explorer).last == "getam explore pictures/photo-0.jpg --model 'my model.safetensors' --method getam "
            + "--class 'tabby, tabby cat' --start-layer 6 --layer 7 --view map --colormap magma")
        #expect(!message(explorer).contains("without"))
        for line in ["layer fused", "view overlay", "threshold 0.5", "zoom 2", "copy command"] { explorer.send(.run(line)) }
        #expect(copies(explorer).last?.hasSuffix("--do 'threshold 0.5' --do 'zoom 2.0 0.5 0.5'") == true)
        #expect(copies(explorer).last?.contains("--view overlay --opacity 0.85 --colormap") == true)
        // Marked classes go along; a name that cannot be told is a number.
        for line in ["mark 1", "mark 8", "class 1", "view label", "copy command"] { explorer.send(.run(line)) }
        #expect(copies(explorer).last?.contains("--class 'golden retriever' --class 8 --start-layer 6 --view label") == true)
        #expect(copies(explorer).last?.contains(" --preset getam --predict 0.5 --do ") == true)
    }

    @Test func doctorListsWhatIsKnown() {
        var explorer = ScriptedExplorer(columns: 80, rows: 24)
        explorer.state.context.facts = [Fact("computing", "instruction set avx2")]
        explorer.send(.run("doctor"))
        #expect(explorer.effects.last == .examine)
        explorer.send(.examined((0..<30).map { Fact("fact \($0)", String(repeating: "word ", count: 30)) }))
        #expect(explorer.screen.contains { $0.contains(" doctor ") } && explorer.screen.contains { $0.contains("instruction set avx2") })
        #expect(explorer.screen.contains { $0.contains("for dark and light: the terminal has not said") })
        explorer.press("G")
        #expect(explorer.screen.contains { $0.contains("fact 29") } && !explorer.screen.contains { $0.contains("instruction set") })
        explorer.press("q ?")
        #expect(explorer.screen.contains { $0.contains(" keys and commands ") } && !explorer.screen.contains { $0.contains("doctor ─") })
    }
}
