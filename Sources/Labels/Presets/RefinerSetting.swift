import Attribution

/// A refiner of class maps and its numbers.
public enum RefinerSetting: Sendable, Hashable {
    /// Pixel-adaptive refinement: each pixel becomes the mean of its neighbors, weighted by likeness of color.
    case pamr(iterations: Int = 10, dilations: [Int] = [1, 2, 4, 8, 12, 24])
    /// Pixel-adaptive refinement by color and place (AFA).
    case par(iterations: Int = 10, dilations: [Int] = [1, 2, 4, 8, 12, 24])
    /// The map over patches, multiplied by the attention between patches, summed over layers.
    case patchAffinity(layers: AffinityLayers = .all, normalization: AffinityNormalization = .none, steps: Int = 1)
    /// As `patchAffinity`, from the map's own boxes alone (CLIP-ES); of layers chosen for each picture where `selects` (WeCLIP).
    case classAffinity(layers: AffinityLayers = .last(8), level: Double = 0.4, selects: Bool = false)
    /// A step of a random walk on symmetric attention, `radius` patches far (AFA).
    case affinityWalk(layers: AffinityLayers = .last(2), radius: Int = 8)
    /// Diffusion along attention, less between patches that attend to different things (after AD-CAM).
    case coupledDiffusion(layers: AffinityLayers = .fused, steps: Int = 2, share: Double = 0.5, isForward: Bool = true)
    /// The map made anew of one prototype a class, from the picture's own patches (SIPE).
    case imagePrototypes
    /// Geodesic expansion from a map's object and from around it (UM-CAM); a level of nil is found for each class.
    case geodesic(level: Double? = nil, rate: Double = 1, margin: Int = 5)
    /// Mean-field inference of a fully connected conditional random field on color and place.
    case denseCRF(DenseCRFSetting = DenseCRFSetting())

    /// Which layers' attention is summed.
    public enum AffinityLayers: Sendable, Hashable {
        case all
        /// The layers whose maps are fused.
        case fused
        /// The last layers, at least one.
        case last(Int)

        /// In a word.
        var word: String {
            switch self {
            case .all: "all"
            case .fused: "fused"
            case .last(let count): "last-\(count)"
            }
        }
    }

    /// What preset files call it.
    public var kind: String {
        switch self {
        case .patchAffinity: "patch-affinity"
        case .classAffinity: "class-affinity"
        case .affinityWalk: "affinity-walk"
        case .coupledDiffusion: "coupled-diffusion"
        case .imagePrototypes: "image-prototypes"
        case .pamr: "pamr"
        case .par: "par"
        case .geodesic: "geodesic"
        case .denseCRF: "dense-crf"
        }
    }

    /// How the affinity matrix is scaled before it is applied.
    public enum AffinityNormalization: String, Sendable, Hashable, CaseIterable {
        /// As summed.
        case none
        /// Each row to a sum of 1.
        case rows
        /// Rows and columns in turn.
        case sinkhorn
    }

    /// Whether it works on patches, before maps are upsampled; else on pixels.
    public var worksOnPatches: Bool {
        switch self {
        case .patchAffinity, .classAffinity, .affinityWalk, .coupledDiffusion, .imagePrototypes: true
        case .pamr, .par, .geodesic, .denseCRF: false
        }
    }

    /// The setting for a picture reduced by a factor: distances in pixels stand for the same part of it.
    ///
    /// - Parameter scale: above 0; 1 and more change nothing.
    public func scaled(by scale: Double) -> RefinerSetting {
        guard scale < 1 else { return self }
        switch self {
        case .patchAffinity, .classAffinity, .affinityWalk, .coupledDiffusion, .imagePrototypes: return self
        case .pamr(let iterations, let dilations): return .pamr(iterations: iterations, dilations: Self.scaled(dilations, by: scale))
        case .par(let iterations, let dilations): return .par(iterations: iterations, dilations: Self.scaled(dilations, by: scale))
        case .geodesic(let level, let rate, let margin):
            return .geodesic(level: level, rate: rate, margin: Int((Double(margin) * scale).rounded(.up)))
        case .denseCRF(var setting):
            setting.smoothnessWidth *= scale
            setting.appearanceWidth *= scale
            return .denseCRF(setting)
        }
    }

