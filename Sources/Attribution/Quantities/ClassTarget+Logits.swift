import Checkpoints
import Glibc
import Tensors
import VisionTransformer

// The scalar y that a target makes of the logits z.
//
// A logit is z_c, a difference z_a − z_b. A contrast is FinerCAM's y = Σ_k p_k (z_c − α z_k) / (Σ_k p_k + 1e-9) with α = 1 over the
// three classes k whose logits are nearest to z_c (all others where there are fewer), p the soft-max of all logits. Source: Zhang
// et al., "Finer-CAM" (CVPR 2025), as pytorch-grad-cam has it: p takes part in the derivative.
//
// A soft-max is y = p_c, p the soft-max of the logits as they are, the cosines' scale in them, over a set of classes and the background's
// words. Source: Lin et al., "CLIP is Also an Efficient Segmenter" (CVPR 2023, arXiv 2212.09506): the picture's classes and 25 words of
// background, at CLIP's own scale. A bias that all logits share (SigLIP's) cancels out: such a model's answers are taken for a choice
// among the set, too, and not for one yes or no a class.
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
        case .softMax: throw .input("a probability by soft-max is no sum of logits, so it cannot be shared out among them")
        }
    }

    /// y of a pass.
    func value(of trace: Trace) throws(ModelError) -> Double {
        if case .softMax(let index, let among) = self {
            return try Self.softMax(of: index, among: among, trace.logits, background: trace.backgroundLogits).own
        }
        return try shares(trace.logits).reduce(0) { $0 + $1.share * Double(trace.logits[$1.classIndex]) }
    }

    /// ∂y/∂z: one derivative a class, and of a soft-max one more for each of the background's words.
    func derivatives(_ logits: [Float], background: [Float] = []) throws(ModelError) -> [Float] {
        if case .softMax(let index, let among) = self {
            let soft = try Self.softMax(of: index, among: among, logits, background: background)
            var row = [Float](repeating: 0, count: logits.count + background.count)
            // ∂p_c/∂z_m = p_c (δ_cm − p_m), 1 − p_c as the sum of the others so that none of it is lost where p_c is nearly 1.
            for (place, share) in soft.others { row[place] = Float(-soft.own * share) }
            row[index] = Float(soft.own * soft.others.reduce(0) { $0 + $1.share })
            return row
        }
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
        let width = trace.logits.count + (targets.contains(where: \.readsBackground) ? trace.backgroundLogits.count : 0)
        var values: [Float] = []
        values.reserveCapacity(targets.count * width)
        for target in targets {
            let row = try target.derivatives(trace.logits, background: trace.backgroundLogits)
            values += row + [Float](repeating: 0, count: width - row.count)
        }
        return .values(Tensor(shape: [targets.count, width], values))
    }

    private var readsBackground: Bool { if case .softMax = self { true } else { false } }

    /// A class's probability by soft-max, and those of all else that takes part, by their places among the logits, those of the
    /// background's words behind the classes'.
    private static func softMax(
        of index: Int, among: [Int], _ logits: [Float], background: [Float]
    ) throws(ModelError) -> (own: Double, others: [(place: Int, share: Double)]) {
        for place in [index] + among where !logits.indices.contains(place) { throw .classOutOfRange(place, count: logits.count) }
        var takesPart = [Bool](repeating: among.isEmpty, count: logits.count)
        for place in among { takesPart[place] = true }
        let all = logits + background
        let others = all.indices.filter { $0 != index && ($0 >= logits.count || takesPart[$0]) }
        guard !others.isEmpty else {
            throw .input("the probability of a single class is 1 whatever the picture shows; give more classes, or words of a background")
        }
        let powers = probabilities(others.map { all[$0] } + [all[index]])
        return (powers[others.count], zip(others, powers).map { ($0, $1) })
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
