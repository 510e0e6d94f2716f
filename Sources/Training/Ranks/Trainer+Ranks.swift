import Checkpoints
import Files
import Labels
import Tensors
import VisionTransformer

// A run over ranks: each takes its part of every batch, all take the same step. What a step needs of the whole batch is counted before
// its passes; gradients are summed after them.
extension Trainer {
    /// Whether this process writes the run's files.
    public var writes: Bool { share.rank == 0 }

    /// Pictures an update, of all ranks.
    public var batch: Int { recipe.batch * share.count }

    /// An error that all ranks come to alike.
    func found(_ error: FileError) -> any Error { share.count > 1 ? RanksFailure(reason: error) : error }

    static func processes(_ count: Int) -> String {
        count > 1 ? "\(count) processes (mpirun -n \(count))" : "one process"
    }

    /// Why the ranks cannot train by the recipe; nil where they can.
    ///
    /// - Parameter start: what is trained.
    public static func obstacle(to recipe: Recipe, _ start: ParameterSet) -> String? {
        let decodes = recipe.segmentationStart >= 0
        let key: String? =
            if recipe.contrasts { "\"losses.contrast\" compares" }
            else if decodes, start.decoder != nil { "the published decoder measures" }
            else if decodes, recipe.segmentationForm == .clipping { "\"losses.segmentationForm\" clipping compares" }
            else if decodes, recipe.labelSource == .step { "\"labels.source\" step weighs" }
            else { nil }
        return key.map { "\($0) all pictures of a batch together, in one process; train without mpirun" }
    }

    /// Makes all ranks begin with what rank 0 begins with.
    func spreadState(_ ranks: any Ranks) throws {
        let all = ranks.gather(try likeness)
        for rank in 1..<ranks.count where all[rank] != all[0] {
            // The last number is the instruction set.
            let isData = all[rank].dropLast() != all[0].dropLast()
            throw RanksFailure(reason: isData ? RanksError.otherData(rank: rank) : RanksError.otherInstructions(rank: rank))
        }
        let first = ranks.gather([state.step, state.updates, state.skipped, state.batches].map(Double.init))[0].map { Int($0) }
        state = .init(step: first[0], updates: first[1], skipped: first[2], batches: first[3], ranks: ranks.count)
        for (_, arena) in arenas { ranks.spread(arena.base, arena.count) }
        parametersChanged()
    }

    /// What must be alike on all ranks, as numbers.
    private var likeness: [Double] {
        get throws {
            var hash = Fingerprint()
            func add(_ text: String) { Array(text.utf8).withUnsafeBytes { hash.add($0) } }
            add(recipe.json)
            add("\(try parameters.parameters.writer(path: folder.path).config)")
            for picture in set.pictures { add("\(picture.name)\n\(picture.classes.sorted())\n\(picture.saliency != nil)") }
            // Halves of the hash, which a number holds exactly.
            let halves = [hash.text.prefix(8), hash.text.suffix(8)].map { Double(UInt32($0, radix: 16) ?? 0) }
            return halves + [Double(Processor.Features.allCases.firstIndex(of: model.compute.features) ?? 0)]
        }
    }

    /// Tells the other ranks which pictures of a step's part could be read, and how many of what the loss counts are in them, and
    /// makes the objective one of the whole batch.
    ///
    /// - Parameter readable: places in this rank's part.
    /// - Returns: the places in the whole batch of the pictures that could be read, ascending.
    func meet(_ ranks: any Ranks, _ objective: inout JointObjective, readable: [Int]) -> [Int] {
        let own = objective.counts
        var values = [Double](repeating: 0, count: recipe.batch)
        for place in readable { values[place] = 1 }
        let all = ranks.gather(values + [own.pictures, own.labels.background, own.labels.foreground, own.salient].map(Double.init))
        func total(_ place: Int) -> Int { all.reduce(0) { $0 + Int($1[recipe.batch + place]) } }
        objective.belong(to: .init(
            pictures: total(0), labels: .init(background: total(1), foreground: total(2)), salient: total(3)))
        return (0..<batch).filter { all[$0 / recipe.batch][$0 % recipe.batch] != 0 }
    }

    /// The parts of the whole batch, added in the order of ranks.
    func sum(_ parts: JointObjective.Parts, _ ranks: any Ranks) -> JointObjective.Parts {
        ranks.gather(parts.values).map(JointObjective.Parts.init(values:)).reduce(.init(), +)
    }
}
