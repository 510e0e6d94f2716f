import Glibc

/// What the learning rate is multiplied with from step to step.
public enum Schedule: String, Sendable, CaseIterable {
    case constant
    /// (1 − x)^power
    case poly
    /// ½ (1 + cos πx)
    case cosine

    /// The factor of step `step`, counted from 1, of `steps`: the schedule at x = (step − 1) / steps, times a warm-up that
    /// rises from 0 in a straight line and is 1 from step `warmup` + 1 on.
    public func factor(step: Int, of steps: Int, warmup: Int, power: Double) -> Double {
        let x = Double(step - 1) / Double(max(steps, 1))
        let scheduled =
            switch self {
            case .constant: 1.0
            case .poly: pow(1 - x, power)
            case .cosine: 0.5 * (1 + cos(.pi * x))
            }
        return warmup > 0 ? scheduled * min(1, Double(step - 1) / Double(warmup)) : scheduled
    }
}
