import Attribution
@testable import Explorer
import Images
import Labels
import Testing
import TestSupport
import VisionTransformer

/// The command line of a view shows that view, and a script does what is typed.
@Suite struct ViewCommandTests {
    private static let methods = [
        MethodSummary(
            identifier: "getam", title: "GETAM", explanation: "attention times its gradient", axes: [.target, .layer, .head, .query]),
        MethodSummary(identifier: "rollout", title: "Rollout", explanation: "attention alone"),
        MethodSummary(identifier: "attention", title: "Attention", explanation: "attention", axes: [.layer, .head, .query]),
    ]

    private func explorer(pictures: Int = 4, columns: Int = 120, rows: Int = 40) -> ScriptedExplorer {
        ScriptedExplorer(columns: columns, rows: rows, pictures: pictures, methods: Self.methods)
    }

    /// Does what `getam explore` does with the words.
    private func replayed(_ words: [String], like other: ExplorerState) throws -> ScriptedExplorer {
        var paths: [String] = [], bookmark = Bookmark(), lines: [String] = [], models = 0
        var start: Int?, method = 0, colorMap = ColorMap.viridis, preset = Preset.getam, predict: Float = 0.5
        var rest = words.dropFirst(2)
        while let word = rest.popFirst() {
            guard word.hasPrefix("--") else {
                paths.append(word)
                continue
            }
            let next = rest.popFirst(), value = try #require(next)
            switch word {
            case "--model": models += 1
            case "--method": method = try #require(Self.methods.firstIndex { $0.identifier == value })
            case "--class": bookmark.classes.append(try #require(Int(value) ?? ScriptedExplorer.classNames.firstIndex(of: value)))
            case "--start-layer": start = Int(value)
            case "--layer": bookmark.layer = Int(value)
            case "--view": bookmark.view = ViewKind(rawValue: value)
            case "--blend": bookmark.blend = Blend.Kind(rawValue: value)
            case "--opacity": bookmark.opacity = Float(value)
            case "--colormap": colorMap = try #require(ColorMap(rawValue: value))
            case "--preset": preset = try #require(Preset.named(value))
            case "--predict": predict = try #require(Float(value))
            case "--do": lines.append(value)
            default: Issue.record("\(word) is no option")
            }
        }
        var explorer = ScriptedExplorer(columns: other.columns, rows: other.rows, pictures: 0, started: false)
        explorer.otherGrid = other.models.count > 1 ? 1 : nil
        explorer.state = ExplorerState(
            pictures: paths, models: other.models, methods: Self.methods, colorDepth: other.colorDepth, columns: other.columns,
            rows: other.rows, startLayer: start, method: method, colorMap: colorMap, preset: preset, predict: predict)
        explorer.state.open(at: bookmark)
        explorer.state.begin(with: lines.map { Script.Line($0) })
        explorer.send(.start)
        #expect(explorer.state.script.failure == nil)
        #expect(explorer.state.isIdle)
        return explorer
    }

    /// What is shown, in words that compare between explorers with other numbers of pictures.
    private func shown(_ state: ExplorerState) -> [String] {
        var lines: [String] = []
        for index in state.panes.all.indices {
            let seen = state.seen(byPane: index), place = seen.place, method = state.methods[place.method]
            lines.append(
                "pane \(index): \(state.pictures[place.picture]) \(place.model) \(method.identifier) \(String(describing: seen.selectedClass)) "
                    + "\(method.followsTargets ? place.against : .none) \(place.layer) \(String(describing: method.axes.contains(.head) ? place.head : nil)) "
                    + "\(method.axes.contains(.query) ? place.query : .picture) \(place.ablations.words) \(place.view) less \(String(describing: state.panes.all[index].less))")
            let map = index == state.panes.focus ? state.shown : state.paneContents[index].shown
            lines.append("\(map.map { "\($0.map.map.values.prefix(3)) \($0.scaleName)" } ?? "nothing")")
            lines.append("marks \((state.adjustments.marks[place.picture] ?? []).sorted())")
        }
        if state.panes.all.count > 1 {
            lines.append("focus \(state.panes.focus) anchor \(state.panes.anchor) \(state.panes.locked.map(\.rawValue).sorted()) blink \(state.panes.isBlinking)")
        }
        let adjustments = state.adjustments
        lines.append("peek \(state.panes.isPeeking) start \(adjustments.startLayer) cut \(adjustments.cut) \(adjustments.palette) \(adjustments.fill)")
        let overlay = state.panes.all.indices.contains { state.place(ofPane: $0).view == .overlay }
        if overlay { lines.append("\(adjustments.blend) \(adjustments.opacity) \(adjustments.overlayShown)") }
        lines.append("\(adjustments.colorMap) \(adjustments.normalization) \(adjustments.sampling)")
        if state.panes.all.count == 1, adjustments.view != .picture { lines.append("\(state.effectiveLayout)") }
        if adjustments.view.showsLabels { lines.append("\(adjustments.preset.completion) \(adjustments.preset.saliency) \(adjustments.preset.refiners) \(adjustments.preset.fusion) \(adjustments.preset.decoder) \(adjustments.preset.name) \(adjustments.predict) \(adjustments.scope)") }
        func part(_ value: Double) -> Int { Int((value * 1000).rounded()) }
        if !state.showsGrid, let trace = state.record?.trace, let pane = Layout(state).main(state),
            let placement = PicturePlacement(
                pane: pane.rect, pictureWidth: trace.originalWidth, pictureHeight: trace.originalHeight, viewport: state.viewport) {
            lines.append("zoom \(part(state.viewport.zoom)) \(part(placement.center.x)) \(part(placement.center.y))")
        }
        lines.append("probe \(String(describing: state.probe)) region \(String(describing: state.region?.box)) histogram \(state.histogramShown) quality \(state.qualityShown) \(state.glyphs)")
        lines.append("list \(state.filter) \(state.classOrder) \(state.marksOnly && !state.marks.isEmpty)")
        if state.showsGrid, let grid = state.grid {
            func name(_ axis: GridAxis, _ index: Int) -> String { axis == .pictures ? state.pictures[index] : "\(index)" }
            lines.append("grid \(grid.rows) \(grid.columns) \(name(grid.rows, grid.row)) \(name(grid.columns, grid.column))")
        }
        return lines
    }

    private func copied(_ explorer: ScriptedExplorer) -> ViewCommand { ViewCommand(explorer.state) }

    @Test(arguments: 0..<12) func anyViewIsShownAgain(_ seed: Int) throws {
        var random = SplitMix(seed: UInt64(900 + seed))
        var explorer = explorer(columns: seed % 3 == 0 ? 200 : 120, rows: seed % 3 == 0 ? 60 : 40)
        if seed % 2 == 1 {
            explorer.otherGrid = 1
            explorer.state.context.modelPaths = ["a.safetensors"]
            explorer.send(.modelLoaded(
                ModelSummary(name: "tiny", depth: 12, classNames: ScriptedExplorer.classNames, heads: 3), path: "b.safetensors"))
        }
        let keys = "hjklmnpvasofbtrcig|wDO;*()QACZEVFLYBK# [][][]+-xHJ".map { Key.character($0) } + [.left, .right, .up, .down, .tab, .enter, .escape]
        for _ in 0..<10 {
            for _ in 0..<Int.random(in: 1..<14, using: &random) {
                explorer.press(keys.randomElement(using: &random) ?? .tab)
                if explorer.state.mode != .browse { explorer.press("esc") }
            }
            guard explorer.state.isIdle else { continue }
            let command = copied(explorer)
            #expect(command.left == [], "\(command.words)\n\(explorer.testDescription)")
            let again = try replayed(command.words, like: explorer.state)
            let (wanted, there) = (shown(explorer.state), shown(again.state))
            let other = zip(wanted, there).filter { $0 != $1 && $0 != "nothing" }.map { "wanted \($0)\nthere  \($1)" }.joined(separator: "\n")
            #expect(wanted.count == there.count && other == "", "\(other)\n\(command.words.joined(separator: " "))\n\(explorer.testDescription)")
        }
    }

    @Test func theOtherModelsAndPicturesGoAlong() throws {
        var explorer = explorer()
        explorer.otherGrid = 1
        explorer.state.context.modelPaths = ["the bundled one"]
        explorer.send(.modelLoaded(ModelSummary(name: "tiny", depth: 12, classNames: ScriptedExplorer.classNames, heads: 3), path: "other.safetensors"))
        explorer.press("n | ; p p")
        for line in ["model 2", "class 3", "method rollout"] { explorer.send(.run(line)) }
        let words = copied(explorer).words
        #expect(words.prefix(6) == ["getam", "explore", "pictures/photo-1.jpg", "pictures/photo-0.jpg", "--model", "the bundled one"])
        #expect(words.contains("other.safetensors") && words.suffix(2).first == "--do")
        #expect(shown(try replayed(words, like: explorer.state).state) == shown(explorer.state))
    }

    @Test func presetsFromFilesGoAlongAndOthersAreSaidToBeLeftOut() {
        var explorer = explorer()
        var preset = Preset.getam
        preset.name = "mine"
        preset.scales = [1, 1.5]
        explorer.presets = ["somewhere/p.json": preset]
        for line in ["preset load somewhere/p.json", "view label", "background level 0.4"] { explorer.send(.run(line)) }
        let command = copied(explorer)
        #expect(command.left == [] && command.words.contains("somewhere/p.json") && command.words.contains("background level 0.4"))
        explorer.send(.presetLoaded(preset))
        #expect(copied(explorer).left == ["the preset mine"])
    }

    @Test func classesWhoseNamesMeanSomethingElseGoByNumber() {
        let model = ModelSummary(name: "m", depth: 1, classNames: ["cat", "none", "3", "-x", "twin", "Twin", " pad", "bell\u{FFFD}"], heads: 1)
        #expect((0..<8).map(model.word(forClass:)) == ["cat", "1", "2", "3", "4", "5", "6", "7"])
    }

    // MARK: Scripts

    @Test func linesWaitForWhatTheyActOn() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40, methods: Self.methods, started: false)
        explorer.answers = false
        explorer.state.begin(with: ["layer 3", "image 2", "probe 2 1", "export overlay x.png", "layer 4"].map { Script.Line($0) })
        explorer.send(.start)
        #expect(explorer.state.script.lines.count == 5 && !explorer.state.isIdle)
        var answered = 0
        while answered < explorer.effects.count {
            if case .export = explorer.effects[answered] { #expect(explorer.state.script.lines == [Script.Line("layer 4")]) }
            let effect = explorer.effects[answered]
            answered += 1
            if case .prefetch = effect { continue }
            explorer.answer(effect)
        }
        let state = explorer.state
        #expect(state.isIdle && state.script.failure == nil && state.layer == .layer(4) && state.picture == 1)
        #expect(state.probe == PatchPosition(column: 2, row: 1) && explorer.exports.map(\.path) == ["x.png"])
        // The script is where work begins: nothing to undo.
        explorer.press("u")
        #expect(explorer.state.message?.text == "nothing to undo")
    }

    @Test(arguments: [
        ("layre 3", "“layre 3”: no command “layre”"), ("layer 99", "“layer 99”: no layer 99"), ("export overlay there.png", "there.png exists"),
        ("quit", ""), ("command", "“command”: asks for more"), ("preset load nowhere.json", "nowhere.json: no such file"),
    ]) func aLineThatCannotBeFollowedEndsTheScript(_ line: String, _ reason: String) {
        var explorer = ScriptedExplorer(columns: 120, rows: 40, started: false)
        explorer.files = ["there.png"]
        explorer.state.begin(with: ["layer 2", line, "layer 5"].map { Script.Line($0) })
        explorer.send(.start)
        #expect(explorer.state.isIdle && explorer.state.mode == .browse)
        if reason.isEmpty {
            #expect(explorer.effects.contains(.quit))
        } else {
            #expect(explorer.state.script.failure?.text.contains(reason) == true, "\(explorer.state.script)")
            #expect(explorer.state.layer == .layer(2) && explorer.state.message?.tone == .failure)
        }
    }
}
