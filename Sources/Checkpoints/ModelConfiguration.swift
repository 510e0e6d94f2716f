/// What a Vision Transformer checkpoint is: sizes, tokens, head and the input it expects.
///
/// Every number comes from the tensors' shapes and the configuration beside them, never from a list of known names.
public struct ModelConfiguration: Sendable, Equatable, Codable {
    /// The naming scheme the tensors follow, and so the defaults that belong to it.
    public enum Family: String, Sendable, Codable { case timm, huggingFace, torchvision, clip, flax, published }

    /// The activation inside the MLP.
    public enum Activation: String, Sendable, Codable {
        /// x·Φ(x) by the error function.
        case gelu
        /// The tanh approximation of GELU.
        case geluTanh
        /// x·σ(1.702 x).
        case quickGELU
        /// x·σ(x).
        case silu
    }

    /// How a learned query pools the tokens after the final norm.
    public struct AttentionPool: Sendable, Equatable, Codable {
        /// Divides the width.
        public var heads: Int
        /// Whether it reads the tokens before the patches, too.
        public var readsPrefix: Bool
        public init(heads: Int, readsPrefix: Bool) {
            self.heads = heads
            self.readsPrefix = readsPrefix
        }
    }

    /// How the tokens after the last block become logits.
    public enum Head: String, Sendable, Codable {
        /// Final norm where there is one, then a linear layer on the class token.
        case classToken
        /// Final norm, then the mean of a linear layer on the class token and one on the distillation token.
        case classAndDistillation
        /// Mean over the patch tokens, `fc_norm`, linear layer.
        case patchMean
        /// Final norm, then a linear layer on the class token and, behind it, the mean over the patch tokens.
        case classTokenAndPatchMean
        /// Final norm and projection of the class token, then its cosine with each class's text embedding.
        case zeroShot
        /// Every patch joined with the class token, two convolutions, mean over the map, linear layer; no final norm
        /// (the published GETAM model).
        case projectedMap
        /// Final norm, attention pooling, linear layer.
        case attentionPool
        /// No head: features only.
        case none
    }

    /// How the position embedding is resampled to another grid.
    public enum PositionResampling: String, Sendable, Codable {
        /// Bicubic, a = −0.5, antialiased (timm).
        case bicubicAntialiased
        /// Bicubic, a = −0.75, no antialiasing (Hugging Face).
        case bicubic
        /// Bilinear, half-pixel centers, no antialiasing (the published GETAM model, C-RADIO).
        case bilinear
        /// The same, antialiased (SigLIP 2 for pictures of any shape).
        case bilinearAntialiased
        /// Bicubic, a = −0.75, no antialiasing, by the scale (side + 0.1)/native side (DINO, DINOv2 without registers).
        case bicubicOffset
        /// Bicubic, a = −0.75, no antialiasing, corners on corners (torchvision).
        case bicubicAligned
        /// Bilinear, no antialiasing, corners on corners (Flax).
        case bilinearAligned
    }

    public enum Interpolation: String, Sendable, Codable { case nearest, bilinear, bicubic }

    /// How logits become probabilities.
    public enum Probability: String, Sendable, Codable, CaseIterable { case softmax, sigmoid }

    /// A height and a width: pixels, patches, or pixels a patch, as the property says.
    public struct Size: Sendable, Equatable, Codable {
        public var height: Int
        public var width: Int
        public init(height: Int, width: Int) {
            self.height = height
            self.width = width
        }
    }

    /// How a picture becomes the model's input.
    public struct Preprocessing: Sendable, Equatable, Codable {
        /// Per channel, on values in 0…1.
        public var mean: [Float]
        /// Per channel, on values in 0…1.
        public var standardDeviation: [Float]
        public var interpolation: Interpolation
        public init(mean: [Float], standardDeviation: [Float], interpolation: Interpolation) {
            self.mean = mean
            self.standardDeviation = standardDeviation
            self.interpolation = interpolation
        }
    }

    /// What timm's evaluation takes of a picture, which getam shows whole.
    public struct Crop: Sendable, Equatable, Codable {
        /// The side of the part over that of the whole, above 0 to 1.
        public var share: Double
        /// Whether the whole picture is squashed into a square first; else its middle is taken.
        public var squashes: Bool
        public init(share: Double, squashes: Bool = false) {
            self.share = share
            self.squashes = squashes
        }
    }

