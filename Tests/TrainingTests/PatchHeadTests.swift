@testable import Checkpoints
import Files
import Images
import Tensors
import Testing
import TestSupport
@testable import Training
@testable import VisionTransformer

/// Patch heads, contrast and clipping in a step and in a run.
@Suite struct PatchHeadTests {
    /// The batch of Tests/Fixtures/make_heads.py.
    private struct Batch {
        let file: SafetensorsFile
        let parameters: ParameterSet
        let classes: [Set<Int>]
        let maps: [[UInt8]]

        init() throws {
            file = try SafetensorsFile(path: Fixtures.path("training/heads.safetensors"))
            var parameters = try ModelLoader.load(path: Fixtures.path("models/registers_layerscale")).parameters
            var collector = TensorCollector(file, prefix: "", style: .torch)
            parameters.patchHeads = collector.patchHeads(classes: 5, width: 32, depth: 3)
            parameters.lightDecoder = collector.lightDecoder(width: 32, depth: 3)
            self.parameters = parameters
            let targets = try file.tensor(named: "targets"), maps = try file.tensor(named: "maps")
            classes = (0..<4).map { picture in Set((0..<5).filter { targets.values[picture * 5 + $0] == 1 }) }
            self.maps = (0..<4).map { maps.rows($0..<$0 + 1).values.map { UInt8($0) } }
        }

        func pixels(_ place: Int) throws -> Tensor {
            try file.tensor(named: "pixels").rows(place..<place + 1).reshaped([3, 40, 40])
        }

