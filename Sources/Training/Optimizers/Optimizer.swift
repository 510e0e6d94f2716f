import Checkpoints
import Glibc
import Tensors

/// What makes new parameters of old ones and their gradients, and the moments it keeps from step to step.
public struct Optimizer: Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        /// v ← μ·v + (g + λ·θ); θ ← θ − r·v. No dampening, no look-ahead (PyTorch's SGD).
        case sgd
        /// Adam with decoupled decay (Loshchilov and Hutter 2019), β 0.9 and 0.999, ε 1e-8, moments corrected for their
        /// start at zero (PyTorch's AdamW).
        case adamw
    }

    let kind: Kind
    let momentum: Float
    let weightDecay: Float
    let groups: ParameterGroups
    /// The moments: one arena for SGD, two for AdamW. Zeros before the first step.
    let moments: [ParameterArena]

    private static let (beta1, beta2): (Double, Double) = (0.9, 0.999)
    private static let epsilon: Float = 1e-8

    init(_ kind: Kind, momentum: Double, weightDecay: Double, groups: ParameterGroups, like parameters: ParameterSet) {
        self.kind = kind
        self.momentum = Float(momentum)
        self.weightDecay = Float(weightDecay)
        self.groups = groups
        moments = (0..<(kind == .sgd ? 1 : 2)).map { _ in ParameterArena(zerosLike: parameters) }
    }

    /// Takes a step.
    ///
    /// - Parameters:
    ///   - step: steps taken with this optimizer, this one included.
    ///   - rate: the learning rate of tensors whose factor is 1.
    func apply(_ gradients: ParameterArena, to parameters: ParameterArena, step: Int, rate: Double, compute: Compute) {
        let kernels = compute.optimizerKernels
        let correction1 = Float(1 - pow(Self.beta1, Double(step))), correction2 = Float((1 - pow(Self.beta2, Double(step))).squareRoot())
        let (theta, g) = (parameters.base, gradients.base)
        let first = moments[0].base, second = moments.count > 1 ? moments[1].base : first
        compute.pool.forEach(groups.groups.count) { index in
            let group = groups.groups[index], start = group.range.lowerBound, count = group.range.count
            let own = Float(rate) * group.rateFactor, decay = group.decays ? weightDecay : 0
            switch kind {
            case .sgd: kernels.sgd(theta + start, g + start, first + start, count, own, momentum, decay)
            case .adamw:
                kernels.adamw(
                    theta + start, g + start, first + start, second + start, count, own, decay, Float(Self.beta1),
                    Float(Self.beta2), Self.epsilon, correction1, correction2)
            }
        }
    }
}

extension ParameterArena {
    /// The Euclidean norm of all elements. Sums run in double precision, tensor by tensor in their order.
    func norm(_ compute: Compute) -> Double {
        let kernels = compute.optimizerKernels
        return places.reduce(0) { $0 + kernels.sum_squares(base + $1.offset, $1.count) }.squareRoot()
    }

    /// Multiplies all elements.
    func scale(by factor: Float, _ compute: Compute) {
        let (base, kernels) = (base, compute.optimizerKernels)
        compute.forRanges(count, multiple: 16) { kernels.scale(base + $0.lowerBound, $0.count, factor) }
    }

    /// Moves every element to `weight` times itself and 1 − `weight` times the other's.
    func average(with other: ParameterArena, weight: Double, _ compute: Compute) {
        let (mean, x, kernels) = (base, other.base, compute.optimizerKernels)
        compute.forRanges(count, multiple: 16) { kernels.average(mean + $0.lowerBound, x + $0.lowerBound, $0.count, Float(1 - weight)) }
    }
}