    private static func scaled(_ dilations: [Int], by scale: Double) -> [Int] {
        var scaled: [Int] = []
        for dilation in dilations.map({ max(1, Int((Double($0) * scale).rounded())) }) where !scaled.contains(dilation) {
            scaled.append(dilation)
        }
        return scaled
    }

    /// Checks that every number lies in its range.
    func validate() throws(LabelError) {
        func check(_ valid: Bool, _ name: String, _ range: String) throws(LabelError) {
            if !valid { throw .setting("\(name) must be \(range)") }
        }
        func check(_ layers: AffinityLayers) throws(LabelError) {
            if case .last(let count) = layers { try check((1...1000).contains(count), "the number of affinity layers", "1 or more") }
        }
        switch self {
        case .pamr(let iterations, let dilations), .par(let iterations, let dilations):
            let name = if case .pamr = self { "PAMR" } else { "PAR" }
            try check((1...1000).contains(iterations), "\(name)'s iterations", "1 to 1000")
            try check(!dilations.isEmpty && dilations.count <= 16 && dilations.allSatisfy { (1...512).contains($0) },
                "\(name)'s dilations", "1 to 16 numbers from 1 to 512")
        case .patchAffinity(let layers, _, let steps):
            try check(layers)
            try check((1...100).contains(steps), "the affinity steps", "1 to 100")
        case .classAffinity(let layers, let level, _):
            try check(layers)
            try check((0...1).contains(level), "the level of boxes", "0 to 1")
        case .affinityWalk(let layers, let radius):
            try check(layers)
            try check((1...1000).contains(radius), "the walk's radius", "1 to 1000 patches")
        case .coupledDiffusion(let layers, let steps, let share, _):
            try check(layers)
            try check((1...100).contains(steps), "the diffusion's steps", "1 to 100")
            try check((0...1).contains(share), "the diffusion's share", "0 to 1")
        case .imagePrototypes: break
        case .geodesic(let level, let rate, let margin):
            try check(level.map { (0...1).contains($0) } ?? true, "the expansion's level", "0 to 1")
            try check(rate > 0 && rate <= 1000, "the expansion's rate", "above 0 and at most 1000")
            try check((0...10_000).contains(margin), "the expansion's margin", "0 to 10000 pixels")
        case .denseCRF(let setting):
            try check((1...1000).contains(setting.iterations), "the CRF's iterations", "1 to 1000")
            let widths = [setting.smoothnessWidth, setting.appearanceWidth, setting.appearanceColor]
            try check(widths.allSatisfy { $0 > 0 && $0 <= 10_000 }, "the CRF's widths", "above 0")
            let weights = [setting.smoothnessWeight, setting.appearanceWeight]
            try check((0...1).contains(setting.backgroundLevel), "the CRF's background level", "0 to 1")
            try check(setting.sharpness > 0 && setting.sharpness <= 1000, "the CRF's sharpness", "above 0 and at most 1000")
            try check(weights.allSatisfy { $0 >= 0 && $0 <= 10_000 }, "the CRF's weights", "0 or more")
        }
    }
}

