import Files
import Tensors

/// The part of a CLIP or SigLIP that reads texts: parameters, and what is done with them.
///
/// D width, V tokens, T tokens of a context. Weights are `[out, in]`, used in place where the file allows it.
public struct TextTower: Sendable {
    /// Which token stands for the text.
    public enum Pooling: Sendable, Equatable {
        case first
        /// Of the whole context, filled up.
        case last
        /// That with the largest number, which is the end of a text in CLIP's vocabulary.
        case largest
        /// The first of this number.
        case end(Int)
    }

    public var width: Int
    public var heads: Int
    public var normEpsilon: Float
    public var activation: ModelConfiguration.Activation
    /// Whether a token sees only those before it.
    public var isCausal: Bool
    public var pooling: Pooling
    /// `[V, D]`
    public var tokens: Tensor
    /// `[T, D]`, of a tower with a class token one more.
    public var positions: Tensor
    /// What stands behind the text, in its place; nil where a token of the text does.
    public var classToken: ClassToken?
    public var blocks: [ParameterSet.Block]
    public var norm: ParameterSet.Norm
    /// `[embedding, D]`; nil where the token's features are the embedding.
    public var projection: ParameterSet.Linear?
    /// What cosines are multiplied with, and what is added then.
    public var logitScale: Float?
    public var logitBias: Float?
    /// Whose names the tensors have, in words.
    public var title: String
    /// What OpenCLIP's configuration says of the tokenizer: how texts are cleaned for one of Hugging Face's; nil elsewhere.
    public var cleaning: String?
    /// Whether the names are Hugging Face's.
    public var isHuggingFace: Bool
    /// What had to be assumed.
    public var notes: [String]
    /// The file of weights, and the folder of what lies beside it: empty or ending in a slash.
    public var path: String
    public var folder: String
    /// What the file calls its tensors.
    public var tensorNames: Set<String>
    /// The files in which tensors lie that are used in place.
    package var sources: [ParameterSource]

    /// A token that is put behind the context, filled up, and stands for the text; it comes last in a causal tower (CoCa).
    public struct ClassToken: Sendable {
        /// `[D]`
        public var embedding: Tensor
        /// What fills a context up, which is not to be seen.
        public var padding: Int
        /// Whether exactly the fill is not seen. OpenCLIP's first such models have all that one place further on: what stands behind a
        /// token of fill is not seen, and so the class token does not see itself.
        public var isMaskExact: Bool
    }

    /// Tokens of a context, as a text has them.
    public var contextLength: Int { positions.shape[0] - (classToken == nil ? 0 : 1) }
    /// How many different tokens there are.
    public var vocabularyCount: Int { tokens.shape[0] }
    /// Numbers of an embedding.
    public var embeddingWidth: Int { projection?.weight.shape[0] ?? width }

    /// The path of a file of parameters that is not what it was when it was loaded; nil where all are.
    package var changedPath: String? { sources.lazy.compactMap(\.changedPath).first }
}
