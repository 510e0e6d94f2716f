@testable import Explorer
import Images
import Labels
import Testing

/// The user's file of settings: what holds, what is told, and where a value comes from.
@Suite struct SettingsTests {
    private func explorer(_ text: String, given: Set<String> = []) -> ScriptedExplorer {
        var explorer = ScriptedExplorer(columns: 120, rows: 40, started: false)
        explorer.state.take(ExplorerSettings(text: text), given: given)
        explorer.send(.start)
        return explorer
    }

    @Test func settingsHold() {
        let settings = """
            {"colormap": "magma", "blend": "contour", "opacity": 0.5, "fill": 0, "palette": "voc", "glyphs": "half", "sampling": "patches", "scale": "layers",
             "predict": "30%", "sort": "name", "view": "map", "histogram": true, "mouse": false, "sync": false}
            """
        let state = explorer(settings).state
        #expect(state.settings.remarks == [])
        let shown = state.adjustments
        #expect(shown.colorMap == .magma && shown.blend == .contour && shown.opacity == 0.5 && shown.fill == 0 && shown.palette == .voc)
        #expect(state.glyphs == .half && shown.sampling == .patches && shown.normalization == .layers && shown.predict == 0.3)
        #expect(state.classOrder == .name && shown.view == .map && state.histogramShown && !state.mouse && !state.context.isSynchronized)
        // Nothing of it is to be undone, and a session has it.
        #expect(state.undoStack.isEmpty && state.session.lines.contains("colormap magma") && state.message == nil)
        #expect(explorer("{\"colormap\": \"magma\"}", given: ["colormap"]).state.adjustments.colorMap == .viridis)
    }

    @Test(arguments: [
        ("{\n  \"colourmap\": \"magma\"\n}", "2:3: no setting “colourmap”; did you mean “colormap”?; ignored"),
        ("{\"colormap\": \"blue\"}", "1:2: colormap: “blue” is none of viridis, magma, cividis, jet, gray, next; ignored"),
        ("{\"theme\": \"drak\"}", "1:2: theme: “drak” is none of auto, dark, light; did you mean “dark”?; ignored"),
        ("{\"opacity\": [1]}", "1:2: “opacity” must be a text, a number, true or false; ignored"),
        ("{\"opacity\": 7}", "1:2: opacity: 7 is not from 0 to 1; ignored"),
        ("{\n \"keys\": {\n  \"Ctrl+T\": \"view map\"}}", "3:3: keys: “Ctrl+T” is no key; did you mean “Ctrl-T”?; ignored"),
        ("{\"keys\": {\"é\": \"x\", \"z\": \"veiw map\"}}", "1:21: keys: z: no command “veiw”; ? finds them, Tab completes; ignored"),
        ("{\"keys\": 3}", "1:2: “keys” must be an object; ignored"), ("{\"presets\": {\"a\": 1}}", "1:14: presets: “a” must be a text; ignored"),
        ("{\n\"view\": \"map\",\n}", "3:1: is not valid JSON: a key in quotes was expected; all of it is ignored"),
        ("[]", "1:1: must hold a JSON object; all of it is ignored"), ("", "1:1: is not valid JSON: the text ends too early; all of it is ignored"),
    ])
    func whatIsWrongIsToldWithItsPlace(_ text: String, _ remark: String) {
        let state = explorer(text).state
        #expect(state.settings.remarks.contains(remark), "\(state.settings.remarks)")
        #expect(state.record != nil && state.adjustments.opacity == Adjustments(startLayer: 0).opacity)
    }

    @Test func keysOfOnesOwn() {
        var explorer = explorer("{\"keys\": {\"z\": \"zoom 4\", \"Ctrl-T\": \"view map\", \"j\": \"class last\"}}")
        explorer.press("z ^t j")
        #expect(explorer.state.viewport.zoom == 4 && explorer.state.adjustments.view == .map && explorer.state.selectedClass == 39)
        #expect(explorer.state.session.lines == ["zoom 4.0", "view map", "class class number 39"])
        explorer.press("?")
        explorer.type("of your own")
        #expect(explorer.screen.contains { $0.contains("^T") && $0.contains("a key of your own") && $0.contains(":view map") })
    }

    @Test func presetsHaveNames() {
        var explorer = explorer("{\"presets\": {\"mine\": \"/somewhere/field.json\"}}")
        var preset = Preset.getam
        preset.name = "field"
        explorer.presets = ["/somewhere/field.json": preset]
        explorer.send(.run("preset load mine"))
        #expect(explorer.state.adjustments.origin.name == "field" && explorer.state.session.lines == ["preset load mine"])
        explorer.press(":")
        explorer.type("preset load mi")
        #expect(explorer.screen.contains { $0 == "  load mine" })
    }

    @Test func whereAValueComesFromIsShown() throws {
        var explorer = explorer("{\"colormap\": \"magma\",\n \"blend\": \"flat\", \"opacity\": 0.4, \"bogus\": 1, \"keys\": {\"z\": \"zoom 4\"}}", given: ["opacity"])
        explorer.press("B")
        explorer.send(.run("config"))
        func fact(_ name: String) -> String? { explorer.state.report.first { $0.name == name }?.text }
        #expect(fact("file") == "config.json" && fact("colormap") == "magma (the file, line 1)" && fact("blend") == "contour (changed here)")
        #expect(fact("opacity") == "0.85 (the command line)" && fact("view") == "overlay (the program)" && fact("key z") == ":zoom 4 (the file, line 2)")
        #expect(fact("ignored")?.contains("no setting “bogus”") == true)
        #expect(explorer.screen.contains { $0.contains(" settings ") })
        for setting in ExplorerSettings.known { #expect(fact(setting.name) != nil && fact(setting.name)?.hasPrefix(" ") == false, "\(setting.name)") }
    }
}
