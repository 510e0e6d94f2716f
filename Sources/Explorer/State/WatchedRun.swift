import Checkpoints

/// A training run whose checkpoints are looked through: the newest, which is read again when the run writes another, and those kept.
public struct WatchedRun: Sendable, Equatable {
    /// The folder's name.
    let name: String
    /// The oldest first.
    var kept: [TrainingRun.Checkpoint]
    /// Of the models, the checkpoint that each one is; the first model is the newest.
    var shown: [Int: TrainingRun.Checkpoint]
    /// The path of one that is being read, to be shown then.
    var awaited: String?

    /// - Parameter newest: what the explorer's first model was read from.
    public init(name: String, newest: TrainingRun.Checkpoint, kept: [TrainingRun.Checkpoint]) {
        self.name = DisplayText.sanitized(name)
        self.kept = kept
        shown = [0: newest]
    }

    /// Its checkpoints in their order, each once; the newest is the last.
    var all: [TrainingRun.Checkpoint] {
        guard let newest = shown[0] else { return kept }
        return kept.filter { checkpoint in newest.step.map { (checkpoint.step ?? 0) < $0 } ?? true } + [newest]
    }
}

extension ExplorerState {
    /// Begins with a run whose newest checkpoint is the first model.
    public mutating func watch(_ run: WatchedRun) {
        self.run = run
        say("\(checkpointText); read again as the run goes on, { and } step through")
    }

    /// Which checkpoint is shown, and which there are.
    var checkpointText: String {
        guard let run else { return Self.runless }
        let steps = run.kept.compactMap(\.step)
        let some = steps.count > 6 ? ["\(steps[0])", "\(steps[1]) … \(steps[steps.count - 1])"] : steps.map(String.init)
        let kept = steps.isEmpty ? "none kept" : "kept after " + some.joined(separator: ", ")
        let own = run.shown[modelIndex].map { modelIndex == 0 ? "the newest checkpoint, \($0.title)" : $0.title } ?? "a model of its own"
        return "\(run.name): \(own); \(kept)"
    }

    /// Why there is no checkpoint to go to.
    static let runless = "no training run is looked at: getam explore RUN opens one"

    // MARK: Going through the checkpoints

    mutating func stepCheckpoint(_ step: Int, _ effects: inout [Effect]) {
        guard let run else { return refuse(Self.runless) }
        let all = run.all
        guard let own = run.shown[modelIndex], let place = modelIndex == 0 ? all.count - 1 : all.firstIndex(of: own) else {
            return refuse("the model shown is none of the run's checkpoints: “:checkpoint newest” goes to one")
        }
        let next = min(max(place + step, 0), all.count - 1)
        guard next != place else {
            let reason = step > 0 ? "this is the newest checkpoint" : "this is the first that was kept"
            return refuse(all.count == 1 ? "the run has kept no other checkpoint" : reason)
        }
        show(all[next], &effects)
    }

    /// - Parameter step: nil for the newest.
    mutating func showCheckpoint(step: Int?, _ effects: inout [Effect]) {
        guard let run else { return refuse(Self.runless) }
        guard let checkpoint = run.all.last(where: { step == nil || $0.step == step }) else {
            let steps = run.all.compactMap { $0.step.map(String.init) }
            return refuse("no checkpoint after step \(step ?? 0): there are \(steps.joined(separator: ", "))")
        }
        show(checkpoint, &effects)
    }

    private mutating func show(_ checkpoint: TrainingRun.Checkpoint, _ effects: inout [Effect]) {
        if let index = run?.shown.first(where: { $0.value == checkpoint })?.key { return show(checkpointOfModel: index) }
        run?.awaited = checkpoint.path
        effects.append(.loadModel(path: checkpoint.path))
        say("reading \(checkpoint.title) …")
    }

    private mutating func show(checkpointOfModel index: Int) {
        if index != modelIndex { showModel(index) }
        if message?.tone != .warning { say(checkpointText) }
    }

    // MARK: News

    /// Takes a model that was read; whether it is a checkpoint that was waited for.
    mutating func receiveCheckpoint(path: String, model index: Int) -> Bool {
        guard let checkpoint = run?.all.first(where: { $0.path == path }), run?.awaited == path else { return false }
        run?.awaited = nil
        run?.shown[index] = checkpoint
        show(checkpointOfModel: index)
        return true
    }

    /// The first model is another: what is known of it is of no use any more.
    mutating func renew(_ summary: ModelSummary, _ checkpoint: TrainingRun.Checkpoint) {
        guard run != nil else { return }
        if modelIndex == 0 { classToSelect = selectedClass }
        run?.shown[0] = checkpoint
        replace(model: 0, by: summary)
        let news = "the run has written a newer checkpoint, \(checkpoint.title)"
        say(modelIndex == 0 ? news : news + "; “:checkpoint newest” shows it")
    }

    /// A model is another: what is known of the old one is of no use any more.
    private mutating func replace(model: Int, by summary: ModelSummary) {
        models[model] = summary
        store.forget(model: model)
        labelStore.forget(model: model)
        if bench?.model == model { bench?.forget() }
        if decoded?.model == model { decoded = nil }
        if shownAnswer?.key.model == model { shownAnswer = nil }
        if shownLabels?.prepared.request.model == model { shownLabels = nil }
        for index in paneContents.indices where paneContents[index].labels?.prepared.request.model == model { paneContents[index].labels = nil }
        // What was asked for was asked of the old one.
        work = nil
        suppressed = []
        prefetchedAround = nil
    }

    /// A model has a class more, which is looked at.
    mutating func classAdded(_ summary: ModelSummary, model index: Int) {
        guard models.indices.contains(index), let name = summary.classNames.last else { return }
        // Numbers in label maps that are the model's own go on.
        if index == 0, labelSetup.numbers == LabelSetup(model: models[0]).numbers {
            let own = LabelSetup(model: summary)
            (labelSetup.numbers, labelSetup.names) = (own.numbers, own.names)
        }
        replace(model: index, by: summary)
        if modelIndex == index { classToSelect = summary.classNames.count - 1 }
        say("class \(summary.classNames.count - 1): \(name)")
    }
}
