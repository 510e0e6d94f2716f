import Checkpoints
import Files
import Labels
import Tensors
import VisionTransformer

/// Trains a model on image-level labels by a recipe, in a run folder.
///
/// Neither the number of threads nor an interruption changes a bit of what comes out: random numbers are keyed by what they
/// are for (``RandomStream``), and gradients are summed in one order (``BatchGradient``).
public final class Trainer {
    /// How a run ended.
    public enum End: Sendable { case finished, stopped }

    /// What a step tells whoever watches.
    public struct Progress: Sendable {
        public let step: Int
        public let steps: Int
        public let loss: Double
        public let learningRate: Double
        /// Pictures that could not be read, by name and reason, in this step.
        public let unreadable: [FileError]
        /// Pictures of a step whose loss was no number.
        public let skipped: [String]
        public let times: Times
    }

    /// What a step's time went to.
    public struct Times: Sendable {
        /// Waiting for pictures to be read and augmented.
        public var pictures = Duration.zero
        /// Forward and backward passes, and the sum of the gradients.
        public var gradients = Duration.zero
        /// The gradient's norm, the optimizer, the moving mean.
        public var update = Duration.zero
    }

    public let recipe: Recipe
    /// The model as it is at present.
    public let model: VisionTransformer
    /// Told of weights that were kept, with their step, before the state is saved.
    public var onKept: ((_ step: Int, _ weights: ParameterSet) throws -> Void)?
    private let set: TrainingSet
    private let folder: RunFolder
    let parameters: ParameterArena
    let gradient: BatchGradient
    private let optimizer: Optimizer
    private let average: ParameterArena?
    private let loader: BatchLoader
    let labels: StepLabels
    private var state = RunFolder.State()
    private static let mostSkipped = 3

    /// Begins a run, or goes on with the one in `folder`.
    ///
    /// - Parameters:
    ///   - start: what is trained, with its head (``TrainingStart``); its input size is the recipe's.
    ///   - resumes: whether a run in the folder is gone on with; where there is none, one begins.
    /// - Throws: `FileError`: `.unwritable` where the folder holds a run that is not to be gone on with, or another recipe's;
    ///   `.invalid` where the model or the set cannot be trained on.
    public init(
        _ start: ParameterSet, recipe: Recipe, set: TrainingSet, folder: RunFolder, resumes: Bool, compute: Compute,
        path: String
    ) throws(FileError) {
        // Fails before anything is written where the model cannot be.
        let writer = try start.writer(path: path)
        guard recipe.batch <= set.pictures.count else {
            throw FileError(
                .invalid, path: folder.path, "a batch of \(recipe.batch) of \(set.pictures.count) pictures; make \"batch\" smaller")
        }
        if folder.holdsRun {
            guard resumes else { throw FileError(.unwritable, path: folder.path, "holds a run; go on with --resume, or name another folder") }
            if let begun = try folder.begunRecipe(), begun != recipe {
                throw FileError(.unwritable, path: folder.path, "holds a run of another recipe; name another folder")
            }
        }
        self.recipe = recipe
        self.set = set
        self.folder = folder
        parameters = ParameterArena(copying: start)
        gradient = BatchGradient(parameters, batch: recipe.batch, compute: compute)
        optimizer = Optimizer(
            recipe.optimizer, momentum: recipe.momentum, weightDecay: recipe.weightDecay,
            groups: ParameterGroups(
                parameters, headRate: recipe.headRate, layerDecay: recipe.layerDecay, trainsDecoder: recipe.segmentationStart >= 0,
                patchHeads: recipe.patchHeads(depth: start.configuration.depth).map(\.block)),
            like: start)
        average = recipe.ema > 0 ? ParameterArena(copying: start) : nil
        model = VisionTransformer(parameters.parameters, compute: compute)
        if recipe.segmentationStart >= 0, let preset = recipe.pseudoLabelPreset {
            do throws(LabelError) {
                _ = try LabelPipeline(model: model, preset: preset)
            } catch { throw FileError(.invalid, path: path, "\(error)") }
        }
        let configuration = start.configuration
        // A published decoder's answer has the input's size, a light one's four times the grid's.
        let answer = start.decoder == nil
            ? ModelConfiguration.Size(height: 4 * configuration.grid.height, width: 4 * configuration.grid.width) : configuration.inputSize
        labels = StepLabels(recipe, answer: answer)
        loader = BatchLoader(
            set,
            Augmentation(
                kind: recipe.augment, size: configuration.inputSize, preprocessing: configuration.preprocessing,
                seed: recipe.seed, smallestArea: recipe.cropArea, jitter: recipe.jitter),
            batch: recipe.batch, seed: recipe.seed, steps: recipe.steps,
            answer: (answer.height, answer.width),
            labels: { step in
                guard let steps = recipe.labelSteps(for: step) else {
                    return (nil, recipe.segmentationStart < 0 || recipe.labelSource == .step ? .max : recipe.segmentationStart)
                }
                return (PseudoLabels(folder: folder.labels(steps.first), set: set), steps.last)
            },
            saliency: recipe.labelSource == .step ? recipe.saliencyThreshold.map { ($0, recipe.segmentationStart + 1) } : nil)
        try folder.make()
        if let found = folder.restore(arenas) {
            state = found
            parametersChanged()
        }
        try AtomicFile.write(Array(recipe.json.utf8), to: folder.recipe)
        try AtomicFile.write(Array(writer.config.utf8), to: folder.config)
    }

