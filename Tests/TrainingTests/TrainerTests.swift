import Attribution
import Checkpoints
import Files
import Images
import Tensors
import Testing
import TestSupport
@testable import Training

/// Runs on a tiny model and pictures of noise.
@Suite struct TrainerTests {
    static let names = ["cat", "dog", "cow"]

    /// Eight pictures, each with a class of its own color and noise of its own.
    static func pictures(_ folder: TemporaryFolder, count: Int = 8) throws -> TrainingSet {
        var random = RandomStream(seed: 9, epoch: 0, .color)
        return TrainingSet(try (0..<count).map { index in
            let samples = (0..<48 * 40 * 3).map { UInt8(truncatingIfNeeded: Int(random.next() % 96) + ($0 % 3 == index % 3 ? 120 : 40)) }
            let path = "\(folder.path)/\(index).png"
            try AtomicFile.write(PNGEncoder.encode(RGBImage(width: 48, height: 40, samples: samples)), to: path)
            return .init(name: "\(index)", path: path, classes: [index % 3])
        })
    }

    static func start(_ name: String = "hf_deit_distilled", side: Int = 48) throws -> ParameterSet {
        try TrainingStart.prepared(OptimizerTests.tiny(name), classes: names, side: side)
    }

    static func recipe(_ settings: String...) -> Recipe {
        var recipe = Recipe.plain
        for setting in ["batch=4", "size=48", "optimizer=adamw", "learningRate=1e-3", "saveEvery=5"] + settings {
            if let reason = recipe.set(setting) { Issue.record("\(reason)") }
        }
        return recipe
    }

