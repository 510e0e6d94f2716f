/// Where a family of checkpoints keeps each parameter: names relative to the model's prefix, without `.weight`/`.bias`.
///
/// One static value a family, one file each.
struct KeyMap: Sendable {
    enum Attention: Sendable {
        /// One `[3·width, width]` layer: query, key and value rows in this order.
        case fused(String)
        /// The same, its weight and bias named with an underscore (`in_proj_weight`), as PyTorch's own attention does.
        case packed(String)
        case separate(query: String, key: String, value: String)
        /// One layer of the MLP's hidden layer and, behind it, queries, keys and values.
        case joined(String)
    }

    /// An MLP with a gate: activation(gate) ⊙ value, then contract.
    enum Gate: Sendable {
        /// One layer, the gate's rows first.
        case packed(expand: String, contract: String)
        case split(gate: String, value: String, contract: String)
    }

    /// What belongs to a family where neither tensors nor configuration say.
    struct Defaults: Sendable {
        var normEpsilon: Float = 1e-6
        var activation = ModelConfiguration.Activation.gelu
        var resampling: ModelConfiguration.PositionResampling
        /// As `resampling`, for models with registers; the same when absent.
        var resamplingWithRegisters: ModelConfiguration.PositionResampling?
        /// What normalizes the pixels.
        var usual = ConfigurationHints.Usual(preprocessing: ConfigurationHints.imageNet, title: "ImageNet's")
        /// Whether models with these names differ in norm epsilon and activation.
        var isGuess = false
    }

    /// Whose configuration files lie beside such checkpoints. Libraries that write none have timm's.
    enum Dialect: Sendable {
        case timm, huggingFace, huggingFaceCLIP, openCLIP

        var fileName: String { self == .openCLIP ? "open_clip_config.json" : "config.json" }
        var title: String {
            switch self {
            case .timm: "timm"
            case .huggingFace, .huggingFaceCLIP: "Hugging Face"
            case .openCLIP: "OpenCLIP"
            }
        }
    }

    /// An attention pool's names.
    struct AttentionPool: Sendable {
        enum Attention: Sendable {
            /// A layer of the query, and one of keys and values, in this order.
            case queryAndRest(String, String)
            /// One layer, its weight and bias named with an underscore; where queries and tokens differ in width PyTorch's attention
            /// keeps three weights and one bias.
            case packed(String)
            /// A layer of keys and one of values; the latent is the query itself.
            case rest(key: String, value: String)
        }

        struct MLP: Sendable {
            var norm: String
            var expand: String
            var contract: String
        }

        /// What the query is made of; of several the first is the class's.
        var latent: String
        /// The norm that it goes through.
        var latentNorm: String?
        var attention: Attention
        var projection: String
        var mlp: MLP?
        /// Its heads where nothing says otherwise; nil for as many as the blocks have.
        var heads: Int?
        /// Whether it reads the tokens before the patches, too, where nothing says otherwise.
        var readsPrefix = false
        /// Whether a head that the file has reads the patches' mean instead.
        var givesWayToHead = false
    }

    /// What merges squares of patches before the head.
    struct Merger: Sendable {
        /// The two layers, of which there may be the first alone.
        var expand: String
        var contract: String
        /// Whether a square's numbers lie channel by channel, not patch by patch.
        var hasChannelsFirst = false
        /// Whether a grid that is not made of whole squares is filled up with zeros, below and on the right.
        var fillsSquares = false
    }

    /// A layer that takes the class token to where texts are.
    enum EmbeddingProjection: Sendable {
        /// `[width, embedding]`, to be multiplied from the right.
        case matrix(String)
        /// `[embedding, width]`; beside or above the prefix. The first that exists counts.
        case layer([String])
    }

    var family: ModelConfiguration.Family
    /// The family as a user knows it.
    var title: String
    /// The name every such checkpoint has, after its prefix; by it the family is recognised.
    var signature: String
    /// Other names it must have under the same prefix.
    var required: [String] = []
    /// Pieces one of which its prefix must contain; none for any prefix.
    var prefixes: [String] = []
    /// What may stand last in its prefix; nil for anything.
    var owners: Set<String>?
    var style = TensorStyle.torch
    var dialect = Dialect.timm
    var defaults: Defaults

    var classToken: String
    /// Whether there may be several class tokens, of which the head reads the mean.
    var hasClassTokens = false
    var distillationToken: String
    /// The first that exists counts.
    var registers: [String]
    var positions: String
    var patchEmbedding: String

    /// What stands before a block's number.
    var blocks: String
    var norm1: String
    var attention: Attention
    var projection: String
    /// Full names; the first that exists counts.
    var scale1: [String]
    var norm2: String
    /// Norms of what attention and MLP give, of blocks that have others before these.
    var outputNorms: (attention: String, mlp: String)?
    var expand: String
    var contract: String
    var scale2: [String]

    var norm: String
    var pooledNorm: String?
    /// A layer without which what the final norm gave of the class token goes through that norm once more; nil where it never does.
    var onceNormedFor: String?
    /// The first that exists counts; looked for beside and above the model's prefix.
    var heads: [String]
    var distillationHead: String
    /// Whether the head reads the mean of the patches before the final norm.
    var headReadsPatchesUnnormed = false

