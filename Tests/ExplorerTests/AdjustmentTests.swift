@testable import Explorer
import Images
import Testing

/// Thresholds, views, marks, undo, export.
@Suite struct AdjustmentTests {
    @Test func theActiveThresholdStepsWithinItsLimits() {
        var explorer = ScriptedExplorer()
        explorer.press("[")
        #expect(explorer.state.adjustments.startLayer == 5)
        #expect(explorer.state.layerLabel == "fused 5-11")
        for _ in 0..<20 { explorer.press("]") }
        #expect(explorer.state.adjustments.startLayer == 11)
        #expect(explorer.state.message?.text == "no higher: start layer is 11")
        explorer.press("tab [")
        #expect(explorer.state.activeThreshold == .cut)
        #expect(explorer.state.message?.text == "the threshold is off")
        explorer.press("] ] ]")
        #expect(explorer.state.adjustments.cut == 0.15)
        explorer.press("[ [ [")
        #expect(explorer.state.adjustments.cut == 0)
        explorer.press("backtab backtab [")
        #expect(explorer.state.activeThreshold == .opacity)
        #expect(explorer.state.adjustments.opacity == 0.8)
    }

    @Test func undoAndRedoRestoreExactly() {
        var explorer = ScriptedExplorer()
        explorer.press("u")
        #expect(explorer.state.message?.text == "nothing to undo")
        explorer.press("U")
        #expect(explorer.state.message?.text == "nothing to redo")
        var seen: [Adjustments] = [explorer.state.adjustments]
        for keys in ["]", "tab ]", "]", "space", "c", "r", "i", "tab [", "a ]", "b", "t", "a tab [", "tab ]", "tab ]", "tab ]", "backtab [", "v ]"] {
            explorer.press(keys)
            #expect(explorer.state.adjustments.work != seen.last?.work, "\(keys)")
            seen.append(explorer.state.adjustments)
        }
        for expected in seen.dropLast().reversed() {
            explorer.press("u")
            #expect(explorer.state.adjustments.work == expected.work)
        }
        for expected in seen.dropFirst() {
            explorer.press("^r")
            #expect(explorer.state.adjustments.work == expected.work)
        }
        explorer.press("u u space U")
        #expect(explorer.state.message?.text == "nothing to redo")
    }

    /// Looking is no work: undo leaves it, back and forward go over it, and steps along one axis are one.
    @Test func backAndForwardGoOverWhatWasLookedAt() {
        var explorer = ScriptedExplorer()
        explorer.press("<")
        #expect(explorer.state.message?.text == "nothing was looked at before")
        var seen = [explorer.state.look]
        for keys in ["v", "s", "m", "j j j", "h h", "n n", "a", "j", "o", "h"] {
            explorer.press(keys)
            #expect(explorer.state.look != seen.last, "\(keys)")
            seen.append(explorer.state.look)
        }
        explorer.press("space u")
        #expect(explorer.state.look == seen.last)
        for expected in seen.dropLast().reversed() {
            explorer.press("<")
            #expect(explorer.state.look == expected)
        }
        for expected in seen.dropFirst() {
            explorer.press(">")
            #expect(explorer.state.look == expected)
        }
        explorer.press(">")
        #expect(explorer.state.message?.text == "nothing was looked at after this")
        explorer.press("< < j >")
        #expect(explorer.state.message?.text == "nothing was looked at after this")
    }

    @Test func marksBelongToTheirPicture() {
        var explorer = ScriptedExplorer()
        explorer.press("space j space n")
        #expect(explorer.state.adjustments.marks == [0: [0, 1]])
        explorer.press("space")
        #expect(explorer.state.adjustments.marks[1]?.count == 1)
        explorer.press("u u")
        #expect(explorer.state.adjustments.marks == [0: [0]])
    }

