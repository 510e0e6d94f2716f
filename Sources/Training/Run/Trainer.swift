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
        /// The loss, its parts before their weights, the gradient's norm and the learning rate, by the names of their columns in
        /// `log.csv`.
        public internal(set) var figures: [(name: String, value: Double)] = []
    }

    /// What a step's time went to.
    public struct Times: Sendable {
        /// Waiting for pictures to be read and augmented.
        public var pictures = Duration.zero
        /// Forward and backward passes, and the sum of the gradients.
        public var gradients = Duration.zero
        /// The gradient's norm, the optimizer, the moving mean.
        public var update = Duration.zero

        var whole: Duration { pictures + gradients + update }
    }

    public let recipe: Recipe
    /// The model as it is at present.
    public let model: VisionTransformer
    /// Told of weights that were kept, with their step, before the state is saved.
    public var onKept: ((_ step: Int, _ weights: ParameterSet) throws -> Void)?
    /// Told when a step was taken and nothing was written yet.
    package var onStep: (() -> Void)?
    /// Where the run is also told to TensorBoard; nil where it is not.
    public var tensorBoard: TensorBoardLog?
    /// Places in the set of the pictures to look at while the run goes on.
    public let probes: [Int]
    let set: TrainingSet
    let folder: RunFolder
    /// The processes that train together, how they add up their gradients, and what part this one takes; nil where it is alone.
    private let ranks: (any Ranks)?
    private let rankSum: RankSum?
    let share: RankShare
    let parameters: ParameterArena
    let gradient: BatchGradient
    private let optimizer: Optimizer
    let depth: StochasticDepth
    private let average: ParameterArena?
    private let loader: BatchLoader
    /// Of the batch at hand.
    private var objective: JointObjective
    /// The places of its pictures that could be read, and what the branches of each pass are multiplied with; lists keep their memory.
    private var readable: [Int] = []
    private var factors: [[ForwardOptions.BranchFactors]] = []
    /// The blocks whose tokens a pass must keep, without and with a decoder to be trained.
    private let taps: (classes: Set<Int>, decoder: Set<Int>)
    let labels: StepLabels
    var state = RunFolder.State()
    private static let mostSkipped = 3

    /// Begins a run, or goes on with the one in `folder`.
    ///
    /// - Parameters:
    ///   - start: what is trained, with its head (``TrainingStart``); its input size is the recipe's.
    ///   - resumes: whether a run in the folder is gone on with; where there is none, one begins.
    ///   - ranks: the processes that train together, each on `batch` pictures of a step; rank 0 alone looks at the folder.
    /// - Throws: `FileError`: `.unwritable` where the folder holds a run that is not to be gone on with, or another recipe's;
    ///   `.invalid` where the model or the set cannot be trained on.
    public init(
        _ start: ParameterSet, recipe: Recipe, set: TrainingSet, folder: RunFolder, resumes: Bool, compute: Compute,
        path: String, ranks: (any Ranks)? = nil
    ) throws(FileError) {
        // Fails before anything is written where the model cannot be.
        let writer = try start.writer(path: path)
        let share = RankShare(ranks)
        guard recipe.batch * share.count <= set.pictures.count else {
            throw FileError(
                .invalid, path: folder.path, "a batch of \(recipe.batch * share.count) of \(set.pictures.count) pictures; make \"batch\" smaller")
        }
        if share.rank == 0, folder.holdsRun {
            guard resumes else { throw FileError(.unwritable, path: folder.path, "holds a run; go on with --resume, or name another folder") }
            if let begun = try folder.begunRecipe(), begun != recipe {
                throw FileError(.unwritable, path: folder.path, "holds a run of another recipe; name another folder")
            }
        }
        self.recipe = recipe
        self.set = set
        probes = set.probes()
        self.folder = folder
        self.ranks = ranks
        self.share = share
        parameters = ParameterArena(copying: start)
        gradient = BatchGradient(parameters, batch: recipe.batch, compute: compute)
        rankSum = ranks.map { [count = parameters.count] in RankSum($0, count: count, compute: compute) }
        optimizer = Optimizer(recipe, parameters, trainsDecoder: recipe.segmentationStart >= 0)
        depth = StochasticDepth(recipe, depth: start.configuration.depth)
        average = recipe.ema > 0 ? ParameterArena(copying: start) : nil
        model = VisionTransformer(parameters.parameters, compute: compute)
        if recipe.segmentationStart >= 0, let preset = recipe.pseudoLabelPreset {
            do throws(LabelError) {
                _ = try LabelPipeline(model: model, preset: preset)
            } catch { throw FileError(.invalid, path: path, "\(error)") }
        }
        let configuration = start.configuration
        objective = JointObjective(classes: [], count: configuration.classCount, recipe: recipe)
        taps = (objective.taps(of: model, trainsDecoder: false), objective.taps(of: model, trainsDecoder: true))
        // A published decoder's answer has the input's size, a light one's four times the grid's.
        let answer = start.decoder == nil
            ? ModelConfiguration.Size(height: 4 * configuration.grid.height, width: 4 * configuration.grid.width) : configuration.inputSize
        labels = StepLabels(recipe, answer: answer)
        loader = BatchLoader(
            set, Augmentation(recipe, configuration),
            batch: recipe.batch, share: share, seed: recipe.seed, steps: recipe.steps,
            answer: (answer.height, answer.width),
            labels: { step in
                guard let steps = recipe.labelSteps(for: step) else {
                    return (nil, recipe.segmentationStart < 0 || recipe.labelSource == .step ? .max : recipe.segmentationStart)
                }
                return (steps.first, steps.last)
            },
            maps: { PseudoLabels(folder: folder.labels($0), set: set) },
            saliency: recipe.labelSource == .step ? recipe.saliencyThreshold.map { ($0, recipe.segmentationStart + 1) } : nil)
        state.ranks = share.count
        guard writes else { return }
        try folder.make()
        if let found = folder.restore(arenas) {
            guard found.ranks == share.count else {
                throw FileError(.unwritable, path: folder.path, "holds a run of \(Self.processes(found.ranks)); go on with as many")
            }
            state = found
            parametersChanged()
        }
        try AtomicFile.write(Array(recipe.json.utf8), to: folder.recipe)
        try AtomicFile.write(Array(writer.config.utf8), to: folder.config)
        try folder.write(probes: probes.map { set.pictures[$0].path })
    }

    /// Steps taken.
    public var step: Int { state.step }

    /// What a resumed run needs, by name.
    var arenas: [(name: String, arena: ParameterArena)] {
        [("parameters", parameters)] + optimizer.moments.enumerated().map { ("moment\($0)", $1) }
            + (average.map { [("average", $0)] } ?? [])
    }

    /// To be called after everything that writes to ``parameters``: models keep some in other forms.
    func parametersChanged() {
        gradient.parametersChanged()
        model.parametersChanged()
    }

    /// Steps until the run is done.
    ///
    /// - Parameter shouldStop: asked after every step, and now and then while pseudo labels are made; may wait, and save
    ///   (``saveNow()``). The state is saved where the run stops.
    public func run(
        shouldStop: () throws -> Bool = { false }, watchLabels: (_ made: Int) -> Void = { _ in }, watch: (Progress) throws -> Void = { _ in }
    ) throws -> End {
        if let ranks { try spreadState(ranks) }
        if state.step < recipe.steps { try allocate() }
        let log = writes ? try RunLog(path: folder.log, keeping: state.step, of: recipe) : nil
        while state.step < recipe.steps {
            guard try labelsAreThere(shouldStop, watchLabels) else { return .stopped }
            let (row, taken) = try takeStep()
            onStep?()
            try log?.append(row)
            var progress = taken
            if let log { progress.figures = log.figures(row) }
            try tensorBoard?.add(row, rate: Double(batch) / (progress.times.whole / .seconds(1)))
            try watch(progress)
            guard state.skipped < Self.mostSkipped else {
                throw found(FileError(
                    .invalid, path: folder.path,
                    "the loss was no number in \(state.skipped) steps, the last of \(progress.skipped.prefix(3).joined(separator: ", ")); "
                        + "lower \"learningRate\" or set \"clip\""))
            }
            let isLast = state.step == recipe.steps
            if writes, isLast || state.step % recipe.keptEvery == 0 {
                let weights = weights
                try folder.write(weights, recipe: recipe, step: state.step, isKept: true)
                try tensorBoard?.add(weights, step: state.step)
                try onKept?(state.step, weights)
            }
            let isAsked = try !isLast && shouldStop(), stops = !isLast && (ranks?.anyone(isAsked) ?? isAsked)
            let isDue = isLast || state.step % recipe.saveEvery == 0
            if writes, isDue || stops { try folder.save(state, arenas, period: recipe.saveEvery, isInterruption: !isDue) }
            if stops { return .stopped }
        }
        if writes, !AtomicFile.exists(folder.model) { try folder.write(weights, recipe: recipe, step: state.step, isKept: false) }
        return .finished
    }

    /// Writes the model as it is at present, and the state that a resumed run goes on from; between steps. In the end the same
    /// files are there as without it.
    public func saveNow() throws(FileError) {
        try folder.write(weights, recipe: recipe, step: state.step, isKept: false)
        try folder.save(state, arenas, period: recipe.saveEvery, isInterruption: state.step % recipe.saveEvery != 0)
    }

    /// What a run would leave now.
    private var weights: ParameterSet {
        var weights = (average ?? parameters).parameters
        weights.decoder = weights.decoder?.countingBatches(state.batches)
        return weights
    }

    /// Makes all memory of the passes; a pass without a finite end is a step's to tell.
    private func allocate() throws {
        let size = model.configuration.inputSize, decodes = trainsDecoder(recipe.steps), isJoint = takesBatch(recipe.steps)
        gradient.reserve(
            size, taps: decodes ? taps.decoder : taps.classes, together: isJoint ? recipe.batch : 1)
        do {
            if !takesBatch(1) { try gradient.rehearse(size, decodes: false, dropsBranches: recipe.dropPath > 0, recipe: recipe) }
            if isJoint {
                try rehearseJointly()
            } else if decodes {
                try gradient.rehearse(size, decodes: true, dropsBranches: recipe.dropPath > 0, recipe: recipe)
            }
        } catch ModelError.notFinite {}
        gradient.settle()
    }

    /// What the lanes' passes keep, and how many pieces of memory of which size, in floats, they need in between.
    package var activations: [(arena: ActivationArena, between: [(size: Int, buffers: Int)])] { gradient.activations }

    /// Bytes of memory that the steps' passes use, one step's and the next's.
    var passBytes: Int { gradient.passBytes }

    /// Makes the pseudo labels that serve from the next step on, where there are to be new ones; false where it was stopped.
    private func labelsAreThere(_ shouldStop: () throws -> Bool, _ watch: (Int) -> Void) throws -> Bool {
        guard let steps = recipe.labelSteps(for: state.step + 1), steps.first == state.step + 1,
            let preset = recipe.pseudoLabelPreset
        else { return true }
        // Whoever goes on after an interruption makes the rest with the same weights.
        if writes { try folder.save(state, arenas, period: recipe.saveEvery) }
        return try PseudoLabels(folder: folder.labels(steps.first), set: set).make(
            by: (average ?? parameters).parameters, preset: preset, compute: model.compute, ranks: ranks, isStopped: shouldStop,
            watch: watch)
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
        readable.removeAll(keepingCapacity: true)
        for (place, sample) in batch.samples.enumerated() {
            if let failure = sample.failure { unreadable.append(failure) } else { readable.append(place) }
        }
        var parts = JointObjective.Parts.notFinite, loss = Double.nan, norm = Double.nan
        let isJoint = takesBatch(step)
        if !isJoint { enterEach(batch, decodes: trainsDecoder(step)) }
        // Of the pictures of all ranks.
        let known = ranks.map { meet($0, &objective, readable: readable) }
        let isThere = !(known?.isEmpty ?? readable.isEmpty)
        if isThere {
            if isJoint {
                let inputs = readable.map { (index: batch.samples[$0].index, input: batch.samples[$0].input) }
                parts = try takeJointly(inputs, step: step, epoch: batch.epoch, classes: inputs.map { set.pictures[$0.index].classes })
            } else {
                parts = try takeEach(batch)
            }
            if let ranks { parts = sum(parts, ranks) }
            loss = objective.value(parts)
            if loss.isFinite { rankSum?.sum(gradient.sums.base, gradient.sums.count) }
            take(\.gradients)
            if loss.isFinite { norm = gradient.sums.norm(compute) }
        }
        // What is of the batch is let go of: its memory serves again.
        objective.clear()
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
        } else if isThere {
            state.skipped += 1
            (parts, loss, norm) = (.notFinite, .nan, .nan)
        }
        take(\.update)
        let skipped = isUsable ? [] : names(known ?? readable, step: step)
        return (
            RunLog.Row(step: step, loss: loss, parts: parts, gradientNorm: norm, learningRate: rate, skipped: skipped),
            Progress(
                step: step, steps: recipe.steps, loss: loss, learningRate: rate, unreadable: unreadable, skipped: skipped,
                times: times)
        )
    }

    /// Of the pictures at these places in a step's batch.
    private func names(_ places: [Int], step: Int) -> [String] {
        guard !places.isEmpty else { return [] }
        let pictures = set.batch(step: step, size: batch, seed: recipe.seed).pictures
        return places.map { set.pictures[pictures[$0]].name }
    }

    /// Makes the objective one of pictures that go through the step one by one.
    private func enterEach(_ batch: BatchLoader.Batch, decodes: Bool) {
        objective.clear()
        while factors.count < readable.count { factors.append([]) }
        for place in readable.indices {
            let sample = batch.samples[readable[place]]
            objective.add(classes: set.pictures[sample.index].classes, target: decodes ? labels.target(sample.input) : .none)
            depth.enter(sample.index, epoch: batch.epoch, into: &factors[place])
        }
    }

    /// The gradients of these pictures.
    private func takeEach(_ batch: BatchLoader.Batch) throws -> JointObjective.Parts {
        let (objective, readable, factors, taps) = (objective, readable, factors, taps)
        return try gradient.evaluate(count: readable.count, objective) { place, model in
            (
                batch.samples[readable[place]].input.pixels,
                ForwardOptions(
                    keepsForParameters: true, branchFactors: factors[place],
                    taps: objective.isLearned(place) ? taps.decoder : taps.classes)
            )
        }
    }
}
