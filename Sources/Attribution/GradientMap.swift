/// The positive gradient of attention alone: V (see ``CouplingMethod``).
///
/// The map that the later method of GETAM's first author uses (ACR, `func='grad'`).
public struct GradientMap: CouplingMethod {
    public let identifier = "grad"
    public let title = "gradient"
    public let summary = "positive gradient of attention: relu(G) averaged over heads (ACR)"
    public let definition = """
        V = E_h relu(G), G = ∂y/∂A, E_h the mean over heads; of one head relu(G). No unit. Source: ACR's grad.
        """

    public init() {}

    public func combine(_ u: Float, _ v: Float) -> Float { v }
}
