import Checkpoints
import Glibc
import Tensors
import VisionTransformer

// The scalar y that a target makes of the logits z.
//
// A logit is z_c, a difference z_a − z_b. A contrast is FinerCAM's y = Σ_k p_k (z_c − α z_k) / (Σ_k p_k + 1e-9) with α = 1 over the
// three classes k whose logits are nearest to z_c (all others where there are fewer), p the soft-max of all logits. Source: Zhang
// et al., "Finer-CAM" (CVPR 2025), as pytorch-grad-cam has it: p takes part in the derivative.
extension ClassTarget {
    /// What each class's logit is multiplied with to make y, with p as it is in this pass.
    func shares(_ logits: [Float]) throws(ModelError) -> [(classIndex: Int, share: Double)] {
        func known(_ index: Int) throws(ModelError) -> Int {
            guard logits.indices.contains(index) else { throw .classOutOfRange(index, count: logits.count) }
            return index
        }
        switch self {
        case .logit(let index): return [(try known(index), 1)]
        case .difference(let index, let other): return [(try known(index), 1), (try known(other), -1)]
        case .contrast(let index):
            let nearest = Self.nearest(to: try known(index), logits), powers = Self.probabilities(logits)
            let sum = nearest.reduce(0) { $0 + powers[$1] }
            return [(index, sum / (sum + Self.epsilon))] + nearest.map { ($0, -powers[$0] / (sum + Self.epsilon)) }
        }
    }

    /// ∂y/∂z: one derivative a class.
    func derivatives(_ logits: [Float]) throws(ModelError) -> [Float] {
        var row = [Double](repeating: 0, count: logits.count)
        let shares = try shares(logits)
        for (index, share) in shares { row[index] += share }
        if case .contrast(let index) = self {
            // Through the weights: ∂p_k/∂z_m = p_k (δ_km − p_m), for numerator and denominator.
            let nearest = shares.dropFirst().map(\.classIndex), powers = Self.probabilities(logits)
            let sum = nearest.reduce(0) { $0 + powers[$1] } + Self.epsilon
            let value = shares.reduce(0) { $0 + $1.share * Double(logits[$1.classIndex]) }
            var total = 0.0
            for other in nearest {
                let part = powers[other] * (Double(logits[index]) - Double(logits[other]) - value) / sum
                row[other] += part
                total += part
            }
            for place in row.indices { row[place] -= powers[place] * total }
        }
        return row.map { Float($0) }
    }

    /// The targets as what goes back through a model; logits by themselves as such, which costs least.
    static func cotangents(
        _ targets: [ClassTarget], of trace: Trace, _ configuration: ModelConfiguration
    ) throws(ModelError) -> Cotangents.Logits {
        guard configuration.head != .none else { throw .noHead }
        var classes: [Int] = []
        classes.reserveCapacity(targets.count)
        for case .logit(let index) in targets { classes.append(index) }
        if classes.count == targets.count { return .classes(classes) }
        var values: [Float] = []
        for target in targets { values += try target.derivatives(trace.logits) }
        return .values(Tensor(shape: [targets.count, trace.logits.count], values))
    }

    private static let epsilon = 1e-9

    /// The three classes whose logits are nearest to a class's, the nearest first, of equals the first; all others where there are
    /// fewer, none of a class that is not there.
    public static func nearest(to index: Int, _ logits: [Float]) -> [Int] {
        guard logits.indices.contains(index) else { return [] }
        let own = Double(logits[index])
        var found: [(place: Int, distance: Double)] = []
        for place in logits.indices where place != index {
            let distance = abs(Double(logits[place]) - own)
            if found.count == 3, distance >= found[2].distance { continue }
            let at = found.firstIndex { distance < $0.distance } ?? found.count
            found.insert((place, distance), at: at)
            if found.count > 3 { found.removeLast() }
        }
        return found.map(\.place)
    }

    private static func probabilities(_ logits: [Float]) -> [Double] {
        let top = Double(logits.max() ?? 0)
        let powers = logits.map { exp(Double($0) - top) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }
}