    /// Steps taken.
    public var step: Int { state.step }

    /// What a resumed run needs, by name.
    private var arenas: [(name: String, arena: ParameterArena)] {
        [("parameters", parameters)] + optimizer.moments.enumerated().map { ("moment\($0)", $1) }
            + (average.map { [("average", $0)] } ?? [])
    }

    /// To be called after everything that writes to ``parameters``: models keep some in other forms.
    private func parametersChanged() {
        gradient.parametersChanged()
        model.parametersChanged()
    }

    /// Steps until the run is done.
    ///
    /// - Parameter shouldStop: asked after every step; the state is saved then.
    public func run(
        shouldStop: () -> Bool = { false }, watchLabels: (_ made: Int) -> Void = { _ in }, watch: (Progress) -> Void = { _ in }
    ) throws -> End {
        if state.step < recipe.steps { try allocate() }
        let log = try RunLog(
            path: folder.log, keeping: state.step, of: recipe)
        while state.step < recipe.steps {
            guard try labelsAreThere(shouldStop, watchLabels) else { return .stopped }
            let (row, progress) = try takeStep()
            try log.append(row)
            watch(progress)
            guard state.skipped < Self.mostSkipped else {
                throw FileError(
                    .invalid, path: folder.path,
                    "the loss was no number in \(state.skipped) steps, the last of \(progress.skipped.prefix(3).joined(separator: ", ")); "
                        + "lower \"learningRate\" or set \"clip\"")
            }
            let isLast = state.step == recipe.steps
            if isLast || state.step % recipe.keptEvery == 0 {
                let weights = weights
                try folder.write(weights, recipe: recipe, keptAs: state.step)
                try onKept?(state.step, weights)
            }
            let stops = !isLast && shouldStop()
            let isDue = isLast || state.step % recipe.saveEvery == 0
            if isDue || stops { try folder.save(state, arenas, period: recipe.saveEvery, isInterruption: !isDue) }
            if stops { return .stopped }
        }
        if !AtomicFile.exists(folder.model) { try folder.write(weights, recipe: recipe, keptAs: nil) }
        return .finished
    }

    /// What a run would leave now.
    private var weights: ParameterSet {
        var weights = (average ?? parameters).parameters
        weights.decoder = weights.decoder?.countingBatches(state.batches)
        return weights
    }

    /// Makes all memory of the passes; a pass without a finite end is a step's to tell.
    private func allocate() throws {
        do {
            if takesBatch(recipe.steps) { return try allocateJointly() }
            try gradient.allocate(
                model.configuration.inputSize, taps: recipe.segmentationStart < 0 ? [] : model.decoderTaps,
                dropsBranches: recipe.dropPath > 0, recipe: recipe)
        } catch ModelError.notFinite {}
    }

    /// Bytes of memory that the steps' passes use, one step's and the next's.
    var passBytes: Int { gradient.passBytes }

