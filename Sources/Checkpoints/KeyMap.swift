/// Where a family of checkpoints keeps each parameter: names relative to the model's prefix, without `.weight`/`.bias`.
///
/// One static value a family, one file each.
struct KeyMap: Sendable {
    enum Attention: Sendable {
        /// One `[3·width, width]` layer: query, key and value rows in this order.
        case fused(String)
        case separate(query: String, key: String, value: String)
    }

    let family: ModelConfiguration.Family
    /// The family as a user knows it.
    let title: String
    /// The name every such checkpoint has, after its prefix; by it the family is recognised.
    let signature: String

    let classToken: String
    let distillationToken: String
    /// The first that exists counts.
    let registers: [String]
    let positions: String
    let patchEmbedding: String

    /// What stands before a block's number.
    let blocks: String
    let norm1: String
    let attention: Attention
    let projection: String
    /// Full names; the first that exists counts.
    let scale1: [String]
    let norm2: String
    let expand: String
    let contract: String
    let scale2: [String]

    let norm: String
    let pooledNorm: String?
    /// The first that exists counts; looked for beside and above the model's prefix.
    let heads: [String]
    let distillationHead: String

    /// Beginnings of names that belong to training only and do not change the logits.
    let ignorable: [String]

    /// All families, in the order in which they are tried.
    static let all: [KeyMap] = [.published, .huggingFaceLayer, .huggingFaceLayers, .timm]
}
