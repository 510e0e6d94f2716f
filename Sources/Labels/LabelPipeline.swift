import Attribution
import Checkpoints
import Files
import Images
import Tensors
import VisionTransformer

/// A preset at work on pictures: the one road from a picture to its labels, for the explorer, the batch and the trainer.
///
///     picture → views (scales, mirror image) → traces → maps, fused → patch refiners → joined with tiles' → upsampled, summed
///             → normalized → with the decoder's answer → pixel refiners (after PAMR normalized again) → saliency → completed
///
/// Strokes of a hand come in before either kind of refiners (``LabelConstraints``).
///
/// Values only; thread-safe as the model is.
public struct LabelPipeline: Sendable {
    public let model: VisionTransformer
    public let preset: Preset
    public let method: any ClassMethod
    /// The layers that are fused.
    public let layers: ClosedRange<Int>
    /// The class that others are set against.
    private let opponent: Int?
    /// The model's decoder, where the preset asks for its answer.
    let segmentation: SegmentationModel?

    /// - Throws: `LabelError` where the preset does not fit the model: an unknown method, one without classes or one that makes
    ///   no maps of it, layers beyond the last, no head, no decoder.
    public init(model: VisionTransformer, preset: Preset) throws(LabelError) {
        try preset.validate()
        guard let known = MapMethods.named(preset.method) else {
            throw .setting(
                "the preset's method “\(preset.method)” is not known; known are "
                    + MapMethods.all.map(\.identifier).joined(separator: ", ")
                    + NearestNames.question(preset.method, among: MapMethods.all.map(\.identifier)))
        }
        guard let method = known as? any ClassMethod else {
            throw .setting(
                "the preset's method “\(preset.method)” gives one map for all classes; labels need a map a class, by "
                    + MapMethods.all.filter(\.needsClass).map(\.identifier).joined(separator: ", "))
        }
        guard let layers = preset.layers.range(depth: model.configuration.depth) else {
            throw .setting("the preset's layers begin beyond the model's last layer, \(model.configuration.depth - 1)")
        }
        guard preset.layerFusion(of: layers).weights.values.contains(where: { $0 > 0 }) else {
            throw .setting("all of the preset's layers, \(layers.lowerBound) to \(layers.upperBound), count 0")
        }
        guard model.configuration.head != .none else {
            throw .setting("the model has no classification head, so it gives no class maps; give it one with --head")
        }
        if case .automatic(.bas) = preset.completion.background, model.configuration.needsAllPatches {
            throw .setting("the preset's level “bas” drops patches, and the model's head reads a map of all of them; choose another")
        }
        if let obstacle = method.obstacle(for: model.configuration) {
            throw .setting("the preset's method “\(preset.method)” gives no maps of this model: \(obstacle)")
        }
        if preset.score == .softMax, method.sumsLogits {
            throw .setting(
                "the preset's method “\(preset.method)” reads logits off patches, and its score, soft-max, is no sum of them; "
                    + "choose a method that follows gradients, or the score logit")
        }
        if case .named(let name)? = preset.contrast {
            do throws(UnknownClass) { opponent = try model.configuration.classIndex(name) } catch { throw .setting("the preset's contrast: \(error)") }
        } else {
            opponent = nil
        }
        do throws(ModelError) {
            segmentation = preset.decoder > 0 ? try SegmentationModel(model) : nil
        } catch {
            throw .setting("the preset takes the decoder's answer into its maps, and the model has no segmentation decoder; set \"decoder\" to 0")
        }
        self.model = model
        self.preset = preset
        self.method = method
        self.layers = layers
    }

    /// One way of showing the picture to the model.
    public struct View: Sendable, Equatable {
        public let size: ModelConfiguration.Size
        public let isMirrored: Bool

        public init(size: ModelConfiguration.Size, isMirrored: Bool) {
            self.size = size
            self.isMirrored = isMirrored
        }
    }

