import Checkpoints
import Images
import Tensors
import VisionTransformer

/// A picture's segmentation at several sizes, averaged, as the published code tests its models.
///
/// The picture is squashed to a square of each size (bilinear on 8 bits, without anti-aliasing), the decoder's logits are
/// brought back to the picture's size (bilinear, half-pixel centers), averaged and put through a soft-max.
public struct MultiScaleSegmentation: Sendable, Hashable, Codable {
    /// Sides of the squares in pixels; multiples of the model's `inputStep`.
    public var sides: [Int]

    /// The published sizes.
    public static let publishedSides = [256, 320, 480]

    public init(sides: [Int] = Self.publishedSides) { self.sides = sides }

    /// Probabilities of every label at every pixel of the picture; plane 0 is the background.
    ///
    /// Memory: about 8 bytes a label and pixel.
    ///
    /// - Throws: `ModelError`, or `CancellationError`.
    public func probabilities(
        of picture: RGBImage, by model: SegmentationModel, isCancelled: () -> Bool = { false }
    ) throws -> PixelMaps {
        let compute = model.transformer.compute
        let preprocessing = model.transformer.configuration.preprocessing
        guard !sides.isEmpty else { throw ModelError.input("no size to segment at") }
        guard picture.width > 0, picture.height > 0 else { throw ModelError.input("a picture without pixels") }
        try check(model.transformer.configuration)
        var total: FeatureMap?
        for side in sides {
            let size = ModelConfiguration.Size(height: side, width: side)
            let square = picture.resizedBetweenNeighbors(width: side, height: side)
            let logits = try model.logitMap(
                of: square.modelInput(size, preprocessing), isCancelled: isCancelled
            ).resized(
                height: picture.height, width: picture.width, alignCorners: false, compute: compute, in: model.workspace)
            if let total { total.transform(adding: logits, compute: compute) } else { total = logits }
        }
        guard let total else { throw ModelError.input("no size to segment at") }
        let (base, labels, kernels) = (total.values.base, total.channels, compute.kernels)
        let scale = 1 / Float(sides.count)
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
    /// - Parameter crf: whether the probabilities are refined.
    public func memory(
        width: Int, height: Int, labels: Int, configuration: ModelConfiguration, crf: Bool
    ) -> (passes: Int, picture: Int) {
        let pixels = width * height, values = MemoryLayout<Float>.stride * labels * pixels
        let largest = sides.map { configuration.passByteCount(.init(height: $0, width: $0), blocks: 2) }.max() ?? 0
        let refining = crf ? DenseCRF.byteCount(height: height, width: width, labels: labels) : 0
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
