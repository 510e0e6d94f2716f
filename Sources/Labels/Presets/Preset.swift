import Attribution

/// Everything that decides a label map but the picture: what is tuned in the explorer and run over a data set.
public struct Preset: Sendable, Hashable {
    /// The name shown; for built-in presets also the one they are chosen by.
    public var name: String
    /// The model it was tuned with, by name or path; empty for any. For the reader's information.
    public var model: String
    /// ``MapMethod/identifier`` of the method.
    public var method: String
    /// What each class is set against before its map is made; nil for nothing.
    public var contrast: Contrast? = nil
    /// What a class's map is of; but a logit only where there is no ``contrast``.
    public var score: Score = .logit
    /// The layers that are fused.
    public var layers: Layers
    public var fusion: LayerFusion.Kind
    /// What each layer counts in the fusion, layer 0 first, 0 to 1000; those that are not listed count 1, and 0 leaves one out.
    public var weights: [Double] = []
    public var resize: ResizeMode
    /// The side of the model's input to aim for; nil is the model's own.
    public var size: Int?
    /// Sizes the picture is shown to the model in, as factors of its input size; the maps are summed.
    public var scales: [Double]
    /// Whether the mirrored picture is shown too, and its maps, mirrored back, are added.
    public var flip: Bool
    /// Whether the maps of two by two tiles join those of the whole, and how; nil leaves them out.
    public var tiles: TileMerge? = nil
    /// Whether present classes share each patch: x_c ← x_c · h_c / Σ h, with h each fused map over its largest value. A
    /// patch that two classes claim goes to the stronger one.
    public var share: Bool
    /// The share of the decoder's answer in the class maps, 0…1: 0 leaves it out, 1 leaves out the method's maps.
    public var decoder: Double
    /// In the order they are applied; those on patches come before those on pixels.
    public var refiners: [RefinerSetting]
    public var upsampling: Upsampling
    public var normalization: MapNormalization
    public var saliency: SaliencySetting
    /// What computed saliency must exceed, 0…1; nil is Otsu's level, found anew for each picture.
    public var saliencyLevel: Double?
    public var completion: LabelCompletion
    /// What it reached where it was tuned; nil where nobody said. For the reader's information.
    public var reached: PresetFigure? = nil

    /// What a map is of.
    public enum Score: String, Sendable, Hashable, CaseIterable {
        /// The class's logit.
        case logit
        /// Its probability among the picture's classes and the background's words (CLIP-ES); among all classes where those are fewer
        /// than two.
        case softMax = "soft-max"
    }

    /// What a class is set against.
    public enum Contrast: Sendable, Hashable {
        /// The three classes whose logits are nearest (FinerCAM).
        case nearest
        /// A class by its name; it itself is not set against itself.
        case named(String)
    }

    /// Which layers are fused.
    public enum Layers: Sendable, Hashable {
        /// From the middle block to the last.
        case upperHalf
        /// From a layer, counted from 0, to the last.
        case from(Int)
        /// The last layers, at least one.
        case last(Int)

        /// The layers in a model of a depth; nil where it has none of them.
        public func range(depth: Int) -> ClosedRange<Int>? {
            let first =
                switch self {
                case .upperHalf: depth / 2
                case .from(let layer): layer
                case .last(let count): max(0, depth - max(count, 1))
                }
            return first >= 0 && first < depth ? first...depth - 1 : nil
        }
    }

    /// The fusion of a range of layers.
    public func layerFusion(of layers: ClosedRange<Int>) -> LayerFusion {
        LayerFusion(fusion, weights: Dictionary(uniqueKeysWithValues: layers.map { layer in
            (layer, layer < weights.count ? Float(weights[layer]) : 1)
        }))
    }

    public init(
        name: String, model: String = "", method: String = "getam", layers: Layers = .upperHalf, fusion: LayerFusion.Kind = .sum,
        resize: ResizeMode = .fit, size: Int? = nil, scales: [Double] = [1], flip: Bool = false, share: Bool = false, decoder: Double = 0,
        refiners: [RefinerSetting] = [], upsampling: Upsampling = .corners, normalization: MapNormalization = .maximum,
        saliency: SaliencySetting = .none, saliencyLevel: Double? = nil, completion: LabelCompletion = LabelCompletion()
    ) {
        self.name = name
        self.model = model
        self.method = method
        self.layers = layers
        self.fusion = fusion
        self.resize = resize
        self.size = size
        self.scales = scales
        self.flip = flip
        self.share = share
        self.decoder = decoder
        self.refiners = refiners
        self.upsampling = upsampling
        self.normalization = normalization
        self.saliency = saliency
        self.saliencyLevel = saliencyLevel
        self.completion = completion
    }

    /// Checks that every number lies in its range; whether the method and the layers exist is for the model to say.
    public func validate() throws(LabelError) {
        switch layers {
        case .upperHalf: break
        case .from(let layer) where layer < 0: throw .setting("the start layer must be 0 or more")
        case .last(let count) where count < 1: throw .setting("the number of last layers must be 1 or more")
        default: break
        }
        guard weights.count <= 1000, weights.allSatisfy({ $0 >= 0 && $0 <= 1000 }) else {
            throw .setting("the weights of layers must be 0 to 1000")
        }
        if let size, !(1...8192).contains(size) { throw .setting("the size must be 1 to 8192") }
        guard (1...16).contains(scales.count), scales.allSatisfy({ $0 >= 0.1 && $0 <= 10 }) else {
            throw .setting("the scales must be 1 to 16 factors from 0.1 to 10")
        }
        guard (0...1).contains(decoder) else { throw .setting("the decoder's share must be 0 to 1") }
        guard refiners.count <= 16 else { throw .setting("there may be at most 16 refiners") }
        for refiner in refiners { try refiner.validate() }
        let firstOnPixels = refiners.firstIndex { !$0.worksOnPatches } ?? refiners.count
        guard refiners[firstOnPixels...].allSatisfy({ !$0.worksOnPatches }) else {
            throw .setting("refiners on patches must come before those on pixels (pamr, par, geodesic, dense-crf)")
        }
        if case .files(let threshold) = saliency, !(threshold >= 0 && threshold <= 1e6) {
            throw .setting("the saliency threshold must be 0 or more")
        }
        if let saliencyLevel, !(0...1).contains(saliencyLevel) { throw .setting("the saliency level must be 0 to 1") }
        if score != .logit, contrast != nil {
            throw .setting("\"score\": \"\(score.rawValue)\" and \"contrast\" both say what maps are of; give one of them")
        }
        try completion.validate()
    }
}