    public var family: Family
    /// The architecture the configuration names, such as `deit_tiny_patch16_224`; for display only.
    public var architecture: String?
    /// Number of blocks.
    public var depth: Int
    /// Width of a token.
    public var width: Int
    /// Attention heads a block; divides `attentionWidth`.
    public var heads: Int
    /// Width of the MLP's hidden layer.
    public var hiddenWidth: Int
    /// Pixels a patch.
    public var patch: Size
    /// How far up and left of its place each patch is read, in pixels; what lies outside the picture is zero. Two in ViTPose, else none.
    public var patchOffset = 0
    /// Input channels (3).
    public var channels: Int
    /// The grid of patches the position embedding was made for.
    public var grid: Size
    /// The usual input in pixels, where the position embedding was made for far larger ones; nil elsewhere.
    public var usualInput: Size?
    public var hasClassToken: Bool
    /// Class tokens, of which a head reads the mean where there are several (Pixio has eight).
    public var classTokens = 1
    public var hasDistillationToken: Bool
    /// Register tokens, between the class (and distillation) token and the patches.
    public var registers: Int
    /// Whether the position embedding has entries for all prefix tokens; otherwise none of them gets one.
    public var positionCoversPrefix: Bool
    public var positionResampling: PositionResampling
    /// Whether positions are resampled to a square of the input's longer side, of which the input's grid is the upper left part.
    public var positionsKeepShape = false
    /// Whether positions are sines and cosines of rows and columns, made anew for every grid (AIMv2 for pictures of any size).
    public var hasSinePositions = false
    /// How queries and keys are turned by a patch's place; nil where they are not.
    public var rotary: Rotary?
    public var activation: Activation
    /// Added to the variance, or the mean square, in every norm.
    public var normEpsilon: Float
    public var hasLayerScale: Bool
    /// Whether the MLP multiplies its hidden layer, after the activation, with another linear layer (SwiGLU).
    public var hasGate: Bool
    /// Whether each head's queries and keys go through norms (qk-norm).
    public var hasQueryKeyNorm: Bool
    /// Whether the heads' outputs go through a norm before their projection.
    public var hasAttentionNorm = false
    /// Whether the MLP's hidden layer goes through a norm before its second layer.
    public var hasHiddenNorm = false
    /// Whether blocks have norms behind attention and MLP: x + norm(f(x)).
    public var normsOutputs = false
    /// Whether there are norms before them, too (Gemma).
    public var normsBoth = false
    /// Whether each head's values go through a norm.
    public var normsValues = false
    /// What scores are multiplied with before soft-max; nil for one over the root of what is multiplied for them.
    public var scoreScale: Float?
    /// Places in each of two position embeddings, of columns and of rows, whose first ones are added up for any grid; 0 where there
    /// is another, or none.
    public var positionTables = 0
    /// Attentions side by side in a block: their heads are those of one layer, one attention's behind the other's.
    public var attentions = 1
    /// Whether the MLP reads what attention reads, side by side with it.
    public var isParallel = false
    /// Whether what multiplies the values is the difference of two soft-maxes.
    public var isDifferential = false
    /// Whether several heads have the same keys and values.
    public var sharesKeys = false
    /// Whether patches go through a norm before positions are added to them.
    public var hasPatchNorm = false
    /// What all norms are.
    public var normKind = ParameterSet.Norm.Kind.layer
    /// Whether the tokens go through a norm before the first block.
    public var hasNormBefore: Bool
    public var head: Head
    /// Whether texts are compared with the patches' mean though there is a class token (CLIPA).
    public var comparesPatches = false
    /// What pools the tokens for the head, or for features where there is none; nil where they are pooled otherwise.
    public var attentionPool: AttentionPool?
    /// Pixels a position, along a side, of the map that convolutions before the patch embedding make; 1 without them.
    public var stemStride = 1
    /// Patches a side of the squares that become one token each before the head pools them; 1 where none do.
    public var mergedSide = 1
    /// Whether zeros stand for the patches that squares at the lower and right edge lack; else sides of the input are whole squares.
    public var fillsSquares = false
    /// Number of logits; 0 without a head.
    public var classCount: Int
    /// One name a class; a class without a name is named by its index.
    public var classNames: [String]
    public var probability: Probability
    public var preprocessing: Preprocessing
    /// What timm's evaluation takes of a picture; nil where that is not known. Nothing here goes by it.
    public var crop: Crop?
    /// How a decoder is asked where nobody says otherwise; nil where its recipe says nothing.
    public var segmentation: Segmentation?

