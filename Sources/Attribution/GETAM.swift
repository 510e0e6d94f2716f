/// Gradient-weighted element-wise transformer attention map (arXiv 2112.02841, as its published code computes it):
/// M = U ⊙ V, the gradient-weighted attention times the gradient (see ``CouplingMethod``).
public struct GETAM: CouplingMethod {
    public let identifier = "getam"
    public let title = "GETAM"
    public let summary = "gradient-weighted attention times gradient: relu(G·A) and relu(G), each averaged over heads, multiplied"
    public let definition = """
        M = U ⊙ V, U = E_h relu(G ⊙ A), V = E_h relu(G); G = ∂y/∂A, E_h the mean over heads; of one head relu(G ⊙ A) ⊙ \
        relu(G). No unit. Source: arXiv 2112.02841 as its published code computes it.
        """

    public init() {}

    public func combine(_ u: Float, _ v: Float) -> Float { u * v }
}