extension RefinerSetting {
    /// The refiner over patches; nil for one over pixels.
    ///
    /// - Parameter fused: the layers whose maps are fused.
    func patchRefiner(depth: Int, fused: ClosedRange<Int>) -> (any PatchRefiner)? {
        switch self {
        case .patchAffinity(let layers, let normalization, let steps):
            let kind: PatchAffinity.Normalization =
                switch normalization {
                case .none: .raw
                case .rows: .row
                case .sinkhorn: .sinkhorn
                }
            return PatchAffinity(layers: layers.range(depth: depth, fused: fused), normalization: kind, steps: steps)
        case .classAffinity(let layers, let level, let selects):
            return ClassAwareAffinity(layers: layers.range(depth: depth, fused: fused), level: Float(level), selects: selects)
        case .affinityWalk(let layers, let radius):
            return AffinityWalk(layers: layers.range(depth: depth, fused: fused), radius: radius)
        case .coupledDiffusion(let layers, let steps, let share, let isForward):
            return CoupledDiffusion(
                layers: layers.range(depth: depth, fused: fused), steps: steps, share: Float(share), isForward: isForward)
        case .imagePrototypes: return ImagePrototypes()
        case .pamr, .par, .geodesic, .denseCRF: return nil
        }
    }
}

extension RefinerSetting.AffinityLayers {
    /// The layers by number; nil for all.
    fileprivate func range(depth: Int, fused: ClosedRange<Int>) -> ClosedRange<Int>? {
        switch self {
        case .all: nil
        case .fused: fused
        case .last(let count): max(0, depth - count)...depth - 1
        }
    }
}

/// Numbers of the dense CRF; the defaults are those of the published test code of arXiv 2112.02841.
public struct DenseCRFSetting: Sendable, Hashable {
    public var iterations: Int
    /// Standard deviation in pixels, and weight, of the kernel on place alone.
    public var smoothnessWidth: Double
    public var smoothnessWeight: Double
    /// Standard deviations in pixels and in color steps of 0…255, and weight, of the kernel on place and color.
    public var appearanceWidth: Double
    public var appearanceColor: Double
    public var appearanceWeight: Double
    /// The activation, 0…1, at which background and class are equally likely before inference.
    public var backgroundLevel: Double
    /// How steeply probability follows activation: p = soft-max(sharpness · activations, background level among them).
    public var sharpness: Double

    public init(
        iterations: Int = 20, smoothnessWidth: Double = 3, smoothnessWeight: Double = 3, appearanceWidth: Double = 83,
        appearanceColor: Double = 5, appearanceWeight: Double = 4, backgroundLevel: Double = 0.55, sharpness: Double = 10
    ) {
        self.iterations = iterations
        self.smoothnessWidth = smoothnessWidth
        self.smoothnessWeight = smoothnessWeight
        self.appearanceWidth = appearanceWidth
        self.appearanceColor = appearanceColor
        self.appearanceWeight = appearanceWeight
        self.backgroundLevel = backgroundLevel
        self.sharpness = sharpness
    }

    /// A field on maps that become probabilities so.
    public init(_ field: DenseCRF, backgroundLevel: Double, sharpness: Double) {
        self.init(
            iterations: field.iterations, smoothnessWidth: Double(field.smoothnessDeviation),
            smoothnessWeight: Double(field.smoothnessWeight), appearanceWidth: Double(field.appearanceDeviation),
            appearanceColor: Double(field.colorDeviation), appearanceWeight: Double(field.appearanceWeight),
            backgroundLevel: backgroundLevel, sharpness: sharpness)
    }
}

extension Preset {
    /// The preset for a picture reduced by a factor: sizes in pixels stand for the same part of it.
    ///
    /// - Parameter scale: above 0; 1 and more change nothing.
    public func scaled(by scale: Double) -> Preset {
        guard scale < 1 else { return self }
        var preset = self
        preset.refiners = refiners.map { $0.scaled(by: scale) }
        preset.completion = completion.scaled(by: scale)
        return preset
    }
}

extension LabelCompletion {
    /// The completion for a picture reduced by a factor.
    ///
    /// - Parameter scale: above 0; 1 and more change nothing.
    public func scaled(by scale: Double) -> LabelCompletion {
        guard scale < 1, openingSize > 1 else { return self }
        var completion = self
        completion.openingSize = Int((Double(openingSize) * scale).rounded())
        return completion
    }
}