    /// How a decoder is asked, as the recipe that trained it has it.
    public struct Segmentation: Sendable, Equatable, Codable {
        /// Sides of the input in pixels; empty for the model's own.
        public var scales: [Int]
        /// Whether the mirror image is asked too.
        public var flip: Bool
        /// The power of the classes' probabilities by which labels are weighed.
        public var gate: Double
        /// Whether a dense CRF refines the answer.
        public var crf: Bool

        public init(scales: [Int] = [], flip: Bool = true, gate: Double = 1, crf: Bool = true) {
            self.scales = scales
            self.flip = flip
            self.gate = gate
            self.crf = crf
        }
    }

    /// Whether the head, or what gives features where there is none, reads the mean of the patches and no other token.
    public var readsPatchMean: Bool {
        attentionPool == nil && (head == .patchMean || !hasClassToken || comparesPatches && (head == .zeroShot || head == .none))
    }
    /// Whether all patches together stand for the picture, by their mean or by an attention pool; else the class token does.
    public var poolsPatches: Bool { readsPatchMean || attentionPool != nil }

    /// Tokens before the first patch: class, distillation, registers.
    public var prefixTokens: Int { (hasClassToken ? classTokens : 0) + (hasDistillationToken ? 1 : 0) + registers }
    /// Width of all heads' values side by side.
    public var attentionWidth: Int { width * attentions }
    /// Width of one head's queries, keys and values; where attention is the difference of two, each has half of its queries and keys.
    public var headWidth: Int { attentionWidth / heads }

    /// What makes gradients by the parameters those of others than the file's; nil where they are its own.
    package var parameterObstacle: String? {
        if attentions > 1 { return "several attentions side by side" }
        if isDifferential { return "differential attention" }
        if isParallel { return "attention and MLP side by side" }
        if normsBoth { return "norms before and behind its layers" }
        return sharesKeys ? "keys and values that heads share" : nil
    }

    /// The input size the model takes by default, in pixels: what the position embedding was made for, but where that is the largest
    /// input there may be.
    public var inputSize: Size { usualInput ?? Size(height: grid.height * patch.height, width: grid.width * patch.width) }

    /// What the input's sides are multiples of, in pixels: whole patches, for a map's convolutions pairs of them, and whole squares of
    /// patches that are merged.
    public var inputStep: Size {
        let patches = head == .projectedMap ? 2 : fillsSquares ? 1 : mergedSide
        return Size(height: patches * patch.height, width: patches * patch.width)
    }

    /// Whether the head needs every patch in its place, and none can be dropped.
    public var needsAllPatches: Bool { head == .projectedMap || mergedSide > 1 }

    /// A configuration with every property given.
    public init(
        family: Family, architecture: String?, depth: Int, width: Int, heads: Int, hiddenWidth: Int, patch: Size,
        channels: Int, grid: Size, hasClassToken: Bool, hasDistillationToken: Bool, registers: Int,
        positionCoversPrefix: Bool, positionResampling: PositionResampling, activation: Activation,
        normEpsilon: Float, hasLayerScale: Bool, head: Head, classCount: Int, classNames: [String],
        probability: Probability, preprocessing: Preprocessing, hasGate: Bool = false, hasQueryKeyNorm: Bool = false,
        hasNormBefore: Bool = false
    ) {
        self.family = family
        self.architecture = architecture
        self.depth = depth
        self.width = width
        self.heads = heads
        self.hiddenWidth = hiddenWidth
        self.patch = patch
        self.channels = channels
        self.grid = grid
        self.hasClassToken = hasClassToken
        self.hasDistillationToken = hasDistillationToken
        self.registers = registers
        self.positionCoversPrefix = positionCoversPrefix
        self.positionResampling = positionResampling
        self.activation = activation
        self.normEpsilon = normEpsilon
        self.hasLayerScale = hasLayerScale
        self.head = head
        self.classCount = classCount
        self.classNames = classNames
        self.probability = probability
        self.preprocessing = preprocessing
        self.hasGate = hasGate
        self.hasQueryKeyNorm = hasQueryKeyNorm
        self.hasNormBefore = hasNormBefore
    }
}