    /// What the label file names can be taken back to the last class, and brought again.
    @Test func theFilesClassesCanBeUnmarked() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40, named: [0: [0]])
        explorer.press("space")
        #expect(explorer.state.adjustments.marks == [0: []])
        #expect(explorer.state.message?.text.hasSuffix("no longer marked") == true)
        explorer.press("u")
        #expect(explorer.state.adjustments.marks.isEmpty)
        explorer.press("space space")
        #expect(explorer.state.adjustments.marks == [0: [0]])
        explorer.press("space :")
        explorer.type("mark none")
        explorer.press("enter")
        #expect(explorer.state.adjustments.marks.isEmpty && explorer.state.message?.text == "no class is marked now")
    }

    /// A class that label maps have no number for can be marked; why it makes no label is said.
    @Test func aClassWithoutNumber() {
        let setup = LabelSetup(numbers: [nil] + (1..<40).map { UInt8($0) }, names: (1..<40).map { "class \($0)" })
        var explorer = ScriptedExplorer(columns: 120, rows: 40, labels: setup)
        explorer.press("space")
        #expect(explorer.state.message?.text.contains("no number for it") == true)
        explorer.press("a")
        #expect(explorer.screen.contains { $0.contains("has no number in label maps") })
    }

    @Test func anUnknownKeyInTheExportQuestionIsAnswered() {
        var explorer = ScriptedExplorer()
        explorer.press("e")
        #expect(explorer.screen.contains { $0.contains("Esc cancel") })
        explorer.press("z")
        #expect(explorer.screen.contains { $0.contains("exports nothing; Esc") })
    }

    @Test func areaOfTheMaskIsTheShareOfThePicture() throws {
        var explorer = ScriptedExplorer(columns: 120)
        explorer.press("h i")
        explorer.send(.setThreshold(.cut, 0.5))
        // Patches at or above half of the layer's own scale, counted by hand.
        let values = ScriptedExplorer.map(classIndex: 0, method: 0, layer: 11).values
        let low = try #require(values.min()), high = try #require(values.max())
        let share = Float(values.filter { ($0 - low) / (high - low) >= 0.5 }.count) / Float(values.count)
        let percent = (share * 1000).rounded() / 10
        #expect(explorer.screen.joined().contains("≥0.50: \(percent)% area"))
    }

    @Test func viewsFollowTheirKeys() {
        var explorer = ScriptedExplorer()
        explorer.press("v")
        #expect(explorer.state.adjustments.view == .map)
        explorer.press("o")
        #expect(explorer.state.adjustments.view == .overlay)
        explorer.press("o")
        #expect(!explorer.state.adjustments.overlayShown)
        explorer.press("v v v s")
        #expect(explorer.state.adjustments.layout == .split)
        #expect(explorer.screen[1].contains("picture"))
        explorer.press("c c c c c")
        #expect(explorer.state.adjustments.colorMap == .viridis)
        var alone = ScriptedExplorer(methods: [ScriptedExplorer.methods[0]])
        alone.press("m")
        #expect(alone.state.message?.text == "no other method: getam is the only one")
    }

    @Test func exportsWhatIsShown() throws {
        var explorer = ScriptedExplorer()
        explorer.press("h c e o")
        guard case .prompt(let prompt) = explorer.state.mode else {
            Issue.record("no prompt")
            return
        }
        #expect(String(prompt.text) == "photo-0-tabby-getam-layer11.png")
        explorer.press("^u")
        explorer.type("out dir/a.png")
        explorer.press("enter")
        let request = try #require(explorer.exports.last)
        #expect(request.path == "out dir/a.png")
        #expect(request.layer == 11)
        #expect(request.colorMap == .magma)
        #expect(request.width == 640)
        #expect(request.map == ScriptedExplorer.map(classIndex: 0, method: 0, layer: 11))
        #expect(explorer.state.message?.text == "wrote out dir/a.png, 64 KB")
    }

    @Test func neverReplacesAFileUnasked() {
        var explorer = ScriptedExplorer()
        explorer.files = ["photo-0-tabby-getam-fused6-11.npy"]
        explorer.press("e r enter")
        #expect(explorer.state.keyContext == .confirm)
        #expect(explorer.screen[22].contains("exists. Replace it?"))
        explorer.press("n")
        #expect(explorer.exports.map(\.overwrite) == [false])
        #expect(explorer.state.message?.text.hasPrefix("kept ") == true)
        explorer.press("e r enter y")
        #expect(explorer.exports.map(\.overwrite) == [false, false, true])
        #expect(explorer.state.message?.text.hasPrefix("wrote ") == true)
        explorer.send(.exportFailed(message: "cannot write x: no space left"))
        #expect(explorer.state.message?.tone == .failure)
    }

    @Test func aMaskNeedsAThreshold() throws {
        var explorer = ScriptedExplorer()
        explorer.press("e m")
        #expect(explorer.state.mode == .browse)
        #expect(explorer.state.message?.text.hasPrefix("no mask: the threshold is off") == true)
        explorer.press("tab ] ] e m enter")
        #expect(try #require(explorer.exports.last).cut == 0.1)
    }

    @Test func anIncompleteMapIsNotExported() {
        var explorer = ScriptedExplorer(started: false)
        explorer.answers = false
        explorer.send(.start)
        explorer.press("e")
        #expect(explorer.state.message?.text == "not yet: the picture is still being read")
        explorer.send(.traced(picture: 0, generation: 1, ScriptedExplorer.trace(0)))
        explorer.send(.layerMapped(
            picture: 0, key: MapKey(classIndex: 0, method: 0), layer: 11, .map(ScriptedExplorer.map(classIndex: 0, method: 0, layer: 11))))
        explorer.press("e")
        #expect(explorer.state.mode == .browse)
        #expect(explorer.state.message?.text == "not yet: the map is not complete")
        explorer.press("h e")
        #expect(explorer.state.keyContext == .chooseExport)
    }
}
