import Attribution
@testable import Explorer
import Images
import Labels
import Testing

/// The tuning bench: samples, the figure that follows every change, sweeps.
@Suite struct BenchTests {
    private static let truth: LabelSetup = {
        var setup = LabelSetup(model: ModelSummary(name: "tiny", depth: 12, classNames: ScriptedExplorer.classNames))
        setup.hasTruth = true
        return setup
    }()

    private func start(columns: Int = 120, rows: Int = 40, pictures: Int = 8, hasTruth: Bool = true, decoder: String? = nil) -> ScriptedExplorer {
        var explorer = ScriptedExplorer(
            columns: columns, rows: rows, pictures: pictures, labels: hasTruth ? Self.truth : nil, decoder: decoder)
        explorer.press("a")
        return explorer
    }

    private func requests(_ explorer: ScriptedExplorer) -> [BenchRequest] {
        explorer.effects.compactMap { if case .bench(let request) = $0 { request } else { nil } }
    }

    private func sample(_ explorer: ScriptedExplorer) -> [Int] { explorer.state.bench?.subjects.map(\.picture) ?? [] }

    // MARK: Samples

    @Test func samplesAreTakenByNumberMarkQueueAndName() {
        var explorer = start()
        explorer.send(.run("sample 3"))
        let first = sample(explorer)
        #expect(first.count == 3 && first == first.sorted() && Set(first).count == 3)
        explorer.send(.run("sample 3 seed=2"))
        let second = sample(explorer)
        explorer.send(.run("sample 3 seed=1"))
        #expect(sample(explorer) == first && first != second)
        explorer.send(.run("sample 99"))
        #expect(sample(explorer) == Array(0..<8))
        explorer.send(.run("sample photo-6 photo-1.jpg"))
        #expect(sample(explorer) == [6, 1])
        explorer.send(.run("mark 1"))
        explorer.send(.run("sample marked"))
        #expect(sample(explorer) == [0])
        explorer.send(.run("queue name=photo-7"))
        explorer.send(.run("sample queue"))
        #expect(sample(explorer) == [7])
        explorer.send(.run("sample"))
        #expect(explorer.state.message?.text.contains("1 picture, mean IoU") == true)
        explorer.send(.run("sample none"))
        #expect(explorer.state.bench == nil && requests(explorer).last?.items.isEmpty == true)
        for (line, reason) in [
            ("sample none", "no sample"), ("sample", "no sample"), ("sample chosen", "no picture is chosen"), ("sweep all", "no sample to judge by"),
            ("sample 0", "from 1 to 1000"), ("sample zebra", "no picture “zebra”"), ("sample 3 seed=x", "is no seed"), ("sweep take", "no sweep"),
        ] {
            explorer.send(.run(line))
            #expect(explorer.state.message?.text.contains(reason) == true && explorer.state.bench == nil, "\(line): \(explorer.state.message?.text ?? "")")
        }
        #expect(explorer.state.session.lines == [
            "view label", "sample 3", "sample 3 seed=2", "sample 3", "sample 99", "sample photo-6.jpg photo-1.jpg", "mark tabby, tabby cat",
            "sample marked", "queue name=photo-7", "sample photo-7.jpg", "sample none",
        ].map { $0 == "mark tabby, tabby cat" ? explorer.state.session.lines[6] : $0 })
    }

    /// Without truth labels are held against masks that were accepted or corrected.
    @Test func masksOfAHandAreAYardstick() throws {
        var explorer = start(hasTruth: false)
        explorer.send(.run("sample 3"))
        #expect(explorer.state.message?.text.hasPrefix("nothing to hold labels against") == true && explorer.state.bench == nil)
        explorer.send(.run("stroke box 10,10 90,90 mode=exact as golden retriever"))
        explorer.send(.run("image 3"))
        explorer.send(.run("stroke box 10,10 90,90 mode=exact as background"))
        explorer.send(.run("sample queue"))
        #expect(sample(explorer) == [0, 2] && explorer.state.bench?.yardstick == .masks)
        guard case .made(let preset, nil, let strokes)? = explorer.state.bench?.subjects[0].reference else {
            Issue.record("no mask of a hand")
            return
        }
        #expect(preset == explorer.state.preset.nameless && strokes.strokes == explorer.state.strokes[0])
        // In a review what was accepted is.
        var review = ScriptedExplorer(
            pictures: 5, review: ReviewStart(folder: "labels", names: (0..<5).map { "photo-\($0)" }, log: ReviewLog(), filed: [0, 1]))
        review.press("A")
        review.send(.run("sample queue"))
        #expect(sample(review) == [0] && review.state.bench?.subjects[0].reference == .file("labels/photo-0.png"))
        #expect(review.state.message?.text == "sample: 1 picture, held against masks that were accepted or corrected; 4 have none")
    }

    // MARK: The figure

    /// Every change shows the mean and its difference to the start, and what was judged is not judged again.
    @Test func theFigureFollowsEveryChange() throws {
        var explorer = start()
        explorer.send(.run("sample queue"))
        // By the formula: start layer 6 of 12, level 0.5.
        #expect(explorer.state.benchFigure == "68.0")
        let begun = try #require(requests(explorer).last)
        #expect(begun.items.count == 8 && begun.items.allSatisfy { $0.reference == .truth } && begun.presets == [explorer.state.preset.nameless])
        explorer.send(.run("start 5"))
        #expect(explorer.state.benchFigure == "70.0 +2.0")
        #expect(explorer.screen.contains { $0.contains("8 pictures") && $0.contains("70.0 +2.0") })
        explorer.send(.run("start 8"))
        #expect(explorer.state.benchFigure == "52.0 -16.0")
        let asked = requests(explorer).count
        explorer.send(.run("start 5"))
        explorer.press("u u u")
        #expect(explorer.state.benchFigure == "68.0" && requests(explorer).count == asked)
        // What is looked at changes nothing.
        explorer.press("c i v")
        #expect(requests(explorer).count == asked && explorer.screen.last?.contains("8 pictures 68.0") == true)
        // Another probability, or marks: other labels.
        explorer.send(.run("predict 0.2"))
        #expect(requests(explorer).count == asked + 1 && requests(explorer).last?.items.allSatisfy { $0.predict == 0.2 } == true)
        explorer.send(.run("mark 1"))
        #expect(requests(explorer).last?.items[0].classes == [1] && requests(explorer).last?.items[1].classes == nil)
    }

    /// Of large pictures an estimate comes first, told apart by its sign, and counts for nothing else.
    @Test func largePicturesAreEstimatedFirst() throws {
        var explorer = start()
        explorer.answers = false
        explorer.send(.run("sample queue"))
        let begun = try #require(requests(explorer).last), first = begun.presets[0]
        #expect(begun.estimates == begun.presets)
        explorer.send(.benchEstimated(serial: begun.serial, first, 0.61))
        #expect(explorer.state.benchFigure == "≈61.0" && explorer.state.isBenchBusy && explorer.state.presetFigure == nil)
        explorer.send(.run("start 5"))
        let changed = try #require(requests(explorer).last)
        #expect(changed.estimates.count == 1 && changed.estimates.first == explorer.state.preset.nameless && changed.presets.count == 2)
        explorer.send(.benchEstimated(serial: changed.serial, changed.estimates[0], 0.634))
        #expect(explorer.state.benchFigure == "≈63.4 +2.4")
        #expect(explorer.screen.contains { $0.contains("≈63.4 +2.4") })
        explorer.send(.benchJudged(serial: changed.serial, changed.presets[0], BenchScore(meanIoU: 0.65, compared: 8)))
        #expect(explorer.state.benchFigure == "65.0" && requests(explorer).last == changed)
        explorer.send(.benchJudged(serial: changed.serial, first, BenchScore(meanIoU: 0.62, compared: 8)))
        #expect(explorer.state.benchFigure == "65.0 +3.0" && !explorer.state.isBenchBusy)
        // What was estimated by another model is forgotten.
        explorer.send(.run("sample 3"))
        #expect(explorer.state.benchFigure == "…")
    }

    /// Work is in the background: what comes late counts, what is of another sample does not, and it can be stopped.
    @Test func judgingIsStoppedAndGoesOn() throws {
        var explorer = start()
        explorer.answers = false
        explorer.send(.run("sample queue"))
        let request = try #require(requests(explorer).last)
        #expect(explorer.state.isBenchBusy && !explorer.state.isIdle && explorer.state.benchFigure == "…")
        explorer.send(.benchProgress(serial: request.serial, done: 3))
        #expect(explorer.state.benchFigure == "3/8")
        explorer.press("esc")
        #expect(!explorer.state.isBenchBusy && requests(explorer).last?.presets.isEmpty == true && explorer.state.benchFigure == "–")
        explorer.press("R")
        #expect(explorer.state.isBenchBusy && requests(explorer).last?.presets == request.presets)
        // An answer to the question before serves as well.
        explorer.send(.benchJudged(serial: request.serial, request.presets[0], BenchScore(meanIoU: 0.5, compared: 8)))
        #expect(explorer.state.benchFigure == "50.0" && !explorer.state.isBenchBusy)
        explorer.send(.run("sample 2"))
        explorer.send(.benchJudged(serial: request.serial, request.presets[0], BenchScore(meanIoU: 0.9, compared: 8)))
        #expect(explorer.state.benchFigure == "…")
        let second = try #require(requests(explorer).last)
        explorer.send(.benchJudged(serial: second.serial, second.presets[0], BenchScore(remark: "no such decoder")))
        #expect(explorer.state.benchFigure == "–" && explorer.state.message?.text.hasPrefix("no such decoder") == true && !explorer.state.isBenchBusy)
    }

    // MARK: Sweeps

    @Test func aSweepFindsTheBestValueAndTakesIt() throws {
        var explorer = start()
        explorer.send(.run("sample queue"))
        explorer.send(.run("sweep layers 2..8"))
        let row = try #require(explorer.state.sweptRows?.first)
        #expect(row.values.map(\.value.text) == ["2", "3", "4", "5", "6", "7", "8"])
        // 0.7 less 0.02 for each square of the distance to 5.
        for (figure, expected) in zip(row.figures, [0.52, 0.62, 0.68, 0.70, 0.68, 0.62, 0.52]) { #expect(abs((figure ?? 0) - expected) < 1e-9) }
        #expect(row.text == "5: 70.0 +2.0" && explorer.state.message?.text == "layers 5: 70.0 +2.0; Enter takes it")
        let screen = explorer.screen.joined(separator: "\n")
        for text in ["sweep layers · 8 pictures", "5 █70.0◂", "mean IoU now 68.0"] { #expect(screen.contains(text), "\(text)\n\(screen)") }
        explorer.press("enter")
        #expect(explorer.state.adjustments.startLayer == 5 && explorer.state.message?.text == "layers 5: 70.0 +2.0; u takes it back")
        #expect(explorer.state.benchFigure == "70.0 +2.0" && explorer.state.preset.name == "getam*")
        explorer.press("enter")
        #expect(explorer.state.message?.text == "layers: nothing that was tried is better than 5, which it is")
        explorer.press("u")
        #expect(explorer.state.adjustments.startLayer == 6 && explorer.state.benchFigure == "68.0")
        explorer.press("esc")
        #expect(explorer.state.bench?.sweep == nil)
        explorer.press("esc")
        #expect(explorer.state.session.lines.suffix(4) == ["sweep layers 2..8", "sweep take", "undo", "sweep off"], "\(explorer.state.session.lines)")
    }

    @Test func aSweepOfManySaysWhatMatters() throws {
        var explorer = start()
        explorer.send(.run("sample 4"))
        explorer.send(.run("sweep all"))
        let rows = try #require(explorer.state.sweptRows)
        #expect(rows.first?.knob == "layers" && rows.allSatisfy(\.isComplete) && !rows.contains { $0.knob == "decoder" || $0.knob == "method" })
        #expect(try #require(rows.first { $0.knob == "background" }).isFlat)
        let verdict = try #require(explorer.state.sweepVerdict)
        #expect(verdict.hasPrefix("layers matters most, ") && verdict.contains("layers 5: 70.0 +2.0, Enter takes it") && verdict.contains("flat: background"), "\(verdict)")
        let place = try #require(explorer.state.chosenRow)
        explorer.press("down")
        #expect(explorer.state.chosenRow == place + 1)
        explorer.press("up enter")
        #expect(explorer.state.adjustments.startLayer == 5)
        explorer.send(.run("sweep take background"))
        #expect(explorer.state.message?.tone == .warning)
        explorer.send(.run("sweep list"))
        #expect(explorer.state.mode == .report(0) && explorer.state.report.count == rows.count)
        explorer.press("esc")
        explorer.send(.run("sweep off"))
        #expect(explorer.state.bench?.sweep == nil && explorer.state.bench != nil)
    }

    /// Words and numbers that a preset has not.
    @Test func sweepsAreRefusedInOneLine() {
        var explorer = start()
        explorer.send(.run("sample 2"))
        for (line, reason) in [
            ("sweep", "a number of the preset is needed"), ("sweep bakground", "did you mean “background”"), ("sweep background 2", "background cannot be 2"),
            ("sweep fusion blue", "“blue” is none of certainty, maximum"), ("sweep fusion 3", "takes no numbers, but certainty"),
            ("sweep levels 0.5", "are several"), ("sweep layers 4..2", "a range is FROM..TO"), ("sweep layers 2..x", "is no FROM..TO"),
            ("sweep take zebra", "is no number of a preset"), ("sweep row 0", "from 1 on"),
        ] {
            explorer.send(.run(line))
            #expect(explorer.state.message?.text.contains(reason) == true, "\(line): \(explorer.state.message?.text ?? "")")
        }
        #expect(explorer.state.bench?.sweep == nil)
        for (line, names) in [
            ("sweep start 4 5", ["layers"]), ("sweep completion 50%..90%:10%", ["cut"]), ("sweep affinity.steps", ["affinity.steps"]),
            ("sweep patch refiner none", ["patch refiner"]), ("sweep method", ["method"]),
        ] {
            explorer.send(.run(line))
            #expect(explorer.state.bench?.sweep?.rows.map(\.knob) == names, "\(line): \(explorer.state.message?.text ?? "")")
        }
    }

    // MARK: Presets

    /// What was reached goes with the preset that is saved, and no further.
    @Test func aSavedPresetSaysWhatItReached() throws {
        var explorer = start()
        explorer.send(.run("sample photo-1 photo-4"))
        explorer.send(.run("start 5"))
        explorer.send(.run("preset save tuned.json"))
        let written = try #require(explorer.exports.last).preset
        let reached = PresetFigure(meanIoU: 0.7, start: 0.7 - 0.02, yardstick: .truth, count: 2, pictures: ["photo-1.jpg", "photo-4.jpg"])
        #expect(written.name == "tuned" && written.reached == reached)
        #expect(try Preset.decode(written.json, path: "tuned.json") == written)
        #expect(explorer.state.preset.reached == reached && explorer.state.preset.name == "tuned")
        explorer.send(.run("start 4"))
        #expect(explorer.state.preset.reached == nil && explorer.state.preset.name == "tuned*")
        explorer.send(.run("sample none"))
        explorer.send(.run("preset save other.json"))
        #expect(explorer.exports.last?.preset.reached == nil)
        explorer.presets = ["tuned.json": written]
        explorer.send(.run("preset load tuned.json"))
        #expect(explorer.state.message?.text == "preset tuned, mean IoU 70.0 over 2 pictures" && explorer.state.preset.reached == reached)
    }

    /// A session that is played waits for what its lines go by.
    @Test func sessionsWaitForTheBench() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40, pictures: 5, started: false, labels: Self.truth)
        explorer.play("view label\nsample 3\nsweep layers 3..7\nsweep take\nsweep off\n")
        #expect(explorer.state.script.failure == nil && explorer.state.adjustments.startLayer == 5)
    }

    /// Any size of the screen.
    @Test(arguments: [(40, 12), (64, 16), (80, 24), (120, 40), (200, 60)]) func sweepsAreDrawnAnywhere(_ columns: Int, _ rows: Int) {
        var explorer = start(columns: columns, rows: rows)
        explorer.send(.run("sample 4"))
        for line in ["sweep all", "sweep layers", "sweep crf.sharpness"] {
            explorer.send(.run(line))
            let frame = view(explorer.state)
            #expect(frame.columns == columns && frame.rows == rows)
            if rows >= 16 { #expect(frame.lines.contains { $0.contains("sweep ") && $0.contains("4 pictures") }, "\(line)") }
        }
    }

    // MARK: Beside it

    /// Rows of the brush's keys say what is missing.
    @Test func keysOfTheBrushNeedIt() {
        var explorer = start()
        #expect(explorer.state.refusal(of: .paint(.dot)) == "no brush in hand: E takes it" && explorer.state.refusal(of: .paint(.toggle)) == nil)
        explorer.press("?")
        explorer.type("brush: paint here")
        explorer.press("enter")
        #expect(explorer.state.message?.text == "no brush in hand: E takes it" && explorer.state.tool == nil)
        explorer.press("E")
        #expect(explorer.state.refusal(of: .paint(.dot)) == nil)
    }

    /// An accepted label is made as the label view shows it: strokes are constraints there, too.
    @Test func acceptedLabelsAreMadeWithStrokes() throws {
        var explorer = ScriptedExplorer(
            pictures: 5, review: ReviewStart(folder: "labels", names: (0..<5).map { "photo-\($0)" }, log: ReviewLog(), filed: []))
        explorer.send(.run("stroke line 100,100 200,200 radius=8 mode=constraint as ox"))
        let shown = explorer.state.labelRequest
        explorer.press("A")
        let written = try #require(explorer.effects.compactMap { if case .writeLabel(let request) = $0 { request } else { nil } }.last)
        #expect(written.classes == shown?.classes && written.numbers == shown?.numbers && written.classes.contains(9))
        #expect(written.strokes.strokes == explorer.state.strokes[0] && written.strokes.numbers == ["ox": 10])
    }
}
