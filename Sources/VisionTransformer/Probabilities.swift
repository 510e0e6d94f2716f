import Checkpoints
import Glibc

extension ModelConfiguration.Probability {
    /// One probability a logit, 0 to 1: a soft-max over all of them, or a sigmoid of each.
    public func callAsFunction(_ logits: [Float]) -> [Float] {
        switch self {
        case .softmax:
            let top = Double(logits.max() ?? 0)
            let powers = logits.map { exp(Double($0) - top) }
            let sum = powers.reduce(0, +)
            return powers.map { Float($0 / sum) }
        case .sigmoid:
            return logits.map { Float(1 / (1 + exp(-Double($0)))) }
        }
    }
}
