/// Where a family of checkpoints keeps its text tower, as ``KeyMap`` says it of the picture's.
struct TextTowerNames: Sendable {
    enum Attention: Sendable {
        case packed(String)
        case separate(query: String, key: String, value: String)
    }

    var title: String
    /// The name that every such checkpoint has, after its prefix, and what may stand last in the prefix.
    var signature: String
    var isHuggingFace: Bool
    var tokens: String
    var positions: String
    var blocks: String
    var norm1, norm2: String
    var attention: Attention
    var projection: String
    var scale1, scale2: String?
    var expand, contract: String
    var norm: String
    /// Beginnings of names under the prefix that are not the text tower's.
    var others: [String]

    static let openCLIP = TextTowerNames(
        title: "OpenAI and OpenCLIP", signature: "token_embedding.weight", isHuggingFace: false,
        tokens: "token_embedding.weight", positions: "positional_embedding", blocks: "transformer.resblocks.", norm1: "ln_1", norm2: "ln_2",
        attention: .packed("attn.in_proj"), projection: "attn.out_proj", scale1: "ls_1.gamma", scale2: "ls_2.gamma",
        expand: "mlp.c_fc", contract: "mlp.c_proj", norm: "ln_final",
        others: ["visual.", "logit_scale", "logit_bias", "input_resolution", "context_length", "vocab_size", "attn_mask"])

    static let huggingFace = TextTowerNames(
        title: "Hugging Face", signature: "embeddings.token_embedding.weight", isHuggingFace: true,
        tokens: "embeddings.token_embedding.weight", positions: "embeddings.position_embedding.weight", blocks: "encoder.layers.",
        norm1: "layer_norm1", norm2: "layer_norm2",
        attention: .separate(query: "self_attn.q_proj", key: "self_attn.k_proj", value: "self_attn.v_proj"),
        projection: "self_attn.out_proj",
        scale1: nil, scale2: nil, expand: "mlp.fc1", contract: "mlp.fc2", norm: "final_layer_norm", others: [])
}
