import Checkpoints
import Glibc
import Images
import Tensors
import VisionTransformer

/// A picture's segmentation at several sizes, averaged.
///
/// The picture is brought to each size, the decoder's logits are brought back to the picture's size (bilinear, half-pixel
/// centers), averaged and put through a soft-max. Squares are made as the published code tests its models: bilinear on 8
/// bits, without anti-aliasing.
public struct MultiScaleSegmentation: Sendable, Hashable, Codable {
    /// Sides in pixels: of the squares, multiples of the model's `inputStep`, or of the larger side to aim for.
    public var sides: [Int]
    /// `square` as published; `fit` keeps the picture's aspect.
    public var resize = ResizeMode.square
    /// Whether the mirror image is segmented too.
    public var flip = false
    /// The power of the classes' probabilities that those of their labels are multiplied with, which keeps a class that the
    /// classifier does not see from single spots; 0 leaves the classifier out.
    public var gate = 0.0
    /// Refines the probabilities.
    public var field: DenseCRF?

    /// The published sizes.
    public static let publishedSides = [256, 320, 480]

    public init(sides: [Int] = Self.publishedSides, resize: ResizeMode = .square, flip: Bool = false, gate: Double = 0, field: DenseCRF? = nil) {
        self.field = field
        self.sides = sides
        self.resize = resize
        self.flip = flip
        self.gate = gate
    }

    /// How a model's decoder is asked where nobody says otherwise: the published one as it was published; the light one as
    /// its recipe says, else at the model's own size and its mirror image, with what the classifier sees, and a field.
    public static func usual(for parameters: ParameterSet) -> MultiScaleSegmentation {
        guard parameters.decoder == nil, parameters.lightDecoder != nil else { return MultiScaleSegmentation() }
        let size = parameters.configuration.inputSize, usual = parameters.configuration.segmentation ?? .init()
        return MultiScaleSegmentation(
            sides: usual.scales.isEmpty ? [max(size.height, size.width)] : usual.scales, resize: .fit, flip: usual.flip,
            gate: usual.gate, field: usual.crf ? .light : nil)
    }

    /// The field that refines the answer of a model's decoder where one is asked for.
    public static func usualField(for parameters: ParameterSet) -> DenseCRF { parameters.lightDecoder == nil ? DenseCRF() : .light }

    /// How a model's decoder is usually asked, in words; nil where it has none.
    public static func usualSummary(for parameters: ParameterSet) -> String? {
        parameters.hasDecoder ? usual(for: parameters).summary : nil
    }

    /// In words: `320 px, fit, mirror image too, gate 1`.
    public var summary: String {
        let size = sides.map(String.init).joined(separator: ", ") + " px, \(resize.rawValue)"
        return size + (flip ? ", mirror image too" : "") + (field == nil ? "" : ", CRF") + (gate > 0 ? ", gate \(gate == gate.rounded() ? "\(Int(gate))" : "\(gate)")" : "")
    }

    /// Probabilities of every label at every pixel of the picture; plane 0 is the background.
    ///
    /// Memory: about 8 bytes a label and pixel.
    ///
    /// - Parameters:
    ///   - guide: the picture at the size of the result, and by whose colors it is refined; the picture itself where not given.
    ///   - kept: the labels that pixels may get, of which the field knows; all where not given.
    /// - Throws: `ModelError`, or `CancellationError`.
    public func probabilities(
        of picture: RGBImage, guide: RGBImage? = nil, keeping kept: [Int]? = nil, by model: SegmentationModel,
        isCancelled: () -> Bool = { false }
    ) throws -> PixelMaps {
        let guide = guide ?? picture
        // What the passes took is given back before the field begins.
        var maps = try averaged(picture, guide.width, guide.height, model, isCancelled)
        if let kept, kept.count < maps.classes.count { maps = maps.keeping(kept) }
        var memo = RefinerMemo()
        try field?.refine(&maps, guide: guide, compute: model.transformer.compute, memo: &memo) {
            if isCancelled() { throw CancellationError() }
        }
        return maps
    }