    /// The views the preset asks for; the first is the picture as it is at the first scale.
    public func views(width: Int, height: Int) throws(ModelError) -> [View] {
        let native = max(model.configuration.inputSize.height, model.configuration.inputSize.width)
        var views: [View] = []
        for scale in preset.scales {
            let side = max(1, Int((Double(preset.size ?? native) * scale).rounded()))
            let size = evenSize(try preset.resize.inputSize(width: width, height: height, for: model.configuration, side: side))
            views.append(View(size: size, isMirrored: false))
            if preset.flip { views.append(View(size: size, isMirrored: true)) }
        }
        return views
    }

    /// The trace of one view of a picture, with what a decoder reads where the preset asks for its answer.
    public func trace(_ picture: RGBImage, _ view: View, isCancelled: () -> Bool = { false }) throws -> Trace {
        let shown = view.isMirrored ? picture.mirrored : picture
        return try model.forward(
            shown.modelInput(view.size, model.configuration.preprocessing), options: forwardOptions, isCancelled: isCancelled)
    }

    /// What passes keep for the method and for a decoder.
    var forwardOptions: ForwardOptions {
        ForwardOptions(taps: method.readsCompleteTrace ? Set(0..<model.configuration.depth) : preset.decoder > 0 ? model.decoderTaps : [])
    }

    /// The classes' maps of one trace: fused over the layers, refined over patches, mirrored back. A method whose last layer holds
    /// what came before starts at the first of the layers, and their fusion and weights say nothing to it.
    ///
    /// - Parameters:
    ///   - layerMaps: maps that are known already, one array a class with every layer of ``layers``, lowest first.
    ///   - constraints: what a hand asks of the maps, one number a class.
    public func patchMaps(
        _ trace: Trace, _ view: View, classes: [Int], layerMaps: [[PatchMap]]? = nil, constraints: LabelConstraints? = nil,
        isCancelled: () -> Bool = { false }
    ) throws -> [PatchMap] {
        guard !classes.isEmpty else { return [] }
        let known = try layerMaps ?? self.layerMaps(trace, classes: classes, isCancelled: isCancelled)
        return try patchMaps(of: known, view, constraints: constraints, isCancelled: isCancelled) { trace }
    }

    /// What the maps of classes are of: their logits, what the preset sets them against, or their probabilities.
    ///
    /// - Parameter all: the picture's classes; `classes` where they are all.
    public func targets(_ classes: [Int], of all: [Int]? = nil) -> [ClassTarget] {
        let set = softMaxSet(all ?? classes)
        return classes.map { index in
            if let set { return .softMax(index, among: set) }
            return switch preset.contrast {
            case .nearest?: .contrast(index)
            case .named?: opponent.flatMap { $0 == index ? nil : .difference(index, $0) } ?? .logit(index)
            case nil: .logit(index)
            }
        }
    }

    /// The classes of a soft-max beside the background's words, ascending: the picture's, or none for all; nil where the maps are of no
    /// soft-max, since the preset wants none, or the model has a single logit, whose probability is 1 whatever it is.
    public func softMaxSet(_ classes: [Int]) -> [Int]? {
        let words = model.configuration.head == .zeroShot ? model.parameters.background?.weight.shape[0] ?? 0 : 0
        guard preset.score == .softMax, model.configuration.classCount + words > 1 else { return nil }
        return classes.count + words > 1 ? classes.sorted() : []
    }

    /// The classes' maps of the layers that are fused: one array a class, lowest layer first.
    func layerMaps(_ trace: Trace, classes: [Int], isCancelled: () -> Bool) throws -> [[PatchMap]] {
        var perLayer = [[PatchMap]](repeating: [], count: classes.count)
        try model.layerMaps(
            of: trace, targets: targets(classes), method: method, downTo: layers.lowerBound, isCancelled: isCancelled
        ) { perLayer[$0.position].insert($0.map, at: 0) }
        return perLayer
    }

