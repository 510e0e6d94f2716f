import Tensors
import VisionTransformer

/// Stochastic depth: block l of L leaves a branch out with probability rate · l / (L − 1), and else makes up for it.
struct StochasticDepth: Sendable {
    let rate: Double
    /// Blocks of the model.
    let depth: Int
    let seed: Int

    init(_ recipe: Recipe, depth: Int) { (rate, self.depth, seed) = (recipe.dropPath, depth, recipe.seed) }

    /// What a picture's branches are multiplied by in an epoch; empty where none is left out.
    func factors(_ index: Int, epoch: Int) -> [ForwardOptions.BranchFactors] {
        var factors: [ForwardOptions.BranchFactors] = []
        enter(index, epoch: epoch, into: &factors)
        return factors
    }

    /// The same in the memory of `factors`.
    func enter(_ index: Int, epoch: Int, into factors: inout [ForwardOptions.BranchFactors]) {
        factors.removeAll(keepingCapacity: true)
        guard rate > 0 else { return }
        var random = RandomStream(seed: seed, epoch: epoch, picture: index, .depth)
        for layer in 0..<depth {
            let probability = depth > 1 ? rate * Double(layer) / Double(depth - 1) : 0
            func factor() -> Float { random.uniform() < probability ? 0 : Float(1 / (1 - probability)) }
            factors.append(.init(attention: factor(), feedForward: factor()))
        }
    }
}