    /// The average over sizes and mirror images, through the soft-max.
    private func averaged(
        _ picture: RGBImage, _ width: Int, _ height: Int, _ model: SegmentationModel, _ isCancelled: () -> Bool
    ) throws -> PixelMaps {
        let compute = model.transformer.compute
        let preprocessing = model.transformer.configuration.preprocessing
        guard !sides.isEmpty else { throw ModelError.input("no size to segment at") }
        guard picture.width > 0, picture.height > 0 else { throw ModelError.input("a picture without pixels") }
        try check(model.transformer.configuration)
        var total: FeatureMap?, classLogits: [Float] = []
        for side in sides {
            for isMirrored in flip ? [false, true] : [false] {
                var shown = picture, size = ModelConfiguration.Size(height: side, width: side)
                switch resize {
                case .square: shown = picture.resizedBetweenNeighbors(width: side, height: side)
                case .fit: size = try resize.inputSize(width: picture.width, height: picture.height, for: model.transformer.configuration, side: side)
                }
                if isMirrored { shown = shown.mirrored }
                let answer = try model.answer(to: shown.modelInput(size, preprocessing), isCancelled: isCancelled)
                let map = isMirrored ? answer.map.mirrored(in: model.workspace) : answer.map
                let logits = map.resized(
                    height: height, width: width, alignCorners: false, compute: compute, in: model.workspace)
                if let total { total.transform(adding: logits, compute: compute) } else { total = logits }
                classLogits = classLogits.isEmpty ? answer.classes : zip(classLogits, answer.classes).map { $0 + $1 }
            }
        }
        guard let total else { throw ModelError.input("no size to segment at") }
        let (base, labels, kernels) = (total.values.base, total.channels, compute.kernels)
        let scale = 1 / Float(sides.count * (flip ? 2 : 1))
        if gate > 0, classLogits.count == labels - 1 {
            // log σ(y), on the scale of the sum of the views.
            let shifts = [0] + classLogits.map { Float(gate) * -log1pf(expf(-$0 * scale)) / scale }
            shifts.withUnsafeBufferPointer { total.transform(shift: $0.baseAddress, compute: compute) }
        }
        total.forPositions(compute) { kernels.softmax(base + $0.lowerBound * labels, labels, $0.count, labels, scale) }
        // What the sizes' passes leave behind would stand beside the result.
        if total.positions > Self.largePixels { model.transformer.releaseIdleMemory() }
        return PixelMaps(classes: Array(0..<labels), height: total.height, width: total.width, values: total.planeValues)
    }

    private static let largePixels = 2_000_000

    /// - Throws: `ModelError` where a size is none, or its pass would take more memory than the machine has.
    public func check(_ configuration: ModelConfiguration) throws(ModelError) {
        for side in sides {
            guard side > 0 else { throw .input("a size of \(side) pixels") }
            let size = ModelConfiguration.Size(height: side, width: side)
            // The decoder's pass keeps one block's trace at a time.
            try ResizeMode.check(configuration.passByteCount(size, blocks: 1), size, hint: "--scales")
        }
    }

    /// About how many bytes labeling a picture takes, apart from the program and the model's parameters.
    ///
    public func memory(
        width: Int, height: Int, labels: Int, configuration: ModelConfiguration
    ) -> (passes: Int, picture: Int) {
        let pixels = width * height, values = MemoryLayout<Float>.stride * labels * pixels
        let largest = sides.map { configuration.passByteCount(.init(height: $0, width: $0), blocks: 2) }.max() ?? 0
        let refining = field != nil ? DenseCRF.byteCount(height: height, width: width, labels: labels) : 0
        // Logits of one size and the sum, then probabilities and their planes; then the file, or the label map.
        return (Int(min(1.5 * largest, 1e15)), max(ImageLimits.decodingSize * pixels, 3 * pixels + values + max(values, refining, 16 * pixels)))
    }
}

extension PixelMaps {
    /// The position of the largest plane at every pixel, the first of equals; row by row from the top.
    public var largest: [Int] {
        let pixels = height * width
        var best = [Int](repeating: 0, count: pixels)
        var peak = Array(values.prefix(pixels))
        for position in classes.indices.dropFirst() {
            for pixel in 0..<pixels {
                let value = values[position * pixels + pixel]
                if value > peak[pixel] { (peak[pixel], best[pixel]) = (value, position) }
            }
        }
        return best
    }
}
