import Checkpoints
import Synchronization
import Tensors
import VisionTransformer

/// One picture before a model: what the model answers where parts of it are replaced or gone.
///
/// Passes run on all threads of the model's pool, one pass a thread. What is asked twice is computed once, whatever map it is asked for;
/// the tokens before the first block are made once a picture and baseline.
public final class PerturbedPicture: Sendable {
    public let model: VisionTransformer
    /// `[channels, height, width]`, normalized.
    public let pixels: Tensor
    /// The grid of patches.
    public let grid: ModelConfiguration.Size
    /// Asked between blocks; every pass ends with `CancellationError` once it says so.
    let isCancelled: @Sendable () -> Bool
    /// Called after every pass.
    private let onPass: @Sendable () -> Void
    private let original: EmbeddedPicture
    private let substitutes = Mutex<[Baseline: EmbeddedPicture]>([:])
    private let known = Mutex<[Input: [Float]]>([:])

    /// A picture made of patches of two.
    private struct Input: Hashable {
        let kept: PatchSet
        let baseline: Baseline
    }

    /// - Throws: `ModelError`, also where the model knows no classes.
    public init(
        _ pixels: Tensor, model: VisionTransformer, isCancelled: @escaping @Sendable () -> Bool = { false },
        onPass: @escaping @Sendable () -> Void = {}
    ) throws {
        guard model.configuration.head != .none else { throw ModelError.noHead }
        self.model = model
        self.pixels = pixels
        self.isCancelled = isCancelled
        self.onPass = onPass
        original = try model.embedded(pixels)
        grid = original.grid
    }

    /// Number of patches.
    public var patches: Int { grid.height * grid.width }

    /// The probabilities of all classes for the picture as it is.
    public func probabilities() throws -> [Float] { try probabilities(keeping: [.all(of: patches)], baseline: .dropped)[0] }

    /// The probabilities of all classes for each of some inputs: patches of the picture, in the others' places the baseline.
    ///
    /// - Throws: `QualityError` where the model's head cannot do without the patches that are dropped, `ModelError`, `CancellationError`.
    public func probabilities(keeping sets: [PatchSet], baseline: Baseline) throws -> [[Float]] {
        // The picture as it is, is the same with any baseline.
        let inputs = sets.map { Input(kept: $0, baseline: $0.count == patches ? .dropped : baseline) }
        if baseline == .dropped { try check(inputs.map(\.kept)) }
        let seen = known.withLock { $0 }
        // The longest passes first, so that threads end together.
        let missing = Set(inputs.filter { seen[$0] == nil }).map { ($0, $0.kept.members) }.sorted { one, other in
            (other.0.kept.count, one.1.first ?? 0) < (one.0.kept.count, other.1.first ?? 0)
        }
        let found = try passes(missing.count) { index in try self.logits(missing[index].0, missing[index].1) }
        return known.withLock { known in
            for (index, item) in missing.enumerated() { known[item.0] = found[index] }
            return inputs.map { known[$0] ?? [] }
        }
    }

    /// The probabilities of all classes for each of some inputs, `[channels, height, width]`, made one at a time on each thread.
    public func probabilities(of count: Int, _ input: (Int) throws -> Tensor) throws -> [[Float]] {
        try passes(count) { try self.model.logits(of: input($0), under: .none, isCancelled: self.isCancelled) }
    }

    /// - Throws: `QualityError` where the head cannot do without what is dropped.
    private func check(_ sets: [PatchSet]) throws(QualityError) {
        if model.configuration.needsAllPatches, sets.contains(where: { $0.count < patches }) {
            throw .model("the model's head reads a map of all patches, so none can be dropped; choose another baseline, mean or blurred")
        }
    }

    private func logits(_ input: Input, _ members: [Int]) throws -> [Float] {
        guard let substitute = try substitute(input.baseline) else {
            return try model.logits(of: original, keeping: Set(members), isCancelled: isCancelled)
        }
        switch substitute {
        case .tokens(let other):
            return try model.logits(of: original, keeping: Set(members), substitute: other, isCancelled: isCancelled)
        case .pixels(let other):
            return try model.logits(of: mixed(members, other), under: .none, isCancelled: isCancelled)
        }
    }

    /// What stands in for patches: as tokens, or behind a stem, where a patch's token depends on pixels around it, as pixels.
    private enum Substitute {
        case tokens(EmbeddedPicture)
        case pixels(Tensor)
    }

    private func substitute(_ baseline: Baseline) throws -> Substitute? {
        if let known = substitutes.withLock({ $0[baseline] }) { return .tokens(known) }
        guard let other = baseline.substitute(for: pixels) else { return nil }
        guard model.embedsPatchwise else { return .pixels(other) }
        let embedded = try model.embedded(other)
        substitutes.withLock { $0[baseline] = embedded }
        return .tokens(embedded)
    }

    private func mixed(_ members: [Int], _ other: Tensor) -> Tensor {
        let (channels, height, width) = (pixels.shape[0], pixels.shape[1], pixels.shape[2])
        let (rows, columns) = (height / grid.height, width / grid.width), source = pixels.values
        var values = other.values
        for patch in members {
            for channel in 0..<channels {
                for y in 0..<rows {
                    let start = (channel * height + patch / grid.width * rows + y) * width + patch % grid.width * columns
                    for x in start..<start + columns { values[x] = source[x] }
                }
            }
        }
        return Tensor(shape: pixels.shape, values)
    }

    /// Runs passes on all threads and gives their probabilities.
    ///
    /// - Throws: the error of the first pass that has one.
    private func passes(_ count: Int, _ logits: (Int) throws -> [Float]) throws -> [[Float]] {
        let results = Mutex([[Float]](repeating: [], count: count))
        let failure = Mutex<(index: Int, error: any Error & Sendable)?>(nil)
        model.compute.pool.forEach(count) { index in
            guard failure.withLock({ $0 == nil }) else { return }
            do {
                if isCancelled() { throw CancellationError() }
                let probabilities = model.configuration.probability(try logits(index))
                results.withLock { $0[index] = probabilities }
                onPass()
            } catch {
                failure.withLock { if index < $0?.index ?? .max { $0 = (index, error) } }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure.error }
        return results.withLock { $0 }
    }
}
