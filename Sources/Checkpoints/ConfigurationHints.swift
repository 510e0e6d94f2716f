import Files

/// What configuration files say about a model, whatever their dialect; nil where they say nothing.
struct ConfigurationHints: Sendable {
    /// What decides between class-token and pooled heads.
    enum Pooling: Sendable { case classToken, patchMean }

    /// For display, and where the dialect is timm's the name that settings follow from.
    var architecture: String?
    /// The architecture in timm of another library's tower.
    var timmTower: String?
    /// Which of the architecture's weights, as timm tags them.
    var weightTag: String?
    var depth: Field<Int>?
    var width: Field<Int>?
    var heads: Field<Int>?
    var hiddenWidth: Field<Int>?
    var patch: Field<ModelConfiguration.Size>?
    var imageSize: Field<ModelConfiguration.Size>?
    var queryKeyValueBias: Bool?
    /// Whether the kind of model has no class token.
    var lacksClassToken = false
    /// Whether an attention pool is asked for.
    var poolsByAttention: Field<Bool>?
    /// Heads of an attention pool.
    var poolHeads: Field<Int>?
    /// Whether an attention pool reads the tokens before the patches, too.
    var poolReadsPrefix: Bool?
    /// Whether positions are sines and cosines, which no tensor holds.
    var hasSinePositions = false
    /// The base of a rotary position embedding's frequencies.
    var rotaryBase: Field<Float>?
    /// How timm's NaFlexViT is told to resample its position embedding.
    var positions: FlexiblePositions?
    /// The rotary position embedding that a configuration describes as a whole.
    var rotary: Field<ModelConfiguration.Rotary>?
    var activation: Field<ModelConfiguration.Activation>?
    var normEpsilon: Field<Float>?
    var hasFinalNorm: Bool?
    var pooling: Field<Pooling>?
    /// Whether the last norm is of what was pooled, not of every token.
    var normsPooled = false
    /// One a class, as far as the file goes; nil where it gives no name.
    var classNames: Field<[String?]>?
    /// What cosines with texts are divided by.
    var temperature: Field<Float>?
    var probability: Field<ModelConfiguration.Probability>?
    /// Mean and standard deviation; the interpolation of the dialect where ``interpolation`` says nothing.
    var preprocessing: Field<ModelConfiguration.Preprocessing>?
    var interpolation: Field<ModelConfiguration.Interpolation>?
    var crop: Field<ModelConfiguration.Crop>?
    /// Whether the gate's rows come after its value's in one layer for both.
    var gateIsLast = false
    var segmentation: ModelConfiguration.Segmentation?
    /// What belongs to the kind of model that the configuration names.
    var usual: Usual?
    /// Whether there was a configuration of the dialect at all.
    var isConfigured = false
    var notes: [String] = []

    /// A value and where it stands: for telling, and for the line that says it contradicts the tensors.
    struct Field<Value: Sendable>: Sendable {
        let value: Value
        let path: String
        let name: String

        var source: SettingSource { .field(path: path, name: name) }
    }

    /// A normalization of pixels that is not stated.
    struct Usual: Sendable {
        var preprocessing: ModelConfiguration.Preprocessing
        /// Whose it is.
        var title: String
        /// Whether the library itself falls back on it; otherwise it is a guess.
        var isCertain = false
    }

    /// The MLP activation a configuration calls `name`; nil for one that is not offered.
    static func activation(named name: String) -> ModelConfiguration.Activation? {
        switch name {
        case "gelu", "gelu_python", "gelu_erf": .gelu
        case "gelu_new", "gelu_pytorch_tanh", "gelu_tanh", "gelu_fast", "gelu_accurate": .geluTanh
        case "quick_gelu", "quickgelu": .quickGELU
        case "silu", "swish": .silu
        default: nil
        }
    }

    /// ImageNet's statistics, as timm, DeiT and DINO use them.
    static let imageNet = ModelConfiguration.Preprocessing(
        mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225], interpolation: .bicubic)
    /// −1…1, as Hugging Face's ViT uses them.
    static let half = ModelConfiguration.Preprocessing(
        mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5], interpolation: .bilinear)

    /// CLIP's own statistics.
    static let clip = ModelConfiguration.Preprocessing(
        mean: [0.48145466, 0.4578275, 0.40821073], standardDeviation: [0.26862954, 0.26130258, 0.27577711],
        interpolation: .bicubic)
    /// Of satellite pictures, for the DINOv3 models trained on them.
    static let satellite = ModelConfiguration.Preprocessing(
        mean: [0.43, 0.411, 0.296], standardDeviation: [0.213, 0.156, 0.143], interpolation: .bicubic)
    /// 0…1 as it is.
    static let plain = ModelConfiguration.Preprocessing(
        mean: [0, 0, 0], standardDeviation: [1, 1, 1], interpolation: .bicubic)
}

extension JSONConfig {
    /// The value read from the field `key`, with its place; nil where there is none.
    func field<Value: Sendable>(_ key: String, _ value: Value?) -> ConfigurationHints.Field<Value>? {
        value.map { .init(value: $0, path: path, name: qualified(key)) }
    }

    /// A whole number from 1 with its place.
    func field(_ key: String) throws(FileError) -> ConfigurationHints.Field<Int>? { field(key, try integer(key)) }
}
