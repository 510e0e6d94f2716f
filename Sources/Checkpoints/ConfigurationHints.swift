/// What configuration files say about a model, whatever their dialect; nil where they say nothing.
struct ConfigurationHints: Sendable {
    /// What decides between class-token and pooled heads.
    enum Pooling: Sendable { case classToken, patchMean }

    var architecture: String?
    var depth: Field<Int>?
    var width: Field<Int>?
    var heads: Field<Int>?
    var hiddenWidth: Field<Int>?
    var patch: Field<ModelConfiguration.Size>?
    var imageSize: ModelConfiguration.Size?
    var queryKeyValueBias: Bool?
    var activation: ModelConfiguration.Activation?
    var normEpsilon: Float?
    var pooling: Pooling?
    /// One a class, as far as the file goes; nil where it gives no name.
    var classNames: [String?]?
    var probability: ModelConfiguration.Probability = .softmax
    var preprocessing: ModelConfiguration.Preprocessing?
    var notes: [String] = []

    /// A value and where it stands, for the line that says it contradicts the tensors.
    struct Field<Value: Sendable>: Sendable {
        let value: Value
        let path: String
        let name: String
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
}
