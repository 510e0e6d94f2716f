import ArgumentParser
import Assets
import CAllocationCount
import Files
import Foundation
import GETAM
import Training

/// Training steps: pictures a second, and what a step's time goes to.
struct TrainBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Time training steps and their parts.",
        discussion: """
            First the passes of one picture on one thread, as a step's lanes run them, with their matrix products' share of \
            the processor's peak. Then steps of the recipe `plain` with AdamW and augmentation `standard`, reading and \
            augmenting included, and of the recipe `getam` that train decoder and patch heads too, with the allocations of a step \
            and the memory that is there before the first one. Last such a joint step part by part on one thread, with what of \
            each is no matrix product, and what a pseudo label costs beside it.
            """)

    @OptionGroup var timed: TimedPasses
    @Option(help: "Folder of pictures. (default: the bundled ones)") var images: String?
    @Option(help: "Pictures a step.") var batch = 16
    @Option(help: "Steps to take the median of; as many as three more come before.") var steps = 15
    @Flag(help: "Say every view of the activations, with its shape.") var views = false

    func validate() throws {
        guard steps > 0, batch > 0 else { throw ValidationError("--steps and --batch are at least 1.") }
    }

    func run() throws {
        let path = try timed.checkpoint.path
        guard let folder = images ?? Assets.pictures else { throw ValidationError("No bundled pictures; name a folder with --images.") }
        let loaded = try ModelLoader.load(path: path)
        let side = timed.size ?? loaded.configuration.inputSize.height
        let start = try TrainingStart.prepared(
            loaded.parameters, classes: loaded.configuration.distinctClassNames, side: side)
        let product = MatrixProduct.usual
        try passes(start, side, product)
        let pictures = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            .filter { ImageFile.isPicture($0) }.map { "\(folder)/\($0)" }
        guard !pictures.isEmpty else { throw ValidationError("No pictures in \(folder).") }
        try steps("steps", start, .plain, pictures, product, path)
        var joint = Recipe.getam
        (joint.segmentationStart, joint.patchHead, joint.auxiliaryHead) = (0, .max, .max)
        if start.configuration.classCount < 255 {
            try steps(
                "joint steps", TrainingStart.withPatchHeads(TrainingStart.withDecoder(start, joint), joint), joint, pictures, product, path)
        }
        try StepPartsBenchmark(start: start, pictures: pictures, product: product, batch: batch, steps: max(steps / 3, 1)).run()
    }

    private func passes(_ start: ParameterSet, _ side: Int, _ product: MatrixProduct) throws {
        let meter = ProductMeter(), pool = ThreadPool(threads: 1)
        let bench = Passes(
            plain: VisionTransformer(start, compute: Compute(product: product, pool: pool)),
            metered: VisionTransformer(start, compute: Compute(product: product.metered(by: meter), pool: pool)),
            meter: meter, repeats: steps)
        let pixels = Tensor.madePicture(channels: 3, height: side, width: side)
        for model in [bench.plain, bench.metered] { model.reserve(start.configuration.inputSize, taps: [], pictures: 2) }
        let classes = start.configuration.classCount
        let cotangents = Cotangents(logits: .values(Tensor(shape: [1, classes], repeating: 0.01)))
        let sums = ParameterArena(zerosLike: start)
        try Output.line("one thread            median       GFLOP   GFLOP/s  of peak  products  allocations")
        _ = try bench.measure("forward, training") { _ = try $0.forward(pixels, options: .training) }
        let trace = try bench.plain.forward(pixels, options: .training)
        _ = try bench.measure("backward, training") { model in
            try model.backward(trace, from: cotangents, wanting: BackwardWants(parameters: sums))
        }
    }

    private func steps(
        _ name: String, _ start: ParameterSet, _ recipe: Recipe, _ files: [String], _ product: MatrixProduct, _ path: String
    ) throws {
        // Few pictures are taken again and again: one costs as much as another.
        let set = TrainingSet((0..<max(files.count, batch)).map {
            .init(name: "\($0)", path: files[$0 % files.count], classes: [$0 % max(start.configuration.classCount, 1)])
        })
        var recipe = recipe
        recipe.batch = batch
        recipe.size = start.configuration.inputSize.height
        (recipe.steps, recipe.keepEvery, recipe.saveEvery) = (steps + 3, steps + 4, steps + 4)
        (recipe.augment, recipe.optimizer, recipe.learningRate, recipe.ema) = (.standard, .adamw, 1e-5, 0.999)
        let run = FileManager.default.temporaryDirectory.path + "/getam-bench-\(ProcessInfo.processInfo.processIdentifier)"
        defer { try? FileManager.default.removeItem(atPath: run) }
        let trainer = try Trainer(
            start, recipe: recipe, set: set, folder: RunFolder(path: run), resumes: false,
            compute: Compute(product: product, pool: ThreadPool(threads: timed.threads)), path: path)
        var times: [Trainer.Times] = [], own: [UInt64] = [], codecs: [UInt64] = [], before = (own: UInt64(0), codecs: UInt64(0))
        times.reserveCapacity(recipe.steps)
        own.reserveCapacity(recipe.steps)
        codecs.reserveCapacity(recipe.steps)
        trainer.onStep = {
            own.append(allocation_count() - before.own)
            codecs.append(codec_allocation_count() - before.codecs)
        }
        _ = try trainer.run(watch: { progress in
            times.append(progress.times)
            // What the log's line takes is none of the step's.
            before = (allocation_count(), codec_allocation_count())
        })
        times.removeFirst(3)
        own.removeFirst(3)
        codecs.removeFirst(3)
        func median(_ values: [Duration]) -> Duration { values.sorted()[values.count / 2] }
        let whole = median(times.map { $0.pictures + $0.gradients + $0.update })
        try Output.line(String(
            format: "\n%@ of %d pictures, %d thread%@: %.1f pictures a second, %d allocations a step, %d of the decoding libraries", name,
            batch, timed.threads, timed.threads == 1 ? "" : "s", Double(batch) / (whole / .seconds(1)), Int(own.sorted()[own.count / 2]),
            Int(codecs.sorted()[codecs.count / 2])))
        for (name, part) in [
            ("whole", whole), ("waiting for pictures", median(times.map(\.pictures))),
            ("forward, backward, sums", median(times.map(\.gradients))), ("norm, optimizer, mean", median(times.map(\.update))),
        ] {
            try Output.line("\(name.padding(toLength: 24, withPad: " ", startingAt: 0))\(Milliseconds(part))")
        }
        try ActivationReport(trainer.activations).run(isWhole: views)
    }
}
