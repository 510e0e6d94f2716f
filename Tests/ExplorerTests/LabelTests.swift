@testable import Explorer
import Labels
import Testing

/// Labels in the explorer: views, cuts, image-level labels, presets.
@Suite struct LabelTests {
    private static func setup(truth: Bool = false) -> LabelSetup {
        LabelSetup(
            numbers: (0..<40).map { UInt8($0 + 1) },
            names: ScriptedExplorer.classNames, hasTruth: truth)
    }

    private func requests(_ explorer: ScriptedExplorer) -> [LabelRequest] {
        explorer.effects.compactMap { if case .prepareLabels(let request, _, _) = $0 { request } else { nil } }
    }

    /// The area of a class in the legend, as it is written.
    private func area(_ name: String, _ explorer: ScriptedExplorer) -> String? {
        explorer.screen.dropFirst(2).first { $0.contains("■ \(name)") }?.split(separator: " ").last.map(String.init)
    }

    @Test func theLabelIsPreparedOnceAndCutsNeedNoWorker() throws {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        explorer.press("a")
        #expect(requests(explorer).count == 1)
        #expect(requests(explorer).first?.classes == [0] && requests(explorer).first?.numbers == [1])
        let first = try #require(area("tabby", explorer))
        explorer.press("] ]")
        #expect(requests(explorer).count == 1)
        let higher = try #require(area("tabby", explorer))
        #expect(first != higher)
        #expect(explorer.screen[0].contains("▸bg level 0.54"))
        // The disc of 1 − s·r², with r in thirtieths: its part above the level, by the area of a circle.
        let sharpness = 0.5 + 6.0 / 24
        let pixels = Double.pi * 900 * (1 - 0.54) / sharpness / (160 * 120) * 100
        let shown = try #require(Double(higher.dropLast()))
        #expect(abs(shown - pixels) < 0.3, "\(shown) for \(pixels)")
        explorer.press("[ [")
        #expect(area("tabby", explorer) == first)
    }

