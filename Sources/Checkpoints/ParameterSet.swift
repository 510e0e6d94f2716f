import Files
import Tensors

/// The parameters of one Vision Transformer, whatever file and naming scheme they came from.
///
/// Weights are `[out, in]`, as PyTorch keeps them: y = x·Wᵀ + b. Float32 tensors of a mapped file are used in place.
public struct ParameterSet: Sendable {
    /// A linear layer; no bias means zero.
    public struct Linear: Sendable {
        /// `[out, in]`
        public var weight: Tensor
        /// `[out]`
        public var bias: Tensor?
        public init(weight: Tensor, bias: Tensor?) {
            self.weight = weight
            self.bias = bias
        }
    }

    /// A norm's scale and shift, both `[width]`.
    public struct Norm: Sendable {
        /// What a token is divided by.
        public enum Kind: String, Sendable, Codable {
            /// Its deviation, once its mean is taken away.
            case layer
            /// The root of its mean square (Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019).
            case rootMeanSquare
        }

        public var weight: Tensor
        /// Zeros, and no parameter, of an RMS norm.
        public var bias: Tensor
        public let kind: Kind
        /// Whether weight and bias are parameters; else they are ones and zeros, which are no one's to change.
        public private(set) var hasWeights = true

        /// A norm that only divides, and of a layer norm takes the mean away.
        package static func plain(_ width: Int, _ kind: Kind) -> Norm {
            var norm = Norm(weight: Tensor(shape: [width], [Float](repeating: 1, count: width)), bias: Tensor(shape: [width]), kind: kind)
            norm.hasWeights = false
            return norm
        }

        public init(weight: Tensor, bias: Tensor, kind: Kind = .layer) {
            self.weight = weight
            self.bias = bias
            self.kind = kind
        }
    }

    /// Norms behind a block's layers: x + norm(f(x)).
    public struct OutputNorms: Sendable {
        /// `[width]` both.
        public var attention: Norm
        public var feedForward: Norm
    }

    /// What the patches' mean goes through, number by number: mean ⊙ factor + shift. No parameter that is trained.
    public struct Standardization: Sendable {
        /// `[width]` both.
        public var factor: Tensor
        public var shift: Tensor
    }

    /// One block. Its norms stand before attention and MLP, or behind them where it ``normsOutputs``.
    public struct Block: Sendable {
        public var norm1: Norm
        /// Views of one `[3·width, width]` tensor where the file keeps them so.
        public var query: Linear
        public var key: Linear
        public var value: Linear
        /// Norms of each head's queries and keys, both `[head width]`; of each half of them where attention is ``differential``.
        public var queryNorm: Norm?
        public var keyNorm: Norm?
        /// The norm of the heads' outputs before the projection, `[width]` (EVA-02, BEiT-3).
        public var attentionNorm: Norm?
        public var projection: Linear
        /// LayerScale after attention, `[width]`.
        public var scale1: Tensor?
        public var norm2: Norm
        /// `[hidden, width]`; with a gate `[2·hidden, width]`, the gate's rows first.
        public var expand: Linear
        /// The norm of the hidden layer before ``contract``, `[hidden]`.
        public var hiddenNorm: Norm?
        public var contract: Linear
        /// LayerScale after the MLP, `[width]`.
        public var scale2: Tensor?
        /// Whether the MLP reads norm 1's output, side by side with attention. Norm 2 is norm 1 then.
        public var isParallel = false
        /// Where attention is the difference of two soft-maxes; nil elsewhere.
        public var differential: Differential?
        /// Whether the norms are of what attention and MLP give, before it is added to the tokens: x + norm(f(x)).
        public var normsOutputs = false
        /// Norms of what attention and MLP give, in a block that has ``norm1`` and ``norm2`` before them (Gemma); nil of others.
        public var outputNorms: OutputNorms?
        /// The norm of each head's values, without weights; nil where there is none.
        public var valueNorm: Norm?

        public init(
            norm1: Norm, query: Linear, key: Linear, value: Linear, projection: Linear, scale1: Tensor?,
            norm2: Norm, expand: Linear, contract: Linear, scale2: Tensor?,
            queryNorm: Norm? = nil, keyNorm: Norm? = nil
        ) {
            self.norm1 = norm1
            self.query = query
            self.key = key
            self.value = value
            self.projection = projection
            self.scale1 = scale1
            self.norm2 = norm2
            self.expand = expand
            self.contract = contract
            self.scale2 = scale2
            self.queryNorm = queryNorm
            self.keyNorm = keyNorm
        }
    }

    /// Attention as softmax(q₁k₁ᵀ/√d) − λ·softmax(q₂k₂ᵀ/√d), each with its half of a head's queries and keys (Ye et al.,
    /// "Differential Transformer", 2024).
    public struct Differential: Sendable {
        /// λ.
        public var share: Float
        /// The RMS norm of each head's output, `[head width]`, times one less the λ that training began with.
        public var norm: Norm
        /// Added to the mean square in it.
        public static let normEpsilon: Float = 1e-5

        public init(share: Float, norm: Norm) {
            self.share = share
            self.norm = norm
        }
    }