        /// The parts of the loss, and its gradient by every parameter under a checkpoint's names.
        func gradients(_ recipe: Recipe, threads: Int) throws -> (JointObjective, JointObjective.Parts, SafetensorsFile, TemporaryFolder) {
            let arena = ParameterArena(copying: parameters)
            let gradient = BatchGradient(
                arena, batch: 4, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: threads)))
            let trains = recipe.segmentationStart >= 0
            let targets = trains ? maps.map { PixelTarget(labels: $0) } : []
            let objective = JointObjective(classes: classes, targets: targets, count: 5, recipe: recipe)
            let inputs = try (0..<4).map { try pixels($0) }
            let prepare = { @Sendable (place: Int, model: VisionTransformer) in
                (pixels: inputs[place], options: ForwardOptions(keepsForParameters: true, taps: objective.taps(place, of: model)))
            }
            let parts = try objective.needsSurvey
                ? gradient.evaluateJointly(
                    count: 4, objective, dropout: .init(rate: 0) { _, _ in }, target: { place, _, _ in trains ? targets[place] : .none }, prepare)
                : gradient.evaluate(count: 4, objective, prepare)
            let folder = try TemporaryFolder()
            var encoder = SafetensorsEncoder()
            try gradient.sums.parameters.writer(path: "gradients").add(to: &encoder, as: .float32)
            try AtomicFile.write(encoder.bytes, to: folder.path + "/gradients.safetensors")
            return (objective, parts, try SafetensorsFile(path: folder.path + "/gradients.safetensors"), folder)
        }
    }

    @Test(arguments: [
        ("largest", ["patchHead=max", "losses.patch=0.7", "auxiliaryHead=mean", "losses.auxiliary=1.3"]),
        ("mean", ["patchHead=mean", "losses.patch=0.7", "auxiliaryHead=max", "losses.auxiliary=1.3"]),
        ("contrast", ["auxiliaryHead=mean", "losses.auxiliary=0.5", "losses.contrast=0.4"]),
        ("clipping", ["segmentationStart=0", "losses.segmentation=0.9", "losses.segmentationForm=clipping", "losses.clippingStart=100"]),
        ("late", ["segmentationStart=0", "losses.segmentation=0.9", "losses.segmentationForm=clipping", "losses.clippingStart=0"]),
        ("all", [
            "patchHead=max", "losses.patch=0.7", "auxiliaryHead=max", "losses.auxiliary=1.3", "losses.contrast=0.2", "segmentationStart=0",
            "losses.segmentation=0.5", "losses.segmentationForm=clipping", "losses.clippingStart=100",
        ]),
    ])
    func agreesWithAutograd(_ name: String, _ settings: [String]) throws {
        let batch = try Batch()
        var recipe = Recipe.plain
        for setting in settings { #expect(recipe.set(setting) == nil) }
        let (objective, parts, gradients, _) = try batch.gradients(recipe, threads: 1)
        let losses = try batch.file.tensor(named: "\(name).losses").values.map { Double($0) }
        for (found, expected) in zip([parts.softMargin, parts.patch, parts.auxiliary, parts.contrast, parts.segmentation], losses) {
            #expect(abs(found - expected) <= 2e-5 * abs(expected), "\(parts)")
        }
        #expect(objective.value(parts).isFinite)
        var checked = 0
        for info in gradients.tensors {
            let found = try gradients.tensor(named: info.name).values
            guard batch.file.info(named: "\(name).gradient.\(info.name)") != nil else {
                // Of the matrices below the last block one case tells.
                let isLow = ["patch_embed.", "blocks.0.", "blocks.1."].contains { info.name.hasPrefix($0) }
                let isLeftOut = name != "all" && isLow && info.shape.count > 1
                #expect(isLeftOut || found.allSatisfy { $0 == 0 }, "\(info.name)")
                continue
            }
            let expected = try batch.file.tensor(named: "\(name).gradient.\(info.name)").values
            #expect(relativeDeviation(found, expected) < 2e-5, "\(info.name): \(relativeDeviation(found, expected))")
            checked += 1
        }
        let expected = batch.file.tensors.filter { $0.name.hasPrefix("\(name).gradient.") }.count
        #expect(checked == expected && checked > 40, "\(checked) of \(expected)")
        // Any number of threads gives the same bytes.
        let (_, again, others, _) = try batch.gradients(recipe, threads: 3)
        #expect(objective.value(again) == objective.value(parts))
        for info in gradients.tensors {
            #expect(try others.tensor(named: info.name).values == gradients.tensor(named: info.name).values, "\(info.name)")
        }
    }

    @Test func patchesAreLabeledByTwoThresholds() throws {
        let batch = try Batch()
        let model = VisionTransformer(batch.parameters, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1)))
        let expected = try batch.file.tensor(named: "contrast.labels")
        for (place, classes) in batch.classes.enumerated() {
            let trace = try model.forward(batch.pixels(place), options: ForwardOptions(taps: [0]))
            let scores = model.scores(batch.parameters.patchHeads[0], of: try model.patchTokens(trace, after: 0))
            #expect(PatchLabels.labels(scores, classes: classes) == expected.rows(place..<place + 1).values.map { UInt8($0) })
        }
        // Maps without a positive score, and more classes than there are labels.
        let workspace = Workspace()
        let low = FeatureMap([-1, -2, -3, -4], height: 2, width: 2, in: workspace)
        #expect(PatchLabels.labels(low, classes: [0]) == [0, 0, 0, 0])
        let many = FeatureMap((0..<600).map { Float($0 % 300 == 299 ? $0 : 0) }, height: 1, width: 2, in: workspace)
        #expect(PatchLabels.labels(many, classes: Set(0..<300)) == [0, 0])
    }

    @Test func whatIsPooledIsTheFirstLargestOrTheMean() {
        let workspace = Workspace(), scores = FeatureMap([1, 5, 4, -2, 4, -2, 0, 5], height: 2, width: 2, in: workspace)
        let largest = PooledScores(scores, .max, in: workspace), mean = PooledScores(scores, .mean, in: workspace)
        #expect(Array(largest.values) == [4, 5] && Array(mean.values) == [2.25, 1.5])
        largest.enter([3, 7], into: scores)
        #expect(scores.elements == [0, 7, 3, 0, 0, 0, 0, 0])
        mean.enter([4, 8], into: scores)
        #expect(scores.elements == [1, 2, 1, 2, 1, 2, 1, 2])
    }

    private static func start(_ recipe: Recipe) throws -> ParameterSet {
        try TrainingStart.withPatchHeads(TrainingStart.withDecoder(TrainerTests.start(), recipe), recipe)
    }

    /// Threads and interruptions change no byte, whatever is trained; and what a run leaves reads back.
    @Test(arguments: [
        ["patchHead=max", "auxiliaryHead=mean"], ["auxiliaryHead=max", "losses.contrast=0.2"],
        ["segmentationStart=4", "losses.segmentationForm=clipping", "losses.clippingStart=9", "labels.preset=acr", "decoder.channels=16"],
        [
            "patchHead=mean", "auxiliaryHead=max", "losses.contrast=0.2", "segmentationStart=4", "losses.segmentationForm=clipping",
            "labels.preset=acr", "decoder.channels=16",
        ],
    ])
    func interruptionsAndThreadsChangeNothing(_ settings: [String]) throws {
        let folder = try TemporaryFolder()
        let set = try TrainerTests.pictures(folder)
        var recipe = TrainerTests.recipe("steps=11", "augment=standard", "dropPath=0.3", "ema=0.9", "clip=0.5", "weightDecay=0.05", "headRate=10")
        for setting in settings { #expect(recipe.set(setting) == nil) }
        #expect(recipe.conflict == nil)
        func trainer(_ name: String, threads: Int, resumes: Bool = false) throws -> Trainer {
            try TrainerTests.trainer(
                recipe, set, "\(folder.path)/\(name)", threads: threads, resumes: resumes, start: Self.start(recipe))
        }
        var bytes: [Int] = []
        let first = try trainer("one", threads: 1)
        _ = try first.run(watch: { _ in bytes.append(first.passBytes) })
        // What there is before the first step is enough.
        #expect(bytes.allSatisfy { $0 <= bytes[0] }, "\(bytes)")
        let whole = try TrainerTests.files(folder.path + "/one")
        for threads in [3, 9] {
            _ = try trainer("\(threads)", threads: threads).run()
            #expect(try TrainerTests.files("\(folder.path)/\(threads)") == whole)
        }
        for stop in [2, 4] {
            var asked = 0
            #expect(try trainer("cut", threads: 2, resumes: true).run(shouldStop: { asked += 1; return asked == stop }) == .stopped)
        }
        _ = try trainer("cut", threads: 2, resumes: true).run()
        #expect(try TrainerTests.files(folder.path + "/cut") == whole)

        let loaded = try ModelLoader.load(path: folder.path + "/one").parameters
        let depth = loaded.configuration.depth, start = try Self.start(recipe)
        #expect(loaded.patchHeads.map(\.block) == recipe.patchHeads(depth: depth).map(\.block))
        for (old, new) in zip(start.patchHeads, loaded.patchHeads) {
            #expect(old.weight.shape == new.weight.shape && old.weight.values != new.weight.values)
        }
        let log = try String(decoding: MappedFile(path: folder.path + "/one/log.csv").withBytes { Array($0) }, as: UTF8.self)
        let columns = try #require(log.split(separator: "\n").first).split(separator: ",")
        #expect(columns.contains("patch") == (recipe.patchHead != .none))
        #expect(columns.contains("auxiliary") == (recipe.auxiliaryHead != .none))
        #expect(columns.contains("contrast") == (recipe.contrastWeight > 0))
    }

    /// The cross entropy of a published decoder may clip, too, with labels of a bank or of the step.
    @Test(arguments: ["bank", "step"])
    func aPublishedDecodersLossesAreClipped(_ source: String) throws {
        let folder = try TemporaryFolder()
        let set = try TrainerTests.pictures(folder)
        let start = try TrainingStart.prepared(
            ModelLoader.load(path: Fixtures.path("published/vitb")).parameters, classes: TrainerTests.names, side: 64)
        func run(_ name: String, threads: Int, _ settings: [String]) throws -> [Double] {
            var recipe = TrainerTests.recipe("steps=4", "size=64", "segmentationStart=1", "labels.preset=acr", "labels.source=\(source)")
            for setting in settings { #expect(recipe.set(setting) == nil) }
            var losses: [Double] = []
            _ = try TrainerTests.trainer(recipe, set, "\(folder.path)/\(name)", threads: threads, start: start)
                .run(watch: { losses.append($0.loss) })
            return losses
        }
        let clipping = ["losses.segmentationForm=clipping", "losses.clippingStart=9"]
        let clipped = try run("clipped", threads: 1, clipping), balanced = try run("balanced", threads: 1, [])
        #expect(clipped[0] == balanced[0] && clipped[1] < balanced[1] && clipped.allSatisfy(\.isFinite))
        #expect(try run("three", threads: 3, clipping) == clipped)
        #expect(try TrainerTests.files(folder.path + "/three") == TrainerTests.files(folder.path + "/clipped"))
    }

    /// A head that a run does not train stays; one for other classes goes.
    @Test func headsGoOnWithTheModel() throws {
        let folder = try TemporaryFolder()
        let set = try TrainerTests.pictures(folder)
        let both = TrainerTests.recipe("steps=2", "patchHead=max", "auxiliaryHead=max", "seed=3")
        _ = try TrainerTests.trainer(both, set, folder.path + "/both", start: Self.start(both)).run()
        let loaded = try ModelLoader.load(path: folder.path + "/both").parameters
        let one = TrainerTests.recipe("steps=2", "patchHead=mean", "weightDecay=0.5")
        let again = try TrainingStart.withPatchHeads(
            TrainingStart.prepared(loaded, classes: TrainerTests.names, side: 48), one)
        #expect(again.patchHeads.map(\.weight.values) == loaded.patchHeads.map(\.weight.values))
        _ = try TrainerTests.trainer(one, set, folder.path + "/one", start: again).run()
        let left = try ModelLoader.load(path: folder.path + "/one").parameters
        #expect(left.patchHeads[0].weight.values == again.patchHeads[0].weight.values)
        #expect(left.patchHeads[1].weight.values != again.patchHeads[1].weight.values)
        let other = try TrainingStart.prepared(loaded, classes: ["fish", "crab"], side: 48)
        #expect(other.patchHeads.isEmpty)
        #expect(try TrainingStart.withPatchHeads(other, both).patchHeads.map { $0.weight.shape[0] } == [2, 2])
        // Both heads begin with numbers of their own.
        let fresh = try TrainingStart.withPatchHeads(other, both).patchHeads.map(\.weight.values)
        #expect(fresh[0] != fresh[1] && fresh.flatMap(\.self).allSatisfy { abs($0) < 0.035 })
    }

    @Test func whatCannotHaveThemIsRefused() throws {
        let published = try ModelLoader.load(path: Fixtures.path("published/vitb")).parameters
        var shallow = try OptimizerTests.tiny("hf_deit_distilled")
        #expect(throws: ModelError.self) { try TrainingStart.withPatchHeads(published, TrainerTests.recipe("patchHead=max")) }
        #expect(try TrainingStart.withPatchHeads(published, TrainerTests.recipe()).patchHeads.isEmpty)
        shallow.configuration.depth = 2
        #expect(throws: ModelError.self) { try TrainingStart.withPatchHeads(shallow, TrainerTests.recipe("auxiliaryHead=max")) }
        #expect(TrainerTests.recipe("losses.contrast=0.2").conflict?.contains("auxiliaryHead") == true)
        #expect(TrainerTests.recipe("losses.contrast=0.2", "auxiliaryHead=mean").conflict == nil)
    }
}