    /// What becomes of the layers' maps: fused, refined over patches, mirrored back.
    ///
    /// - Parameter trace: the pass they are of; asked for where a refiner reads it.
    func patchMaps(
        of perLayer: [[PatchMap]], _ view: View, constraints: LabelConstraints? = nil, isCancelled: () -> Bool, trace: () throws -> Trace
    ) throws -> [PatchMap] {
        let fusion = preset.layerFusion(of: layers)
        var maps = perLayer.compactMap {
            method.fusion == .last ? $0.last : fusion.fused(Dictionary(uniqueKeysWithValues: zip(layers, $0)))
        }
        if preset.share { maps = LabelMaker.shared(maps) }
        if let constraints { maps = view.isMirrored ? constraints.seeded(maps.map(LabelMaker.mirrored)).map(LabelMaker.mirrored) : constraints.seeded(maps) }
        for refiner in preset.refiners {
            if isCancelled() { throw CancellationError() }
            if let refiner = refiner.patchRefiner(depth: model.configuration.depth, fused: layers) {
                maps = try refiner.refine(maps, trace: trace(), model: model)
            }
        }
        return view.isMirrored ? maps.map(LabelMaker.mirrored) : maps
    }

    /// The classes' maps at the picture's size, after all refiners, normalized to 0…1.
    ///
    /// - Parameters:
    ///   - first: the trace of the first view, where it is known.
    ///   - constraints: what a hand asks of the maps, at the picture's size, one number a class.
    public func classMaps(
        _ picture: RGBImage, classes: [Int], first: Trace? = nil, constraints: LabelConstraints? = nil, isCancelled: () -> Bool = { false }
    ) throws -> PixelMaps {
        var memo = RefinerMemo()
        return try classMaps(picture, classes: classes, first: first, constraints, memo: &memo, isCancelled: isCancelled)
    }

    private func classMaps(
        _ picture: RGBImage, classes: [Int], first: Trace?, _ constraints: LabelConstraints?, memo: inout RefinerMemo, isCancelled: () -> Bool
    ) throws -> PixelMaps {
        let views = try views(width: picture.width, height: picture.height)
        return try classMaps(
            views, guide: picture, classes: classes, constraints: constraints, memo: &memo, isCancelled: isCancelled
        ) { view in
            var trace = view == views.first ? first : nil
            var result = ViewMaps()
            if preset.decoder < 1 {
                let made = try trace ?? self.trace(picture, view, isCancelled: isCancelled)
                let maps = try patchMaps(made, view, classes: classes, constraints: constraints, isCancelled: isCancelled)
                result.maps = try tiled(maps, of: picture, view, classes: classes, isCancelled: isCancelled)
                trace = made
            }
            result.decoded = try decoderMaps(view, of: picture, trace: trace, classes: classes, isCancelled: isCancelled)
            return result
        }
    }

    /// What one view of a picture says of its classes, one map a class in each.
    public struct ViewMaps: Sendable {
        /// As ``tiled(_:of:_:classes:isCancelled:)`` gives them; none where the preset leaves them out.
        public var maps: [PatchMap] = []
        /// As ``decoderMaps(_:of:trace:classes:isCancelled:)`` gives them; none where the preset leaves them out.
        public var decoded: [PatchMap] = []

        public init(maps: [PatchMap] = [], decoded: [PatchMap] = []) {
            self.maps = maps
            self.decoded = decoded
        }
    }