    /// Makes the pseudo labels that serve from the next step on, where there are to be new ones; false where it was stopped.
    private func labelsAreThere(_ shouldStop: () -> Bool, _ watch: (Int) -> Void) throws -> Bool {
        guard let steps = recipe.labelSteps(for: state.step + 1), steps.first == state.step + 1,
            let preset = recipe.pseudoLabelPreset
        else { return true }
        // Whoever goes on after an interruption makes the rest with the same weights.
        try folder.save(state, arenas, period: recipe.saveEvery)
        return try PseudoLabels(folder: folder.labels(steps.first), set: set).make(
            by: (average ?? parameters).parameters, preset: preset, compute: model.compute, isStopped: shouldStop, watch: watch)
    }

    /// One step: gradients of a batch, and an update by them.
    private func takeStep() throws -> (RunLog.Row, Progress) {
        let step = state.step + 1, compute = model.compute
        var times = Times(), last = ContinuousClock.now
        func take(_ part: WritableKeyPath<Times, Duration>) {
            let now = ContinuousClock.now
            times[keyPath: part] += now - last
            last = now
        }
        let batch = loader.take(step)
        take(\.pictures)
        let rate = recipe.learningRate * recipe.schedule.factor(
            step: step, of: recipe.steps, warmup: recipe.warmup, power: recipe.power)
            * (trainsDecoder(step) ? recipe.segmentationRate : 1)
        var unreadable: [FileError] = []
        var inputs: [(index: Int, input: BatchLoader.Input)] = []
        for (index, input) in batch.samples {
            switch input {
            case .success(let input): inputs.append((index, input))
            case .failure(let error): unreadable.append(error)
            }
        }
        var parts = JointObjective.Parts.notFinite, loss = Double.nan, norm = Double.nan
        if !inputs.isEmpty {
            let classes = inputs.map { set.pictures[$0.index].classes }
            let objective = JointObjective(
                classes: classes, targets: trainsDecoder(step) ? inputs.map { labels.target($0.input) } : [],
                count: model.configuration.classCount, recipe: recipe)
            if takesBatch(step) {
                parts = try takeJointly(inputs, step: step, epoch: batch.epoch, classes: classes)
            } else {
                let factors = inputs.map { branchFactors($0.index, epoch: batch.epoch) }
                parts = try gradient.evaluate(count: inputs.count, objective) { [inputs] place, model in
                    let taps = objective.taps(place, of: model)
                    return (
                        inputs[place].input.pixels,
                        ForwardOptions(keepsForParameters: true, branchFactors: factors[place], taps: taps)
                    )
                }
            }
            loss = objective.value(parts)
            take(\.gradients)
            if loss.isFinite { norm = gradient.sums.norm(compute) }
        }
        let isUsable = norm.isFinite
        state.step = step
        if isUsable {
            if recipe.clip > 0 {
                let factor = recipe.clip / (norm + 1e-6)
                if factor < 1 { gradient.sums.scale(by: Float(factor), compute) }
            }
            state.updates += 1
            state.skipped = 0
            optimizer.apply(gradient.sums, to: parameters, step: state.updates, rate: rate, compute: compute)
            if let decoder = parameters.parameters.decoder, !gradient.statistics.isEmpty {
                decoder.keep(gradient.statistics)
                state.batches += 1
            }
            parametersChanged()
            average?.average(with: parameters, weight: recipe.ema, compute)
        } else if !inputs.isEmpty {
            state.skipped += 1
            (parts, loss, norm) = (.notFinite, .nan, .nan)
        }
        take(\.update)
        let skipped = isUsable ? [] : inputs.map { set.pictures[$0.index].name }
        return (
            RunLog.Row(step: step, loss: loss, parts: parts, gradientNorm: norm, learningRate: rate, skipped: skipped),
            Progress(
                step: step, steps: recipe.steps, loss: loss, learningRate: rate, unreadable: unreadable, skipped: skipped,
                times: times)
        )
    }

    /// Stochastic depth: block l of L leaves a branch out with probability dropPath · l / (L − 1), and else makes up for it.
    func branchFactors(_ index: Int, epoch: Int) -> [ForwardOptions.BranchFactors] {
        guard recipe.dropPath > 0 else { return [] }
        let depth = model.configuration.depth
        var random = RandomStream(seed: recipe.seed, epoch: epoch, picture: index, .depth)
        return (0..<depth).map { layer in
            let probability = depth > 1 ? recipe.dropPath * Double(layer) / Double(depth - 1) : 0
            func factor() -> Float { random.uniform() < probability ? 0 : Float(1 / (1 - probability)) }
            return .init(attention: factor(), feedForward: factor())
        }
    }
}
