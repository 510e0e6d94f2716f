/// Gradient-weighted attention: U (see ``CouplingMethod``; ACR's `func='cam_grad'`).
///
/// The per-layer relevance of Chefer et al., "Generic Attention-model Explainability" (ICCV 2021), here summed over layers.
public struct GradientAttentionMap: CouplingMethod {
    public let identifier = "grad-attention"
    public let title = "gradient × attention"
    public let summary = "gradient-weighted attention: relu(G·A) averaged over heads"
    public let definition = """
        U = E_h relu(G ⊙ A), G = ∂y/∂A, E_h the mean over heads; of one head relu(G ⊙ A). No unit. Source: Chefer et \
        al., ICCV 2021; ACR's cam_grad.
        """

    public init() {}

    public func combine(_ u: Float, _ v: Float) -> Float { u }
}
