import Attribution
import Images
import Tensors
import VisionTransformer

/// What a picture's background keeps of its classes: for each level ρ + area, ρ what stays of a class's logit, at least 0, once the tokens of
/// the patches are dropped whose activation exceeds the level, and area their share.
///
/// Source: Wu, Zhai, Cao, "Background Activation Suppression for Weakly Supervised Object Localization" (CVPR 2022), whose training has
/// these two terms. What is asked twice is computed once.
public struct BackgroundActivation {
    /// 0.05, 0.1 … 0.95.
    public static let levels = (1...19).map { Double($0) / 20 }
    private let model: VisionTransformer
    /// `[channels, height, width]`, normalized.
    private let pixels: Tensor
    private let isCancelled: () -> Bool
    private var known: [Set<Int>: [Float]] = [:]

    public init(_ model: VisionTransformer, pixels: Tensor, isCancelled: @escaping () -> Bool = { false }) {
        (self.model, self.pixels, self.isCancelled) = (model, pixels, isCancelled)
    }

    /// ρ + area at each level; nil where the class's logit is not above 0.
    ///
    /// - Parameters:
    ///   - activations: of each patch, row by row, 0…1.
    ///   - index: the class, among the logits.
    /// - Throws: `ModelError`, also where the head cannot do without a patch; `CancellationError`.
    public mutating func costs(_ activations: [Float], class index: Int) throws -> [Double]? {
        let whole = try logits(keeping: Set(activations.indices))
        guard whole.indices.contains(index), whole[index] > 0 else { return nil }
        return try Self.levels.map { level in
            let below = Set(activations.indices.filter { !(Double(activations[$0]) > level) })
            let area = 1 - Double(below.count) / Double(activations.count)
            // Without any patch nothing stays.
            let rest = below.isEmpty ? 0 : try logits(keeping: below)[index]
            return min(Double(max(rest, 0) / whole[index]), 1) + area
        }
    }

    private mutating func logits(keeping patches: Set<Int>) throws -> [Float] {
        if let logits = known[patches] { return logits }
        let made = try model.logits(of: pixels, under: Intervention(patches: patches), isCancelled: isCancelled)
        known[patches] = made
        return made
    }
}

extension LabelPipeline {
    /// The level at which ρ + area (``BackgroundActivation``) is least, the mean over the classes; as a threshold it is ours. Up to 19 passes a
    /// class over the patches that stay. One half where no class has a logit above 0.
    ///
    /// - Parameter maps: the classes' activations at the picture's size, 0…1.
    public func backgroundActivationLevel(_ maps: PixelMaps, picture: RGBImage, isCancelled: () -> Bool = { false }) throws -> Double {
        guard !maps.classes.isEmpty, let view = try views(width: picture.width, height: picture.height).first(where: { !$0.isMirrored }) else { return 0.5 }
        let patch = model.configuration.patch, (rows, columns) = (view.size.height / patch.height, view.size.width / patch.width)
        return try withoutActuallyEscaping(isCancelled) { isCancelled in
            var background = BackgroundActivation(
                model, pixels: picture.modelInput(view.size, model.configuration.preprocessing), isCancelled: isCancelled)
            var sums = [Double](repeating: 0, count: BackgroundActivation.levels.count), isKnown = false
            for (place, index) in maps.classes.enumerated() {
                guard let costs = try background.costs(Self.means(maps, place, rows: rows, columns: columns), class: index) else { continue }
                isKnown = true
                for level in sums.indices { sums[level] += costs[level] }
            }
            guard isKnown, let least = sums.min(), let best = sums.firstIndex(of: least) else { return 0.5 }
            return BackgroundActivation.levels[best]
        }
    }

    /// A plane's mean in every patch.
    private static func means(_ maps: PixelMaps, _ place: Int, rows: Int, columns: Int) -> [Float] {
        var sums = [Double](repeating: 0, count: rows * columns), counts = [Int](repeating: 0, count: rows * columns)
        for (pixel, value) in maps.plane(place).enumerated() {
            let patch = pixel / maps.width * rows / maps.height * columns + pixel % maps.width * columns / maps.width
            sums[patch] += Double(value)
            counts[patch] += 1
        }
        return zip(sums, counts).map { $1 > 0 ? Float($0 / Double($1)) : 0 }
    }
}