    static func trainer(
        _ recipe: Recipe, _ set: TrainingSet, _ run: String, threads: Int = 2, resumes: Bool = false, start: ParameterSet? = nil
    ) throws -> Trainer {
        try Trainer(
            start ?? Self.start(), recipe: recipe, set: set, folder: RunFolder(path: run), resumes: resumes,
            compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: threads)), path: "start")
    }

    /// Every file of a run folder by its path in it.
    static func files(_ run: String) throws -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        let labels = (try? FolderListing(run + "/labels").entries.map { "/labels/\($0.name)" }) ?? []
        for folder in ["", "/state", "/weights"] + labels {
            for entry in try FolderListing(run + folder).entries where !entry.isFolder {
                found["\(folder)/\(entry.name)"] = try MappedFile(path: "\(run)\(folder)/\(entry.name)").withBytes { Array($0) }
            }
        }
        return found
    }

    @Test func theFirstLossOfAHeadOfZerosIsLn2() throws {
        let folder = try TemporaryFolder()
        var losses: [Double] = []
        _ = try Self.trainer(Self.recipe("steps=1"), Self.pictures(folder), folder.path + "/run").run(watch: { losses.append($0.loss) })
        #expect(losses.count == 1 && abs(losses[0] - 0.693147180559945) < 1e-7)
    }

    @Test func eightPicturesAreLearnedByHeart() throws {
        let folder = try TemporaryFolder()
        var last = Double.infinity
        let end = try Self.trainer(
            Self.recipe("steps=150", "batch=8", "learningRate=3e-3"), Self.pictures(folder), folder.path + "/run"
        ).run(watch: { last = $0.loss })
        #expect(end == .finished)
        #expect(last < 0.01, "\(last)")
    }

    /// Two hundred steps beside PyTorch's in float64 (Tests/Fixtures/make_training.py): data order, loss, gradients, clipping,
    /// schedule, decay, optimizer and moving mean at once.
    @Test func goldenCurve() throws {
        let folder = try TemporaryFolder()
        let side = 40
        let set = TrainingSet(try (0..<10).map { index in
            let samples = (0..<side * side * 3).map { place -> UInt8 in
                let (c, x, y) = (place % 3, place / 3 % side, place / 3 / side)
                let value = (37 * c + 11 * y * (index + 1) + 7 * x * (index % 3 + 1) + 5 * x * y) % 256
                return UInt8(min(255, value + (c == index % 3 ? 128 : 0)))
            }
            let path = "\(folder.path)/\(index).png"
            try AtomicFile.write(PNGEncoder.encode(RGBImage(width: side, height: side, samples: samples)), to: path)
            return .init(name: "\(index)", path: path, classes: [index % 3])
        })
        let recipe = Self.recipe(
            "steps=200", "size=40", "seed=5", "headRate=10", "weightDecay=0.05", "schedule=cosine", "warmup=20", "clip=1", "ema=0.9")
        let trainer = try Self.trainer(
            recipe, set, folder.path + "/run", start: Self.start("registers_layerscale", side: side))
        var losses: [Double] = []
        _ = try trainer.run(watch: { losses.append($0.loss) })
        let expected = try SafetensorsFile(path: Fixtures.path("training/curve.safetensors"))
        let golden = try expected.tensor(named: "losses").values
        #expect(losses.count == 200)
        for (step, (loss, known)) in zip(losses, golden).enumerated() {
            #expect(abs(loss - Double(known)) < 2e-5 * Double(known), "step \(step + 1): \(loss), not \(known)")
        }
        let head = try #require(trainer.model.parameters.head).weight.values
        #expect(relativeDeviation(head, try expected.tensor(named: "head").values) < 2e-5)
        let average = try #require(ModelLoader.load(path: folder.path + "/run").parameters.head).weight.values
        #expect(relativeDeviation(average, try expected.tensor(named: "average").values) < 2e-5)
    }

    /// Threads and interruptions change no byte; a run that is over is left alone.
    @Test func interruptionsAndThreadsChangeNothing() throws {
        let folder = try TemporaryFolder()
        let set = try Self.pictures(folder)
        let recipe = Self.recipe("steps=17", "augment=standard", "dropPath=0.3", "ema=0.9", "clip=0.5", "weightDecay=0.05", "schedule=cosine", "warmup=3")
        _ = try Self.trainer(recipe, set, folder.path + "/one", threads: 1).run()
        let whole = try Self.files(folder.path + "/one")
        #expect(whole.count == 5 + 2 + 17)
        _ = try Self.trainer(recipe, set, folder.path + "/three", threads: 3).run()
        #expect(try Self.files(folder.path + "/three") == whole)
        // Stopped, saved, gone on with; and ended without a word between two states.
        let run = folder.path + "/cut"
        var steps = 0
        _ = try Self.trainer(recipe, set, run).run(shouldStop: { steps += 1; return steps == 7 })
        struct Killed: Error {}
        let second = try Self.trainer(recipe, set, run, resumes: true)
        #expect(second.step == 7)
        #expect(throws: FileError.self) { try Self.trainer(recipe, set, run) }
        steps = 0
        _ = try second.run(shouldStop: { steps += 1; return steps == 6 })
        // As if the second run had been killed after its log's last line: the newest state is lost, too.
        let states = try FolderListing(run + "/state").entries.map(\.name).sorted()
        try AtomicFile.write([1, 2, 3], to: "\(run)/state/\(states[states.count - 1])")
        _ = try Self.trainer(recipe, set, run, threads: 1, resumes: true).run()
        #expect(try Self.files(run) == whole)
        let over = try Self.trainer(recipe, set, run, resumes: true)
        #expect(try over.run() == .finished)
        #expect(try Self.files(run) == whole)
        #expect(throws: FileError.self) { try Self.trainer(Self.recipe("steps=18"), set, run, resumes: true) }
    }

    /// A decoder learns from labels that the model makes on the way; threads and interruptions, in the making of labels too,
    /// change no byte.
    @Test func aDecoderLearnsFromTheModelsOwnLabels() throws {
        let folder = try TemporaryFolder()
        let set = try Self.pictures(folder)
        let recipe = Self.recipe(
            "steps=20", "augment=standard", "segmentationStart=4", "labels.preset=acr", "labels.every=8", "decoder.channels=16",
            "decoder.taps=2", "ema=0.9")
        func trainer(_ name: String, threads: Int, resumes: Bool = false) throws -> Trainer {
            try Self.trainer(
                recipe, set, "\(folder.path)/\(name)", threads: threads, resumes: resumes,
                start: try TrainingStart.withDecoder(Self.start(), recipe))
        }
        var losses: [Double] = []
        _ = try trainer("one", threads: 1).run(watch: { losses.append($0.loss) })
        // Zeros at the classifier's start: log 4 for the background, as much for the classes.
        #expect(losses[4] > losses[3] + 2.7)
        #expect(losses[4] < losses[3] + 2.9)
        let whole = try Self.files(folder.path + "/one")
        #expect(whole.keys.filter { $0.hasPrefix("/labels/") }.count == 2 * 8)
        _ = try trainer("three", threads: 3).run()
        #expect(try Self.files(folder.path + "/three") == whole)
        // Stopped before the first labels are made, among the second, and once more.
        var asked = 0
        for stop in [5, 2, 9] {
            asked = 0
            let end = try trainer("cut", threads: 2, resumes: true).run(shouldStop: { asked += 1; return asked == stop })
            #expect(end == .stopped)
        }
        _ = try trainer("cut", threads: 2, resumes: true).run()
        #expect(try Self.files(folder.path + "/cut") == whole)
        // What was learned is there to be read.
        let loaded = try ModelLoader.load(path: folder.path + "/one")
        #expect(loaded.parameters.lightDecoder?.taps.map(\.block) == [0, 2])
        #expect(loaded.parameters.lightDecoder?.labels == 4)
    }

    /// What a run leaves is a model like any other.
    @Test(arguments: ["hf_deit_distilled", "registers_layerscale", "pooled_no_class_token", "f16_odd_heads"])
    func theModelReadsBack(_ name: String) throws {
        let folder = try TemporaryFolder()
        let side = name == "hf_deit_distilled" ? 64 : 40
        let start = try Self.start(name, side: side)
        let trainer = try Self.trainer(
            Self.recipe("steps=2", "size=\(side)"), Self.pictures(folder), folder.path + "/run", start: start)
        _ = try trainer.run()
        let loaded = try ModelLoader.load(path: folder.path + "/run")
        #expect(loaded.configuration.classNames == Self.names)
        #expect(loaded.configuration.probability == .sigmoid)
        #expect(loaded.configuration.inputSize == .init(height: side, width: side))
        let pixels = VisionTransformerProbe.pixels(side: side)
        let again = VisionTransformerProbe.logits(loaded.parameters, pixels)
        #expect(relativeDeviation(again, VisionTransformerProbe.logits(trainer.model.parameters, pixels)) < 1e-6)
    }

    /// A published model goes on under its own names, decoder and all; its layers that keep parameters in another form follow
    /// the training.
    @Test(arguments: ["vitb", "distilled", "hybrid", "acr"])
    func publishedModelsTrain(_ name: String) throws {
        let folder = try TemporaryFolder()
        let parameters = try ModelLoader.load(path: Fixtures.path("published/\(name)")).parameters
        let start = try TrainingStart.prepared(parameters, classes: Self.names, side: 64)
        let trainer = try Self.trainer(
            Self.recipe("steps=3", "size=64"), Self.pictures(folder), folder.path + "/run", start: start)
        _ = try trainer.run()
        let pixels = VisionTransformerProbe.pixels(side: 64)
        let logits = VisionTransformerProbe.logits(trainer.model.parameters, pixels)
        #expect(logits.contains { $0 != 0 })
        #expect(relativeDeviation(try trainer.model.forward(pixels).logits, logits) < 1e-6)
        let loaded = try ModelLoader.load(path: folder.path + "/run")
        #expect(loaded.configuration.family == .published && loaded.configuration.classNames == Self.names)
        #expect(loaded.configuration.preprocessing == start.configuration.preprocessing)
        // Labels go by the names of the new classes.
        if name != "acr" { #expect(loaded.parameters.decoder?.classifier.weight.shape[0] == Self.names.count + 1) }
        let pairs = Array(zip(loaded.parameters.namedTensors, trainer.model.parameters.namedTensors))
        #expect(pairs.count == start.namedTensors.count)
        for (read, trained) in pairs {
            #expect(read.name == trained.name && read.tensor.shape == trained.tensor.shape && read.tensor.values == trained.tensor.values)
        }
        var moved: Set<String> = []
        for (old, new) in zip(start.namedTensors, trainer.model.parameters.namedTensors) where old.tensor.values != new.tensor.values {
            moved.insert(old.name)
        }
        #expect(moved.contains("patch embedding weight") && moved.contains("head weight"))
        if name == "hybrid" { #expect(moved.contains("stem weight") && moved.contains("class map resampling weight")) }
    }

    /// Layers that keep parameters in another form are made of those that a run goes on with; a decoder that is not trained
    /// stays as it was, in the moving mean, too.
    @Test func publishedModelsGoOn() throws {
        let folder = try TemporaryFolder()
        let set = try Self.pictures(folder)
        let parameters = try ModelLoader.load(path: Fixtures.path("published/hybrid")).parameters
        let start = try TrainingStart.prepared(parameters, classes: parameters.configuration.distinctClassNames, side: 64)
        let recipe = Self.recipe("steps=4", "size=64", "saveEvery=2", "weightDecay=0.5", "ema=0.9", "augment=standard", "learningRate=1e-2")
        func run(_ name: String, threads: Int, resumes: Bool = false, stops: Bool = false) throws {
            var steps = 0
            _ = try Self.trainer(recipe, set, "\(folder.path)/\(name)", threads: threads, resumes: resumes, start: start)
                .run(shouldStop: { steps += 1; return stops && steps == 2 })
        }
        try run("one", threads: 1)
        let whole = try Self.files(folder.path + "/one")
        // More threads than lanes, so that some share one.
        try run("nine", threads: 9)
        #expect(try Self.files(folder.path + "/nine") == whole)
        try run("cut", threads: 2, stops: true)
        try run("cut", threads: 1, resumes: true)
        #expect(try Self.files(folder.path + "/cut") == whole)
        let loaded = try ModelLoader.load(path: folder.path + "/one").parameters
        var bare = start
        bare.decoder = nil
        let trained = Set(bare.namedTensors.map(\.name))
        // A keys' bias changes no attention.
        for (old, new) in zip(start.namedTensors, loaded.namedTensors) where !old.name.hasSuffix("key bias") {
            #expect((old.tensor.values == new.tensor.values) != trained.contains(old.name), "\(old.name)")
        }
    }

    /// How the decoder is asked goes from the recipe into the model's configuration.
    @Test func theModelSaysHowItsDecoderIsAsked() throws {
        let folder = try TemporaryFolder()
        let recipe = Self.recipe(
            "steps=1", "segmentationStart=0", "labels.preset=acr", "segment.scales=64,96", "segment.flip=false", "segment.gate=0.5",
            "segment.crf=false")
        _ = try Self.trainer(
            recipe, Self.pictures(folder), folder.path + "/run", start: TrainingStart.withDecoder(Self.start(), recipe)).run()
        let loaded = try ModelLoader.load(path: folder.path + "/run").parameters
        #expect(loaded.configuration.segmentation == .init(scales: [64, 96], flip: false, gate: 0.5, crf: false))
        #expect(MultiScaleSegmentation.usual(for: loaded) == MultiScaleSegmentation(sides: [64, 96], resize: .fit, gate: 0.5))
        #expect(try Recipe.read(path: folder.path + "/run/recipe.json") == recipe)
        for wrong in ["segment.scales=64,", "segment.scales=0", "segment.flip=2", "segment.crf=yes", "segment.gate=-1"] {
            var copy = recipe
            #expect(copy.set(wrong) != nil && copy == recipe, "\(wrong)")
        }
    }

    /// All memory of the passes is there before the first step, and no step takes more.
    @Test(arguments: [-1, 0])
    func stepsTakeNoMemory(_ segmentationStart: Int) throws {
        let folder = try TemporaryFolder()
        let recipe = Self.recipe("steps=6", "segmentationStart=\(segmentationStart)", "labels.preset=acr", "dropPath=0.2")
        let trainer = try Self.trainer(
            recipe, Self.pictures(folder), folder.path + "/run", start: TrainingStart.withDecoder(Self.start(), recipe))
        var bytes: [Int] = []
        _ = try trainer.run(watch: { _ in bytes.append(trainer.passBytes) })
        #expect(bytes.count == 6 && bytes[0] > 100_000)
        #expect(Set(bytes).count == 1, "\(bytes)")
        // What there is after the last step is what there was before the first.
        let other = try Self.trainer(
            recipe, Self.pictures(folder), folder.path + "/other", start: TrainingStart.withDecoder(Self.start(), recipe))
        var before: Int?
        _ = try other.run(shouldStop: { before = before ?? other.passBytes; return true })
        #expect(before == bytes[0])
    }

    @Test func aBrokenPictureIsLeftOut() throws {
        let folder = try TemporaryFolder()
        var set = try Self.pictures(folder)
        try AtomicFile.write(Array("no picture".utf8), to: folder.path + "/3.png")
        set = TrainingSet(set.pictures + [.init(name: "gone", path: folder.path + "/gone.png", classes: [0])])
        var unreadable: Set<String> = []
        let end = try Self.trainer(Self.recipe("steps=4"), set, folder.path + "/run").run(watch: {
            unreadable.formUnion($0.unreadable.map(\.path))
            #expect($0.loss.isFinite)
        })
        #expect(end == .finished && unreadable == [folder.path + "/3.png", folder.path + "/gone.png"])
    }

    @Test func aLossThatIsNoNumberEndsTheRunAfterThree() throws {
        let folder = try TemporaryFolder()
        var start = try Self.start()
        start.forEachTensor { name, tensor in
            if name == "block 0 norm1 weight" { tensor = Tensor(shape: tensor.shape, repeating: .infinity) }
        }
        var steps = 0
        do {
            _ = try Self.trainer(Self.recipe("steps=9"), Self.pictures(folder), folder.path + "/run", start: start).run(watch: {
                steps += 1
                #expect($0.skipped.count == 4)
            })
            Issue.record("went on")
        } catch let error as FileError { #expect("\(error)".contains("learningRate")) }
        #expect(steps == 3)
    }

    @Test func aBatchBeyondThePicturesIsAnError() throws {
        let folder = try TemporaryFolder()
        #expect(throws: FileError.self) {
            try Self.trainer(Self.recipe("batch=9"), Self.pictures(folder), folder.path + "/run")
        }
        #expect(!AtomicFile.exists(folder.path + "/run"))
    }
}
