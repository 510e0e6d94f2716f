import Checkpoints
import Files
import Images
import Tensors
import Testing
import TestSupport
import VisionTransformer
@testable import Training

/// The recipe `published` step by step beside its restatement in PyTorch, in float64
/// (Tests/Fixtures/make_published_training.py).
@Suite struct PublishedStepTests {
    static let fixture = Fixtures.path("published_training")

    /// Six pictures of a formula, with the saliency of a part of them.
    static func pictures(_ folder: TemporaryFolder) throws -> TrainingSet {
        TrainingSet(try (0..<6).map { index in
            let (height, width) = (50 + 3 * index, 70 - 2 * index)
            var samples: [UInt8] = [], salient: [UInt8] = []
            for y in 0..<height {
                for x in 0..<width {
                    let isBlock = (12..<40).contains(y) && (15..<50 - index).contains(x)
                    for c in 0..<3 {
                        let ground = 60 + 20 * c + (11 * y * (index + 1) + 7 * x + 5 * x * y) % 40
                        samples.append(UInt8(isBlock ? 230 - 50 * ((c + index) % 3) - (3 * x + y * y) % 23 : ground))
                    }
                    salient += Array(repeating: (10..<38).contains(y) && (12..<46).contains(x) ? 255 : 0, count: 3)
                }
            }
            let (path, saliency) = ("\(folder.path)/\(index).png", "\(folder.path)/salient-\(index).png")
            try AtomicFile.write(PNGEncoder.encode(RGBImage(width: width, height: height, samples: samples)), to: path)
            try AtomicFile.write(PNGEncoder.encode(RGBImage(width: width, height: height, samples: salient)), to: saliency)
            let classes: Set<Int> = index % 2 == 0 ? [index % 5] : [index % 5, (2 * index + 1) % 5]
            return .init(name: "\(index)", path: path, classes: classes, saliency: saliency)
        })
    }

    static func recipe(_ settings: [String] = []) -> Recipe {
        var recipe = Recipe.published
        for setting in ["steps=4", "segmentationStart=1", "size=64", "seed=3", "keepEvery=2", "saveEvery=2"] + settings {
            if let reason = recipe.set(setting) { Issue.record("\(reason)") }
        }
        return recipe
    }

    static func start(_ recipe: Recipe, path: String = fixture) throws -> ParameterSet {
        let parameters = try ModelLoader.load(path: path).parameters
        return try TrainingStart.withDecoder(
            TrainingStart.prepared(
                parameters, classes: parameters.configuration.distinctClassNames, side: 64, augmentation: recipe.augment), recipe)
    }

    static func expected() throws -> SafetensorsFile { try SafetensorsFile(path: "\(fixture)/steps.safetensors") }

    /// The tensors of a model under the published names against those of the fixture that begin with `kind`.
    static func compare(_ parameters: ParameterSet, _ kind: String, _ folder: TemporaryFolder) throws -> Int {
        var encoder = SafetensorsEncoder()
        PublishedWriter(parameters).add(to: &encoder, as: .float32)
        try AtomicFile.write(encoder.bytes, to: folder.path + "/compared.safetensors")
        let expected = try expected(), found = try SafetensorsFile(path: folder.path + "/compared.safetensors")
        let names = expected.tensors.map(\.name).filter { $0.hasPrefix(kind) }
        for name in names {
            let known = try expected.tensor(named: name).values, values = try found.tensor(named: String(name.dropFirst(kind.count))).values
            // A keys' bias has no gradient but rounding.
            let scale = max(known.reduce(0) { max($0, abs($1)) }, 1e-3)
            let worst = zip(values, known).reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(values.count == known.count && worst <= 2e-5 * scale, "\(name): off by \(worst) of \(scale)")
        }
        return names.count
    }

    /// Runs up to a step.
    private func run(_ trainer: Trainer, through step: Int) throws {
        _ = try trainer.run(shouldStop: { trainer.step == step })
    }

