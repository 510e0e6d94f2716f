/// Generic attention explainability: gradient-weighted attention gathered through the layers, residuals included (``GradientFlow``).
///
/// Source: Chefer, Gur, Wolf, "Generic Attention-model Explainability for Interpreting Bi-Modal and Encoder-Decoder Transformers"
/// (ICCV 2021).
public struct GenericAttentionExplainability: GradientFlow {
    public let identifier = "gae"
    public let title = "GAE"
    public let summary = "gradient-weighted attention gathered through the layers from the start layer on, residuals included (Chefer)"
    public let definition = """
        Row q of R at the patches after R ← R + Ā R in every layer from the start to l, R = I at first, Ā = E_h relu(G ⊙ \
        A), G = ∂y/∂A, E_h the mean over heads. No unit. Source: Chefer et al., ICCV 2021.
        """
    public let normalizesRows = false

    public init() {}
}