    /// What pools the tokens after the final norm: a learned query's attention, and where there is one, an MLP added to what it gives.
    public struct AttentionPool: Sendable {
        /// What the query is made of, `[1, pooled]`.
        public var latent: Tensor
        /// `[pooled, pooled]`; nil where the latent is the query itself.
        public var query: Linear?
        /// `[pooled, width]` both.
        public var key: Linear
        public var value: Linear
        /// `[pooled, pooled]`
        public var projection: Linear
        public var mlp: MLP?
        /// Numbers of the pooled vector: the tokens' width, but for CoCa.
        public var width: Int { projection.weight.shape[0] }

        public struct MLP: Sendable {
            public var norm: Norm
            public var expand: Linear
            public var contract: Linear
        }
    }

    /// What makes one token of every square of patches after the final norm, before the tokens' mean is taken (Qwen3-VL, DeepSeek).
    public struct PatchMerger: Sendable {
        /// `[hidden, side²·width]`: reads a square's patches row by row, and GELU follows.
        public var expand: Linear
        /// `[merged, hidden]`; nil where the hidden layer is what is given.
        public var contract: Linear?
        /// Numbers of a merged token.
        public var width: Int { contract?.weight.shape[0] ?? expand.weight.shape[0] }
    }

    public var configuration: ModelConfiguration
    /// `[width, channels·patch.height·patch.width]`
    public var patchEmbedding: Linear
    /// The norm of what the patch embedding gives, before positions are added (AIMv2).
    public var patchNorm: Norm?
    /// `[prefixTokens, width]`: class, distillation, registers, in token order.
    public var prefix: Tensor
    /// `[prefix entries (all or none) + grid.height·grid.width, width]`, or `[0, width]` where there are none.
    public var positions: Tensor
    /// Radians a unit of place, `[2, layers or 1, heads or 1, head width / 2]`: first by one axis' place, then by the other's. Of a
    /// rotary position embedding; no parameter that is trained. Where halves of heads are turned apart, those are the heads here.
    public var rotaryFrequencies: Tensor?
    /// Radians by which a rotary position embedding turns the class token, `[head width / 2]`; no parameter that is trained, either.
    public var rotaryClassAngles: Tensor?
    /// The norm between embedding and first block.
    public var normBefore: Norm?
    public var blocks: [Block]
    /// The norm after the last block, over every token; absent where the file has none (`fc_norm` models).
    public var norm: Norm?
    /// In place of a class token or the patches' mean, where `configuration.attentionPool` is there.
    public var attentionPool: AttentionPool?
    /// Between the final norm and the patches' mean, where `configuration.mergedSide` is more than 1.
    public var merger: PatchMerger?
    /// The norm after pooling (`fc_norm`), for a pooled head, or CoCa's of the pool's vector; DeepSeek's and Qwen's have no weights.
    public var pooledNorm: Norm?
    /// Between the patches' mean and the norm of it (Gemma's encoder).
    public var standardization: Standardization?
    /// A layer, followed by tanh, between features and head.
    public var preLogits: Linear?
    /// `[embedding, width]`, without bias: takes the class token to the embedding that texts share (CLIP).
    public var projection: Linear?
    /// `[classes, features]`; absent without a head. For a zero-shot head the texts' embeddings, each of length one.
    public var head: Linear?
    /// What the cosines of a zero-shot head are multiplied with.
    public var logitScale: Float?
    /// What is added to them then (SigLIP).
    public var logitBias: Float?
    /// `[texts, features]`, each of length one: the background's words beside a zero-shot head. Their logits are no class's; they take
    /// part in soft-maxes that are explained, and in nothing else.
    public var background: Linear?
    /// The distillation head, where the head is `classAndDistillation`.
    public var distillationHead: Linear?
    /// Classifiers of patch tokens that were trained beside the head, in ascending order of their blocks.
    public var patchHeads: [PatchHead] = []
    /// Before the patch embedding, which then reads the stem's map; only in hybrid models.
    public var stem: Stem?
    /// The map the head reads, where it is `projectedMap`.
    public var readout: Reassembly?
    /// The segmentation decoder of a published GETAM model.
    public var decoder: Decoder?
    /// A decoder of getam's own.
    public var lightDecoder: LightDecoder?
    /// Whether there is a position embedding that is added to the tokens.
    public var hasPositions: Bool { positions.count > 0 }
    /// Whether there is one of either kind.
    public var hasDecoder: Bool { decoder != nil || lightDecoder != nil }
    /// How many more parameters the file has than ``namedTensors``, where these are made of its tensors.
    package var parameterSurplus = 0
    /// The files in which tensors lie that are used in place.
    package var sources: [ParameterSource] = []

    public init(
        configuration: ModelConfiguration, patchEmbedding: Linear, prefix: Tensor, positions: Tensor, blocks: [Block],
        norm: Norm?, pooledNorm: Norm?, head: Linear?, distillationHead: Linear?,
        normBefore: Norm? = nil, preLogits: Linear? = nil, projection: Linear? = nil, logitScale: Float? = nil
    ) {
        self.configuration = configuration
        self.patchEmbedding = patchEmbedding
        self.prefix = prefix
        self.positions = positions
        self.blocks = blocks
        self.norm = norm
        self.pooledNorm = pooledNorm
        self.head = head
        self.distillationHead = distillationHead
        self.normBefore = normBefore
        self.preLogits = preLogits
        self.projection = projection
        self.logitScale = logitScale
    }
}
