/// The positive gradient of attention squared: V ⊙ V (see ``CouplingMethod``; ACR's `func='grad_s'`).
public struct GradientSquaredMap: CouplingMethod {
    public let identifier = "grad-squared"
    public let title = "gradient²"
    public let summary = "positive gradient of attention, averaged over heads, squared"
    public let definition = """
        V ⊙ V, V = E_h relu(G), G = ∂y/∂A, E_h the mean over heads; of one head relu(G)². No unit. Source: ACR's grad_s.
        """

    public init() {}

    public func combine(_ u: Float, _ v: Float) -> Float { v * v }
}