    /// The classes' maps at a guide's size, after all refiners, in 0…1.
    ///
    /// - Parameters:
    ///   - guide: the picture at the size of the maps.
    ///   - memo: what refiners found of the guide before; renewed.
    ///   - constraints: what a hand asks of the maps, at the guide's size, one number a class; what `viewMaps` gives has taken its part.
    ///   - viewMaps: what a view says of the classes.
    public func classMaps(
        _ views: [View], guide: RGBImage, classes: [Int], constraints: LabelConstraints? = nil, memo: inout RefinerMemo,
        isCancelled: () -> Bool = { false }, viewMaps: (View) throws -> ViewMaps
    ) throws -> PixelMaps {
        var total = PixelMaps(classes: [], height: guide.height, width: guide.width, values: []), decoded = total
        guard !classes.isEmpty else { return total }
        func add(_ maps: [PatchMap], to sum: inout PixelMaps, _ upsampling: Upsampling) {
            if sum.classes.isEmpty, !maps.isEmpty {
                sum = LabelMaker.upsampled(maps, classes: classes, width: guide.width, height: guide.height, upsampling)
            } else if !maps.isEmpty {
                LabelMaker.add(maps, to: &sum, upsampling)
            }
        }
        for view in views {
            let parts = try viewMaps(view)
            add(parts.maps, to: &total, preset.upsampling)
            add(parts.decoded, to: &decoded, .centers)
        }
        // What the passes leave behind would stand beside the refiners' memory, of which large pictures take much.
        if guide.width * guide.height > Self.largePixels { model.releaseIdleMemory() }
        if !total.classes.isEmpty, !refinesRaw { preset.normalization.normalize(&total) }
        if !decoded.classes.isEmpty { join(decoded, of: views.count, to: &total) }
        try constraints?.spread(over: &total, guide: guide, compute: model.compute) { if isCancelled() { throw CancellationError() } }
        try refine(&total, guide, constraints, memo: &memo, isCancelled: isCancelled)
        constraints?.clamp(&total)
        return total
    }

    /// Whether maps go to PAMR as they are: the published code divides once, after PAMR, whose means keep a map's scale.
    private var refinesRaw: Bool {
        guard preset.normalization == .publishedMaximum, preset.decoder == 0 else { return false }
        if case .pamr? = preset.refiners.first(where: { !$0.worksOnPatches }) { return true }
        return false
    }

    /// Pictures of more pixels take so long to refine that making a pass's memory anew does not count.
    private static let largePixels = 2_000_000

    /// Takes maps in 0…1 at the picture's size through the pixel refiners, which keep that range.
    private func refine(
        _ maps: inout PixelMaps, _ picture: RGBImage, _ constraints: LabelConstraints?, memo: inout RefinerMemo, isCancelled: () -> Bool
    ) throws {
        guard !maps.classes.isEmpty else { return }
        func checkpoint() throws {
            if isCancelled() { throw CancellationError() }
        }
        for refiner in preset.refiners where !refiner.worksOnPatches {
            try checkpoint()
            switch refiner {
            case .pamr(let iterations, let dilations):
                let refiner = PAMR(iterations: iterations, dilations: dilations)
                try refiner.refine(&maps, guide: picture, compute: model.compute, memo: &memo, checkpoint: checkpoint)
                // A decoder's answer alone means what it says.
                if preset.decoder < 1 { preset.normalization.normalize(&maps) }
            case .par(let iterations, let dilations):
                let refiner = PAR(iterations: iterations, dilations: dilations)
                try refiner.refine(&maps, guide: picture, compute: model.compute, memo: &memo, checkpoint: checkpoint)
                // Its weights sum to more than one.
                preset.normalization.normalize(&maps)
            case .geodesic(let level, let rate, let margin):
                let refiner = GeodesicExpansion(level: level, rate: Float(rate), margin: margin)
                try refiner.refine(&maps, guide: picture, compute: model.compute, memo: &memo, checkpoint: checkpoint)
            case .denseCRF(let setting):
                try setting.refine(
                    &maps, guide: picture, compute: model.compute, memo: &memo, constraints: constraints, checkpoint: checkpoint)
            default: continue
            }
        }
    }

    /// The salient pixels; nil where the preset uses none.
    ///
    /// - Parameters:
    ///   - trace: of the picture as it is, for saliency from tokens; made where it is nil and needed.
    ///   - file: the saliency map's path, for saliency from files.
    public func saliency(_ picture: RGBImage, trace: Trace? = nil, file: String? = nil) throws -> Mask? {
        switch preset.saliency {
        case .none: return nil
        case .files(let threshold):
            guard let file else { throw LabelError.setting("the preset takes saliency from files: name their folder") }
            return try SaliencyFile.read(path: file, threshold: threshold)
                .resized(width: picture.width, height: picture.height)
        case .computed(let kind):
            let maps = try saliencyMaps(picture, barrier: kind.needsBarrier, tokens: kind.needsTokens, trace: trace)
            return kind.mask(barrier: maps.barrier, tokens: maps.tokens, level: preset.saliencyLevel)
        }
    }