    @Test func changedPixelsFlashUntilTheNextKey() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        explorer.press("a")
        let before = view(explorer.state)
        explorer.press("]")
        let serials = explorer.effects.compactMap { if case .endFlash(let serial) = $0 { serial } else { nil } }
        #expect(serials == [1])
        let flashed = view(explorer.state)
        explorer.send(.flashOver(serial: 7))
        #expect(view(explorer.state) == flashed)
        explorer.send(.flashOver(serial: 1))
        let after = view(explorer.state)
        var differing = 0
        for row in 2..<30 {
            for column in 0..<75 where flashed[column, row] != after[column, row] {
                differing += 1
                // Only what changed is bright.
                #expect(before[column, row] != after[column, row])
            }
        }
        #expect(differing > 3)
        explorer.press("[")
        explorer.press(":")
        #expect(view(explorer.state)[10, 10] == before[10, 10])
    }

    @Test func startLayerAndPAMRAskTheWorkerAndComeBackFromMemory() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        explorer.press("a")
        explorer.press(":")
        explorer.type("pamr 4")
        explorer.press("enter")
        explorer.press(":")
        explorer.type("start 3")
        explorer.press("enter")
        #expect(requests(explorer).count == 3)
        #expect(requests(explorer).last?.preset.layers == .from(3))
        explorer.press("u u")
        #expect(requests(explorer).count == 3)
        #expect(explorer.state.preset.refiners == Preset.builtIn[0].refiners)
    }

    @Test func marksGoBeforeTheFileAndTheFileBeforeThePrediction() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40, labels: Self.setup(), named: [0: [9, 2]])
        explorer.press("a")
        #expect(requests(explorer).last?.classes == [2, 9])
        #expect(explorer.screen[1].contains("labels from file"))
        // Marking begins with what the file says.
        explorer.press("space")
        #expect(requests(explorer).last?.classes == [0, 2, 9])
        #expect(explorer.screen[1].contains("labels by hand"))
        explorer.press("u n")
        #expect(requests(explorer).last?.picture == 1)
        #expect(explorer.screen[1].contains("predicted ≥0.50"))
        let count = requests(explorer).last?.classes.count
        explorer.press(":")
        explorer.type("predict 0.15")
        explorer.press("enter")
        #expect(requests(explorer).last?.classes.count == 2 && count == 1)
    }

    @Test func theTruthGivesTheOverlapOfEachClass() throws {
        var explorer = ScriptedExplorer(columns: 120, rows: 40, labels: Self.setup(truth: true))
        explorer.press("a")
        let mean = try #require(explorer.screen.first { $0.contains("mean IoU") })
        #expect(mean.contains(".") && !mean.contains("no truth"))
        explorer.press("] ] ] ]")
        #expect(explorer.screen.first { $0.contains("mean IoU") } != mean)
    }

    @Test func nothingIsSaidOfTheTruthBeforeTheLabelIsThere() throws {
        var explorer = ScriptedExplorer(columns: 120, rows: 40, labels: Self.setup(truth: true))
        explorer.answers = false
        explorer.press("a")
        let mean = try #require(explorer.screen.first { $0.contains("mean IoU") })
        #expect(mean.hasSuffix("…") && !explorer.screen.contains { $0.contains("no truth") || $0.contains("–") })
        let request = try #require(requests(explorer).last)
        explorer.send(.labelsPrepared(generation: 99, try ScriptedExplorer.prepared(request, hasTruth: false)))
        #expect(explorer.screen.contains { $0.contains("mean IoU") && $0.hasSuffix("no truth") })
    }

    @Test(arguments: [80, 120, 200], ["power 32", "level 0.35", "band 0.10 0.25"])
    func everyThresholdIsReadOnce(_ columns: Int, _ background: String) {
        var explorer = ScriptedExplorer(columns: columns, rows: 40)
        explorer.press("a")
        for line in ["start 10", "background " + background, "completion 0.9", "opening 12", "pamr 10", "view label"] {
            explorer.press(":")
            explorer.type(line)
            explorer.press("enter")
        }
        let number = background.split(separator: " ").dropFirst().joined(separator: "–")
        for kind in ["none", "files", "barrier", "tokens", "intersection", "union", "mean"] {
            explorer.press(":")
            explorer.type("saliency \(kind)")
            explorer.press("enter :")
            explorer.type("active start")
            explorer.press("enter")
            let title = explorer.screen[0]
            let saliency = kind == "none" ? "sal off" : "sal " + kind.prefix(6)
            for text in ["▸start 10 ", number + " ", " cut 0.90 ", saliency, " open 12 ", " pamr 10 ", " fill 35%"] {
                #expect(title.contains(text), "\(text) in \(title)")
            }
            #expect(title.split(separator: "▸").count <= 2 && title.contains("bg "))
            // In no other line but the message.
            for line in explorer.screen.dropFirst().dropLast(2) { #expect(!line.contains("pamr 10") && !line.contains("cut 0.90")) }
        }
    }

    @Test func saliencyKindsAndLevels() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        explorer.press("a a a")
        #expect(explorer.screen.contains { $0.contains("no saliency is used; t chooses one") })
        explorer.press("tab tab ]")
        #expect(explorer.state.message?.text == "no saliency is used: t chooses one")
        explorer.press("t ] ]")
        #expect(explorer.state.preset.saliency == .computed(.barrier) && explorer.state.preset.saliencyLevel == 0.1)
        #expect(requests(explorer).count == 1)
        explorer.press("t t t t t")
        #expect(explorer.state.preset.saliency == .none)
    }

    /// A level that is found for the picture is shown, and a step goes on from it.
    @Test func aLevelIsFoundAndGoneOnFrom() throws {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        explorer.press("space a")
        for kind in AutomaticLevel.allCases {
            explorer.press(":")
            explorer.type("background \(kind.rawValue)")
            explorer.press("enter")
            #expect(explorer.state.preset.completion.background == .automatic(kind))
            let found = try #require(explorer.state.foundLevel), shown = Numbers.fixed(Float(found), digits: 2)
            #expect(explorer.screen.contains { $0.contains("level \(shown)") }, "\(explorer.testDescription)")
        }
        explorer.press("b b b b")
        guard case .automatic(let kind) = explorer.state.preset.completion.background else { Issue.record("no level to be found"); return }
        #expect(kind == .otsu)
        let found = try #require(explorer.state.foundLevel)
        explorer.press("]")
        guard case .level(let level) = explorer.state.preset.completion.background else { Issue.record("no level"); return }
        #expect(abs(level - found) <= 0.031 && level > found - 1e-9)
        explorer.press("u")
        #expect(explorer.state.preset.completion.background == .automatic(.otsu))
    }

    @Test func presetsAreLoadedAndSaved() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        var mine = Preset(name: "mine", method: "rollout", layers: .last(3))
        mine.completion.openingSize = 4
        explorer.presets = ["mine.json": mine]
        for (line, message) in [
            ("preset load mine.json", "preset mine"), ("preset load none.json", "none.json: no such file"),
            ("preset load getam-official", "preset getam-official"), ("preset load", "preset load: \(Preset.builtIn.map(\.name).joined(separator: ", ")) or a file is needed"),
        ] {
            explorer.press(":")
            explorer.type(line)
            explorer.press("enter")
            #expect(explorer.state.message?.text == message)
        }
        explorer.press("u")
        #expect(explorer.state.preset.name == "mine" && explorer.state.preset.layers == .from(9))
        #expect(explorer.state.preset.method == "rollout" && explorer.state.preset.completion.openingSize == 4)
        explorer.press(":")
        explorer.type("preset save out.json")
        explorer.press("enter")
        #expect(explorer.exports.last?.kind == .preset && explorer.exports.last?.preset == explorer.state.preset)
        #expect(explorer.state.preset.name == "out")
    }

    /// What was changed does not go under the name of what it was made from.
    @Test func changedPresetsSaySo() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        explorer.press("a")
        #expect(explorer.state.preset.name == "getam" && explorer.screen.contains { $0.contains("preset getam  ") })
        explorer.press("]")
        #expect(explorer.state.preset.name == "getam*" && explorer.screen.contains { $0.contains("preset getam*") })
        explorer.press("e p")
        #expect(explorer.screen[38].contains("getam-changed.json"))
        explorer.press("enter")
        #expect(explorer.exports.last?.preset.name == "getam-changed" && explorer.state.preset.name == "getam-changed")
        explorer.press("u")
        #expect(explorer.state.preset.name == "getam")
        explorer.send(.run("start 3"))
        #expect(explorer.state.preset.name == "getam*")
        explorer.send(.run("export preset getam.json"))
        #expect(explorer.exports.last?.preset.name == "getam.json")
    }

    /// The keys of label settings do nothing that cannot be seen.
    @Test func labelKeysActOnLabelsInSight() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        for key in ["b", "t"] {
            explorer.press(key)
            #expect(explorer.state.preset.name == "getam" && explorer.state.message?.text == "\(key) acts on labels; a shows them")
        }
        explorer.send(.run("pamr 4"))
        #expect(explorer.state.message?.text == "PAMR iterations 4, of labels; a shows them")
        explorer.press("a b")
        #expect(explorer.state.message?.text == "background: band 0.10–0.25")
    }

    /// Background without a class is the picture.
    @Test func whatHasNoLabelIsThePicture() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        explorer.press("a")
        explorer.send(.run("background level 1"))
        explorer.send(.flashOver(serial: 1))
        let labelled = view(explorer.state)
        explorer.send(.setView(.picture))
        let plain = view(explorer.state)
        for row in 5..<25 { for column in 5..<60 { #expect(labelled[column, row] == plain[column, row]) } }
    }

    /// What a label file names in vain is said once, however many pictures it is said of.
    @Test func noticesAreNotRepeated() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        explorer.send(.notice(kind: "a", "one thing"))
        #expect(explorer.state.message?.text == "one thing; said once, “:labels” counts")
        explorer.press("h")
        explorer.send(.notice(kind: "a", "the same of another picture"))
        #expect(explorer.state.message == nil)
        explorer.send(.notice(kind: "b", "another thing"))
        #expect(explorer.state.message?.text == "another thing; said once, “:labels” counts")
        explorer.send(.run("labels"))
        #expect(explorer.state.message?.text == "0 pictures have marks, nothing to save; a: 2; b: 1")
    }

    @Test func exportsCarryTheLabel() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        explorer.press("j space k space a")
        for (key, kind, path) in [
            ("l", ExportKind.label, "photo-0-label.png"), ("k", .masks, "photo-0-mask.png"), ("c", .coco, "photo-0-coco.json"),
            ("b", .labelme, "photo-0.json"), ("n", .maps, "photo-0-maps.npz"), ("p", .preset, "getam.json"),
        ] {
            explorer.press("e \(key) enter")
            #expect(explorer.exports.last?.kind == kind && explorer.exports.last?.path == path)
            #expect(explorer.exports.last?.labelClasses == [0, 1] && explorer.exports.last?.labelNumbers == [1, 2])
        }
    }

    @Test func withoutClassesThereIsNothingToExport() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        explorer.press(":")
        explorer.type("predict 1")
        explorer.press("enter a")
        #expect(explorer.screen.contains { $0.contains("no class applies: space marks one") })
        explorer.press("e l")
        #expect(explorer.state.message?.text.hasPrefix("no class applies") == true)
    }

    @Test func aCutIsThroughWithinAFrame() {
        // A loose bound, so that a busy machine does not fail it.
        var explorer = ScriptedExplorer(columns: 200, rows: 60)
        explorer.press("space j space j space a")
        let clock = ContinuousClock()
        let times = (0..<20).map { step in
            clock.measure {
                explorer.press(step % 2 == 0 ? "]" : "[")
                _ = view(explorer.state)
            }
        }.sorted()
        #expect(times[times.count / 2] < .milliseconds(16))
    }

    @Test func commandsOfLabels() throws {
        let state = ScriptedExplorer().state
        for (line, action) in [
            ("background power 24", Action.setBackground(.power(24))), ("background level 0.2", .setBackground(.level(0.2))),
            ("background band 0.1 0.3", .setBackground(.band(low: 0.1, high: 0.3))),
            ("background otsu", .setBackground(.automatic(.otsu))), ("background 12", .setThreshold(.background, 12)), ("completion off", .setThreshold(.completion, 1)),
            ("saliency mean", .setSaliency(.computed(.mean))), ("saliency none", .setSaliency(.none)),
            ("saliency 40%", .setThreshold(.saliency, 0.4)), ("opening 7", .setThreshold(.opening, 7)),
            ("pamr off", .setThreshold(.pamr, 0)), ("predict 0.3", .setPrediction(0.3)), ("view refined", .setView(.refined)),
            ("preset save", .askExportPath(.preset)), ("preset load acr", .loadPreset("acr")),
        ] {
            #expect(try Command.action(of: line, in: state) == action, "\(line)")
        }
        for (line, message) in [
            ("background band 0.3 0.1", "background: “band 0.3 0.1” is no number, power up to 400, level or band from 0 to 1, otsu, mixture, bas or next"),
            ("pamr many", "pamr: “many” is no number from 0 to 100, or off"),
            ("saliency loud", "saliency: “loud” is not a number from 0 to 1"),
            ("preset drop", "preset: “drop” is none of save, load"),
        ] {
            #expect(throws: CommandError(message)) { try Command.action(of: line, in: state) }
        }
    }
}
