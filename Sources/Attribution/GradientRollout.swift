/// Gradient rollout: rollout of gradient-weighted attention (``GradientFlow``).
///
/// Source: Abnar & Zuidema's rollout (ACL 2020) with the gradient-weighted attention of Chefer, Gur, Wolf (CVPR 2021) in attention's
/// place.
public struct GradientRollout: GradientFlow {
    public let identifier = "gradient-rollout"
    public let title = "gradient rollout"
    public let summary = "gradient-weighted attention multiplied through the layers from the start layer on, each row's sum made one"
    public let definition = """
        Row q of Â_l · Â_{l−1} ··· Â_start at the patches, Â = Ā + I with every row divided by its sum, Ā = E_h relu(G ⊙ \
        A), G = ∂y/∂A, E_h the mean over heads. Shares of one. Source: rollout (Abnar & Zuidema, ACL 2020) of Chefer et \
        al.'s gradient-weighted attention.
        """
    public let normalizesRows = true

    public init() {}
}
