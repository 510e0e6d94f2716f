import Checkpoints
import Files
import Glibc
import Tensors

/// Where a run lies: `recipe.json`, `config.json`, `log.csv`, `probes.txt`, `model.safetensors`, weights kept on the way in
/// `weights/`, and in `state/` what a resumed run goes on from. `Checkpoints/TrainingRun` reads it.
///
/// Every file but the log is written whole and then renamed; the log is cut back to the state it goes on from.
public struct RunFolder: Sendable {
    public let path: String

    public init(path: String) { self.path = path.withoutTrailingSlash }

    public var model: String { "\(path)/model.safetensors" }
    /// The names of the files in it, and of the folders in it, whose files come and go.
    public static let files = ["model.safetensors", "config.json", "log.csv", "validation.csv", TrainingRun.recipeName, TrainingRun.probesName]
    public static let parts = ["state", "weights", "labels"]
    var recipe: String { "\(path)/\(TrainingRun.recipeName)" }
    private var probes: String { "\(path)/\(TrainingRun.probesName)" }
    var config: String { "\(path)/config.json" }
    var log: String { "\(path)/log.csv" }
    /// Where the pseudo labels lie that serve from a step on.
    func labels(_ step: Int) -> String { "\(path)/labels/\(TrainingRun.name(ofStep: step))" }
    private var states: String { "\(path)/state" }
    private var weights: String { "\(path)/weights" }

    /// Whether a run has begun here.
    public var holdsRun: Bool { AtomicFile.exists(recipe) || AtomicFile.exists(log) || AtomicFile.exists(states) }

    /// Makes the folders, and clears away what a killed run has left half-written.
    func make() throws(FileError) {
        for folder in [path, states, weights] { try FileSystem.makeFolder(folder) }
        AtomicFile.removeLeftovers(of: [model, recipe, config])
        for folder in [states, weights] { AtomicFile.removeLeftovers(in: folder) }
    }

    /// The recipe of the run that has begun here; nil where there is none.
    func begunRecipe() throws(FileError) -> Recipe? { AtomicFile.exists(recipe) ? try Recipe.read(path: recipe) : nil }

    /// Notes which pictures are looked at while the run goes on, by paths as seen from the folder: both may be moved together. One
    /// whose name breaks a line is left out.
    func write(probes pictures: [String]) throws(FileError) {
        let lines = pictures.map { RelativePath.path(to: $0, besides: probes) }.filter { !$0.utf8.contains(UInt8(ascii: "\n")) }
        try AtomicFile.write(lines.flatMap { $0.bytes + [UInt8(ascii: "\n")] }, to: probes)
    }

    // MARK: State

    /// What a run goes on from after an interruption.
    struct State {
        /// Steps taken, skipped ones included; updates made by the optimizer; steps skipped in a row just now; batches that a
        /// published decoder's norms have seen.
        var step = 0, updates = 0, skipped = 0, batches = 0
        /// The processes that share a batch.
        var ranks = 1
    }

    private func statePath(_ step: Int) -> String { "\(states)/\(TrainingRun.fileName(step: step))" }

    /// The steps of the states that are there, the newest first.
    private func savedSteps() -> [Int] {
        guard let entries = try? FolderListing(states).entries else { return [] }
        return entries.compactMap { TrainingRun.step(ofName: $0.name) }.sorted(by: >)
    }

    /// Writes a state. Two are kept: this one, and the newest before it that is no interruption's, so that in the end the
    /// same are there whether or not there were any.
    ///
    /// - Parameters:
    ///   - period: steps from one state to the next.
    ///   - isInterruption: whether a run that goes on undisturbed would not write it.
    func save(_ state: State, _ arenas: [(name: String, arena: ParameterArena)], period: Int, isInterruption: Bool = false) throws(FileError) {
        var encoder = SafetensorsEncoder()
        encoder.add("progress", [state.step, state.updates, state.skipped, state.batches] + (state.ranks > 1 ? [state.ranks] : []))
        for (name, arena) in arenas { encoder.add(name, shape: [arena.count], [arena.elements]) }
        try AtomicFile.write(encoder.bytes, to: statePath(state.step))
        let before = savedSteps().filter { $0 < state.step }
        let kept = before.first { $0 % period == 0 } ?? (isInterruption ? before.first : nil)
        for old in savedSteps() where old != state.step && old != kept { _ = FileSystem.remove(statePath(old)) }
    }

    /// Fills the arenas from the newest state that is whole; nil where there is none.
    func restore(_ arenas: [(name: String, arena: ParameterArena)]) -> State? {
        for step in savedSteps() {
            guard let file = try? SafetensorsFile(path: statePath(step)), let progress = try? file.integers(named: "progress"),
                progress.count >= 3, progress[0] == step
            else { continue }
            let tensors = arenas.compactMap { try? file.tensor(named: $0.name) }
            guard tensors.count == arenas.count, zip(tensors, arenas).allSatisfy({ $0.count == $1.arena.count }) else { continue }
            for (tensor, arena) in zip(tensors, arenas) { arena.arena.fill(tensor) }
            return State(
                step: progress[0], updates: progress[1], skipped: progress[2], batches: progress.count > 3 ? progress[3] : 0,
                ranks: progress.count > 4 ? progress[4] : 1)
        }
        return nil
    }

    // MARK: Weights

    /// Writes the weights as a model that every command and timm read.
    ///
    /// - Parameters:
    ///   - step: those that led to them, noted in the file.
    ///   - isKept: whether they are also kept under that number.
    func write(_ parameters: ParameterSet, recipe: Recipe, step: Int, isKept: Bool) throws(FileError) {
        var encoder = SafetensorsEncoder(metadata: ["format": "pt", "recipe": recipe.json, "step": "\(step)"])
        try parameters.writer(path: model).add(to: &encoder, as: .float32)
        let bytes = encoder.bytes
        if isKept { try AtomicFile.write(bytes, to: "\(weights)/\(TrainingRun.fileName(step: step))") }
        try AtomicFile.write(bytes, to: model)
    }
}

extension ParameterArena {
    /// All elements as a tensor that shares them.
    fileprivate var elements: Tensor { Tensor(shape: [count], borrowing: UnsafePointer(base), owner: self) }

    fileprivate func fill(_ tensor: Tensor) {
        tensor.withUnsafeElements { if let source = $0.baseAddress { base.update(from: source, count: $0.count) } }
    }
}
