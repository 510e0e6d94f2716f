/// Gradient-weighted attention: U (see ``CouplingMethod``; ACR's `func='cam_grad'`).
///
/// The per-layer relevance of Chefer et al., "Generic Attention-model Explainability" (ICCV 2021), here summed over layers.
public struct GradientAttentionMap: CouplingMethod {
    public let identifier = "grad-attention"
    public let title = "gradient × attention"
    public let summary = "gradient-weighted attention: relu(G·A) averaged over heads"

    public init() {}

    public func combine(_ u: Float, _ v: Float) -> Float { u }
}
