/// The positive gradient of attention squared: V ⊙ V (see ``CouplingMethod``; ACR's `func='grad_s'`).
public struct GradientSquaredMap: CouplingMethod {
    public let identifier = "grad-squared"
    public let title = "gradient²"
    public let summary = "positive gradient of attention, averaged over heads, squared"

    public init() {}

    public func combine(_ u: Float, _ v: Float) -> Float { v * v }
}