    /// Computed saliency before it is binarized; nil what was not asked for.
    ///
    /// - Parameter trace: of the picture as it is at the first scale; made where it is nil and needed.
    public func saliencyMaps(
        _ picture: RGBImage, barrier: Bool, tokens: Bool, trace: Trace? = nil
    ) throws -> (barrier: SaliencyMap?, tokens: SaliencyMap?) {
        let byBarrier = barrier ? BarrierSaliency().map(picture) : nil
        guard tokens, let view = try views(width: picture.width, height: picture.height).first else {
            return (byBarrier, nil)
        }
        let known = try trace ?? self.trace(picture, view)
        let byTokens = TokenCut().cut(
            keys: model.patchKeys(of: known), rows: known.grid.height, columns: known.grid.width,
            compute: model.compute)?.map(width: picture.width, height: picture.height)
            // Tokens that are all alike part nothing: nothing stands out.
            ?? SaliencyMap(
                width: picture.width, height: picture.height,
                values: Array(repeating: 0, count: picture.width * picture.height))
        return (byBarrier, byTokens)
    }

    /// A picture's labels.
    ///
    /// - Parameters:
    ///   - classes: the picture's classes among the model's logits.
    ///   - labels: the number of each in the label map.
    ///   - trace: of the first of ``views(width:height:)``, where it is known; made once where it is needed.
    ///   - saliencyFile: for saliency from files.
    ///   - strokes: corrections by hand, in the picture's pixels.
    /// - Returns: the label map, the normalized maps it was made of, what classes had to exceed there, and every how many-th pixel of a
    ///   row, and row, a dense CRF summed over.
    public func labels(
        _ picture: RGBImage, classes: [Int], labels: [UInt8], trace: Trace? = nil, saliencyFile: String? = nil, strokes: NumberedStrokes? = nil,
        isCancelled: () -> Bool = { false }
    ) throws -> (labels: CompletedLabels, maps: PixelMaps, background: LabelCompletion.Background, stride: Int) {
        var known = trace
        if known == nil, case .computed(let kind) = preset.saliency, kind.needsTokens,
            let view = try views(width: picture.width, height: picture.height).first {
            known = try self.trace(picture, view, isCancelled: isCancelled)
        }
        var memo = RefinerMemo()
        let constraints = strokes?.constraints(
            pictureWidth: picture.width, pictureHeight: picture.height, width: picture.width, height: picture.height, numbers: labels)
        let maps = try classMaps(picture, classes: classes, first: known, constraints, memo: &memo, isCancelled: isCancelled)
        let stride = memo.stride
        memo = RefinerMemo()
        let mask = try saliency(picture, trace: known, file: saliencyFile)
        let activation = try Activation(maps, labels: labels)
        let completion = try completion(maps, activation, picture: picture, isCancelled: isCancelled)
        var made = try completion.labels(activation, saliency: mask)
        if let strokes, !strokes.strokes.isEmpty {
            made = CompletedLabels(labels: strokes.painted(on: made.labels).labels, saliency: made.saliency)
        }
        return (made, maps, completion.background, stride)
    }

    /// The preset's completion with the level of this picture.
    ///
    /// - Parameters:
    ///   - maps: the classes' activations at the picture's size, and `activation` those prepared.
    public func completion(
        _ maps: PixelMaps, _ activation: Activation, picture: RGBImage, isCancelled: () -> Bool = { false }
    ) throws -> LabelCompletion {
        guard case .automatic(let kind) = preset.completion.background, kind.asksModel else { return preset.completion.resolved(activation) }
        return try preset.completion.resolved(activation, found: backgroundActivationLevel(maps, picture: picture, isCancelled: isCancelled))
    }
}