    /// A norm of what the patch embedding gives.
    var patchNorm: String?
    /// A norm between embedding and first block.
    var normPre: String?
    /// Whether it takes a configuration to say what a model without that norm reads; the patch embedding has no bias then, either.
    var isUnclearWithoutNormPre = false
    /// Biases of a fused layer's parts where they lie apart, each under its full name.
    var separateBiases: (query: String, key: String, value: String)?
    /// What a fused layer's bias is multiplied with.
    var biasMask: String?
    /// How wide heads are, where all such models have them so.
    var headWidth: Int?
    /// Whether all norms of such models are RMS norms.
    var hasRMSNorms = false
    /// Whether query, key and value may have biases each for itself.
    var hasSingleBiases = false
    /// Whether each head's values go through a norm without weights.
    var normsValues = false
    /// What scores are multiplied with before soft-max; nil for one over the root of a head's width.
    var scoreScale: Float?
    /// Ends of names of the bounds between which layers hold what they read and give.
    var bounds: [String] = []
    /// Whether there is a norm after the last block where nothing says so; nil for one.
    var hasFinalNorm: Bool?
    /// Whether a norm without weights stands between the pool and the head where nothing says so.
    var hasPlainPooledNorm = false
    /// What is taken from the patches' mean times the root of the width, and what multiplies the difference, in models that do so.
    var standardization: (shift: String, scale: String)?
    /// Whether the model itself takes pixels from 0…1 to −1…1.
    var centersPixels = false
    /// What stands before a number where a block has several attentions and MLPs side by side; names above are those of number 0.
    var severalAttentions: String?
    var severalMLPs: String?
    /// What stands before the names of an attention that is the difference of two, in models that may have one.
    var differential: String?
    /// Norms of the heads' outputs before the projection, and of the MLP's hidden layer.
    var attentionNorm: String?
    var hiddenNorm: String?
    /// The rotary position embedding that all such models have.
    var rotary: ModelConfiguration.Rotary?
    /// Periods of a rotary position embedding, or frequencies of every layer and head, where files hold them.
    var rotaryPeriods: String?
    var rotaryFrequencies: String?
    /// Angles by which it turns the class token, for half a head.
    var rotaryClassAngles: String?
    /// Whether a configuration's activation is also that of a gate.
    var activationIsGates = false
    /// The activation of a gate where no configuration names one; nil for SiLU.
    var gateActivation: ModelConfiguration.Activation?
    /// Norms of each head's query and key.
    var queryNorm: String?
    var keyNorm: String?
    var gates: [Gate] = []
    /// Other names of the MLP's two layers.
    var mlpAlternatives: [(expand: String, contract: String)] = []
    /// A layer with tanh between features and head; the first that exists counts, beside and above the prefix.
    var preLogits: [String] = []
    var embeddingProjection: EmbeddingProjection?
    var attentionPool: AttentionPool?
    var merger: Merger?
    /// What is added to a zero-shot head's logits; looked for as ``logitScale``.
    var logitBias: String?
    /// Whether the patch embedding may be a linear layer, of pixels with the channels last.
    var hasLinearPatches = false
    /// Whether such a layer is of pixels with the channels first, and has no bias.
    var linearPatchesAreBare = false
    /// How positions are resampled where it is.
    var linearResampling = ModelConfiguration.PositionResampling.bilinearAntialiased
    /// Whether the position embedding's first entry, a class token's that there is not, is added to every patch.
    var sharesFirstPosition = false
    /// How far up and left of its place a patch is read, in pixels.
    var patchOffset = 0
    /// Whether the position embedding is a grid, `[1, rows, columns, width]`, of the patches alone.
    var positionsAreGrid = false
    /// Whether it is of columns and rows, `[2, columns or rows, width]`, of which a picture takes the first ones as they are.
    var positionsAreTables = false
    /// Position embeddings of rows and of columns, `[1, rows or columns, width]` each, whose sums make such a grid.
    var axisPositions: (rows: String, columns: String)?
    /// The logarithm of what cosines are multiplied with; looked for beside and above the prefix.
    var logitScale: String?
    /// What cosines are divided by instead, where it is looked for likewise, or in the configuration.
    var temperature: String?

    /// Beginnings of names that belong to training only and do not change the logits.
    var ignorable: [String]

    /// All families, in the order in which they are tried.
    static let all: [KeyMap] = [
        .published, .huggingFaceAIM, .aim, .huggingFaceSapiens2, .openCLIPTimm, .openCLIPTimmSeparate, .huggingFaceDINOv3,
        .huggingFaceDINOv3InMemory, .dinov3, .huggingFaceTIPSWithTexts, .huggingFaceTIPS, .huggingFaceDINOv2, .huggingFaceDINOv2InMemory,
        .huggingFacePixio, .huggingFaceMSN, .huggingFaceFLAVA, .huggingFaceBLIP, .huggingFaceViTPose, .huggingFaceLayer, .huggingFaceLayers,
        .torchvision, .coca, .clip, .huggingFaceMLCD, .huggingFaceCLIP, .huggingFaceAltCLIP, .huggingFaceOWL, .huggingFaceSigLIP, .flax,
        .bigVision, .dinov2, .dino, .timmNaFlex, .timmMerged, .timmAligned, .timm, .timmSeparate, .timmJoined, .timmSeveral, .gemma,
        .gemmaEncoder,
    ]
}
