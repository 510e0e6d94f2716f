import Attribution
import Checkpoints
import Files
import Images
import Tensors
import TestSupport
import Testing
@testable import Training
import VisionTransformer

/// A run that is looked at on the way: probe pictures, figures, and a model that is saved when somebody wants it.
@Suite struct WatchedRunTests {
    /// Neither readings nor saving change a byte of what a run leaves.
    @Test func beingWatchedChangesNothing() throws {
        let folder = try TemporaryFolder(), set = try TrainerTests.pictures(folder)
        let recipe = TrainerTests.recipe("steps=13", "augment=standard", "dropPath=0.3", "ema=0.9", "keepEvery=5")
        _ = try TrainerTests.trainer(recipe, set, folder.path + "/alone").run()
        let trainer = try TrainerTests.trainer(recipe, set, folder.path + "/watched")
        let probes = trainer.probePictures()
        var asked = 0
        _ = try trainer.run(
            shouldStop: {
                asked += 1
                // Between two states, at one, and after the last state before the end.
                if [3, 5, 12].contains(trainer.step) { try trainer.saveNow() }
                return false
            },
            watch: { _ in for probe in probes { _ = try trainer.reading(of: probe) } })
        #expect(asked == 12)
        #expect(try TrainerTests.files(folder.path + "/watched") == TrainerTests.files(folder.path + "/alone"))
    }

    @Test func whatIsSavedIsTheModelOfThatStep() throws {
        let folder = try TemporaryFolder(), set = try TrainerTests.pictures(folder)
        let trainer = try TrainerTests.trainer(TrainerTests.recipe("steps=9", "keepEvery=9"), set, folder.path + "/run")
        let end = try trainer.run(shouldStop: {
            if trainer.step == 3 { try trainer.saveNow() }
            return trainer.step == 4
        })
        #expect(end == .stopped)
        let run = try #require(TrainingRun(path: folder.path + "/run"))
        #expect(run.newest?.step == 3 && run.kept == [])
        // It goes on from where it was stopped.
        let resumed = try TrainerTests.trainer(TrainerTests.recipe("steps=9", "keepEvery=9"), set, folder.path + "/run", resumes: true)
        #expect(resumed.step == 4)
        _ = try resumed.run()
        #expect(run.newest?.step == 9 && run.kept.map(\.step) == [9])
    }

    @Test func figuresAreThoseOfTheLog() throws {
        let folder = try TemporaryFolder(), set = try TrainerTests.pictures(folder)
        var figures: [[(name: String, value: Double)]] = []
        _ = try TrainerTests.trainer(TrainerTests.recipe("steps=3"), set, folder.path + "/run").run(watch: { figures.append($0.figures) })
        let log = try #require(TrainingRun(path: folder.path + "/run")?.log)
        #expect(log.rows.count == 3 && figures.count == 3)
        for (row, figures) in zip(log.rows, figures) {
            #expect(figures.map(\.name) == Array(log.columns.dropFirst().dropLast()))
            #expect(figures.map(\.value) == row.dropFirst().dropLast().map { $0 ?? .nan })
        }
    }

    // MARK: Probe pictures

    @Test func probesShowDifferentClasses() throws {
        func set(_ classes: [Set<Int>]) -> TrainingSet {
            TrainingSet(classes.enumerated().map { .init(name: "\($0)", path: "\($0)", classes: $1) })
        }
        #expect(set([[0], [0], [1], [0, 1], [2], [3], [4]]).probes() == [0, 2, 4, 5])
        #expect(set([[0], [0], [0]]).probes() == [0, 1, 2])
        #expect(set([[], [0], [], [1, 2]]).probes(most: 3) == [0, 1, 3])
        #expect(set([]).probes() == [])
    }

    /// Pictures are noted as seen from the folder, and found again when both were moved.
    @Test func probesAreNoted() throws {
        let folder = try TemporaryFolder(), set = try TrainerTests.pictures(folder)
        let trainer = try TrainerTests.trainer(TrainerTests.recipe("steps=1"), set, folder.path + "/run")
        #expect(try #require(TrainingRun(path: folder.path + "/run")).probes == trainer.probes.map { "\(folder.path)/run/../\($0).png" })
        #expect(trainer.probePictures().map(\.name) == ["0", "1", "2", "3"])
    }

    /// A reading is what the model's own passes say.
    @Test(arguments: [[], ["segmentationStart=2", "labels.preset=acr", "decoder.channels=16", "decoder.taps=2"]])
    func readingsAreOfTheModelAsItIs(_ decoder: [String]) throws {
        let folder = try TemporaryFolder(), set = try TrainerTests.pictures(folder)
        var recipe = TrainerTests.recipe("steps=4", "keepEvery=4")
        for setting in decoder { #expect(recipe.set(setting) == nil) }
        let plain = try TrainerTests.start("registers_layerscale", side: 48)
        let start = decoder.isEmpty ? plain : try TrainingStart.withDecoder(plain, recipe)
        let trainer = try TrainerTests.trainer(recipe, set, folder.path + "/run", start: start)
        let probe = try #require(trainer.probePictures().first)
        var readings: [ProbePicture.Reading] = []
        _ = try trainer.run(watch: { _ in readings.append(try trainer.reading(of: probe)) })
        #expect(readings.map(\.step) == [1, 2, 3, 4])
        for reading in readings {
            #expect(reading.classes.count == 2 && reading.classes.first == 0 && reading.maps.count == 2)
            #expect(reading.maps.allSatisfy { $0.count == start.configuration.depth })
            #expect((reading.answer == nil) == decoder.isEmpty)
            let label = try #require(reading.label)
            #expect(label.indices.allSatisfy { $0 == 0 || $0 == 1 || $0 == 255 })
        }
        #expect(readings[0].probabilities != readings[3].probabilities)
        let last = try #require(readings.last)
        // The weights without a moving mean are what is written at the end.
        let parameters = try ModelLoader.load(path: folder.path + "/run").parameters, configuration = parameters.configuration
        let size = try ResizeMode.fit.inputSize(width: 48, height: 40, for: configuration)
        let logits = VisionTransformerProbe.logits(parameters, probe.picture.modelInput(size, configuration.preprocessing))
        let known = configuration.probability(logits)
        for (index, probability) in zip(last.classes, last.probabilities) { #expect(abs(known[index] - probability) < 2e-5) }
        guard !decoder.isEmpty else { return }
        // From the third step on the labels are those kept.
        let kept = try ImageFile.readIndices(path: folder.path + "/run/labels/step-000000003/0000000.png")
        #expect(last.label?.indices == kept.indices)
        let written = VisionTransformer(parameters, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1)))
        let trace = try written.forward(
            probe.picture.modelInput(size, configuration.preprocessing), options: ForwardOptions(taps: written.decoderTaps))
        let answer = try written.decode(trace)
        #expect(last.answer?.width == answer.logits.width && last.answer?.indices.count == answer.logits.positions)
        for (place, label) in try #require(last.answer).indices.enumerated() {
            let line = answer.logits.values.base + place * answer.logits.channels
            // No other class is likelier by more than rounding.
            #expect((0..<answer.logits.channels).allSatisfy { line[$0] <= line[Int(label)] + 1e-4 })
        }
    }
}