    @Test(arguments: [1, 3])
    func stepsAgreeWithTheRestatement(_ threads: Int) throws {
        let folder = try TemporaryFolder(), run = folder.path + "/run", recipe = Self.recipe()
        let trainer = try TrainerTests.trainer(
            recipe, Self.pictures(folder), run, threads: threads, start: Self.start(recipe))
        try self.run(trainer, through: 2)
        #expect(try Self.compare(trainer.gradient.sums.parameters, "gradient.", folder) > 150)
        try self.run(trainer, through: 4)
        #expect(try Self.compare(trainer.model.parameters, "after.", folder) > 180)
        let lines = try MappedFile(path: run + "/log.csv").withBytes { String(decoding: $0, as: UTF8.self) }.split(separator: "\n")
        #expect(lines.first == "step,loss,softMargin,segmentation,saliency,energy,gradientNorm,learningRate,skipped")
        let losses = try Self.expected().tensor(named: "losses").values
        for (step, line) in lines.dropFirst().enumerated() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).dropFirst().prefix(6).compactMap { Double($0) }
            for (found, known) in zip(fields, losses[step * 6..<step * 6 + 6]) {
                #expect(abs(found - Double(known)) <= 2e-5 * abs(Double(known)), "step \(step + 1): \(found), not \(known)")
            }
        }
        #expect(lines.count == 5)
        // Three batches went through the decoder's norms.
        #expect(try ModelLoader.load(path: run).parameters.decoder?.outputNorm.batches == 3)
    }

    /// The label maps of the first joint step, pixel by pixel.
    @Test func labelsAreThePublishedOnes() throws {
        let folder = try TemporaryFolder(), recipe = Self.recipe(), set = try Self.pictures(folder)
        let trainer = try TrainerTests.trainer(recipe, set, folder.path + "/run", start: Self.start(recipe))
        try run(trainer, through: 1)
        let model = trainer.model, configuration = model.configuration
        let loader = BatchLoader(
            set,
            Augmentation(
                kind: .published, size: configuration.inputSize, preprocessing: configuration.preprocessing, seed: 3, smallestArea: 1, jitter: 0),
            batch: 4, seed: 3, steps: 4, saliency: (0, 2))
        let labels = StepLabels(recipe, answer: configuration.inputSize)
        var found: [UInt8] = []
        for sample in loader.take(2).samples {
            #expect(sample.failure == nil)
            let input = sample.input
            found += try labels.target(input, classes: set.pictures[sample.index].classes, model.forward(input.pixels), model).labels
        }
        let known = try Self.expected().integers(named: "labels").map { UInt8($0) }
        #expect(Set(known).isSuperset(of: [0, 255]) && Set(known).count > 4)
        #expect(found == known)
    }

    /// With the dense energy's weight a thousand times as large, so that it counts.
    @Test func theEnergyGoesBack() throws {
        let folder = try TemporaryFolder(), recipe = Self.recipe(["losses.energy=1e-4"])
        let trainer = try TrainerTests.trainer(recipe, Self.pictures(folder), folder.path + "/run", start: Self.start(recipe))
        try run(trainer, through: 2)
        #expect(try Self.compare(trainer.gradient.sums.parameters, "energy.", folder) > 10)
    }

    /// Threads and interruptions change no byte of what the published decoder's training leaves, with and without a stem, nor of a
    /// light one's that learns from each step's own labels.
    @Test(arguments: [
        ("published/vitb", ["labels.preset=acr", "losses.saliency=0"]),
        ("published/hybrid", ["labels.preset=acr", "losses.saliency=0", "labels.source=bank", "ema=0.9"]),
        ("models/pooled_class_token", ["labels.preset=pooled-head", "losses.saliency=0", "decoder.kind=light", "decoder.channels=16", "optimizer=adamw", "losses.energy=1e-3", "learningRate=1e-3"]),
    ])
    func threadsAndInterruptionsChangeNothing(_ name: String, _ settings: [String]) throws {
        let folder = try TemporaryFolder(), set = try Self.pictures(folder)
        let recipe = Self.recipe(["augment=standard", "steps=5"] + settings)
        let start = try Self.start(recipe, path: Fixtures.path(name))
        func run(_ name: String, threads: Int, resumes: Bool = false, through step: Int? = nil) throws {
            let trainer = try TrainerTests.trainer(recipe, set, "\(folder.path)/\(name)", threads: threads, resumes: resumes, start: start)
            _ = try trainer.run(shouldStop: { trainer.step == step })
        }
        try run("one", threads: 1)
        let whole = try TrainerTests.files(folder.path + "/one")
        for threads in [2, 3, 9] {
            try run("\(threads)", threads: threads)
            #expect(try TrainerTests.files("\(folder.path)/\(threads)") == whole)
        }
        for step in [1, 3] { try run("cut", threads: 2, resumes: true, through: step) }
        try run("cut", threads: 1, resumes: true)
        #expect(try TrainerTests.files(folder.path + "/cut") == whole)
        let loaded = try ModelLoader.load(path: folder.path + "/one").parameters
        guard let decoder = loaded.decoder, let before = start.decoder else {
            #expect(loaded.lightDecoder != nil)
            return
        }
        #expect(decoder.outputNorm.batches == before.outputNorm.batches + 4)
        #expect(decoder.outputNorm.mean.values != before.outputNorm.mean.values)
        #expect(decoder.classifier.weight.values != before.classifier.weight.values)
    }

    /// A plain ViT becomes a published model where the recipe asks for its decoder; what has no place in one is refused.
    @Test func aPlainModelGetsThePublishedDecoder() throws {
        let recipe = Self.recipe(["decoder.channels=32"])
        var parameters = try ModelLoader.load(path: Fixtures.path("published/distilled")).parameters
        parameters.decoder = nil
        parameters.readout = nil
        parameters.configuration.family = .timm
        parameters.configuration.head = .classToken
        let made = try TrainingStart.withDecoder(
            TrainingStart.prepared(parameters, classes: TrainerTests.names, side: 64, augmentation: .published), recipe)
        #expect(made.configuration.family == .published && made.configuration.head == .projectedMap)
        #expect(made.decoder?.classifier.weight.shape == [4, 32, 1, 1] && made.head?.weight.shape == [3, 48])
        let folder = try TemporaryFolder()
        var encoder = SafetensorsEncoder()
        let writer = try made.writer(path: "made")
        writer.add(to: &encoder, as: .float32)
        try AtomicFile.write(encoder.bytes, to: folder.path + "/model.safetensors")
        try AtomicFile.write(Array(writer.config.utf8), to: folder.path + "/config.json")
        let read = try ModelLoader.load(path: folder.path).parameters
        #expect(read.configuration.classNames == TrainerTests.names)
        #expect(zip(read.namedTensors, made.namedTensors).allSatisfy { $0.name == $1.name && $0.tensor.values == $1.tensor.values })
        #expect(read.namedTensors.count == made.namedTensors.count)
        for name in ["registers_layerscale", "hf_deit_distilled", "pooled_no_class_token"] {
            let plain = try ModelLoader.load(path: Fixtures.path("models/\(name)")).parameters
            #expect(throws: ModelError.self) { try TrainingStart.withDecoder(plain, recipe) }
        }
        // Half a pair of patches has no place in the coarsest map.
        #expect(throws: ModelError.self) {
            try TrainingStart.withDecoder(TrainingStart.prepared(parameters, classes: TrainerTests.names, side: 48), recipe)
        }
    }

    @Test func theRecipe() {
        let recipe = Recipe.published
        #expect(recipe.conflict == nil && recipe.segmentationStart == 26_450 && recipe.saliencyThreshold == 0)
        var shorter = recipe
        #expect(shorter.set("steps=1000") == nil && shorter.segmentationStart == 500)
        #expect(shorter.set("segmentationStart=-1") == nil && shorter.saliencyThreshold == nil)
        #expect(shorter.set("segmentationStart=null") == nil && shorter.segmentationStart == 500)
        #expect(shorter.set("batch=null") != nil)
        for (settings, word) in [
            (["labels.source=bank"], "labels.source"), (["labels.preset=acr"], "labels.preset"), (["labels.preset=none"], "none of"),
        ] {
            var recipe = recipe
            for setting in settings { #expect(recipe.set(setting) == nil) }
            #expect(recipe.conflict?.contains(word) == true)
        }
    }
}
