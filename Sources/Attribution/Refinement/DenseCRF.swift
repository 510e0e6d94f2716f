import Images
import Tensors

/// Mean-field inference in a fully connected conditional random field: pixels that lie near each other, and pixels of like
/// color that lie not too far, are drawn to the same label.
///
/// U = −log p clipped to 1e-5…1; Q = soft-max(−U), then `iterations` times Q = soft-max(−U + Σ_k w_k·K_k Q) with
/// K = D^{-1/2} L D^{-1/2}, D = L·1: L a Gaussian of positions, and one of positions and colors. Source: Krähenbühl and
/// Koltun, "Efficient Inference in Fully Connected CRFs with Gaussian Edge Potentials", NIPS 2011, with Potts labels.
public struct DenseCRF: PixelRefiner, Hashable, Codable {
    /// Mean-field steps; with 0 or less the labels' probabilities are only normalized.
    public var iterations: Int
    /// Weight of the kernel over positions; 0 leaves it out.
    public var smoothnessWeight: Float
    /// Deviation of that kernel in pixels.
    public var smoothnessDeviation: Float
    /// Weight of the kernel over positions and colors; 0 leaves it out.
    public var appearanceWeight: Float
    /// Deviation of that kernel's positions in pixels.
    public var appearanceDeviation: Float
    /// Deviation of that kernel's colors, in steps of 8-bit samples.
    public var colorDeviation: Float
    /// With a number, the planes are classes beside a background of probability (1 − largest)^power, which takes part but is
    /// not returned; nil where the planes are all labels there are.
    public var backgroundPower: Float?

    /// The parameters published for testing GETAM's segmentation; `backgroundPower` nil.
    /// The field that was found best on class maps (`Sources/Labels/README.md`) and on what a light decoder answers
    /// (`Sources/Training/README.md`).
    public static let light = DenseCRF(
        iterations: 5, smoothnessWeight: 3, smoothnessDeviation: 3, appearanceWeight: 6, appearanceDeviation: 60, colorDeviation: 5)

    public init(
        iterations: Int = 20, smoothnessWeight: Float = 3, smoothnessDeviation: Float = 3, appearanceWeight: Float = 4,
        appearanceDeviation: Float = 83, colorDeviation: Float = 5, backgroundPower: Float? = nil
    ) {
        self.iterations = iterations
        self.smoothnessWeight = smoothnessWeight
        self.smoothnessDeviation = smoothnessDeviation
        self.appearanceWeight = appearanceWeight
        self.appearanceDeviation = appearanceDeviation
        self.colorDeviation = colorDeviation
        self.backgroundPower = backgroundPower
    }

    /// The labels' marginal probabilities, 0…1.
    ///
    /// - Parameter maps: probabilities, 0…1; what is not a number counts as 0. They need not sum to one.
    public func refine<Failure>(
        _ maps: inout PixelMaps, guide: RGBImage, compute: Compute, memo: inout RefinerMemo,
        checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        precondition(maps.height == guide.height && maps.width == guide.width, "maps and guide differ in size")
        guard !maps.values.isEmpty else { return }
        try checkpoint()
        let field = try memo.field(self, guide: guide, labels: labels(of: maps), compute: compute, checkpoint: checkpoint)
        defer { field.trim() }
        try field.run(&maps, compute: compute, checkpoint: checkpoint)
    }

    /// The labels of maps: with a background one more.
    func labels(of maps: PixelMaps) -> Int { maps.classes.count + (backgroundPower == nil ? 0 : 1) }

    /// The marginals of labels whose probabilities `source` gives, to `sink`.
    ///
    /// - Parameter labels: at least 1; a background is one of them.
    package func refine<Failure>(
        labels: Int, guide: RGBImage, compute: Compute, memo: inout RefinerMemo, source: MeanField.Source, sink: MeanField.Sink,
        checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        try checkpoint()
        let field = try memo.field(self, guide: guide, labels: labels, compute: compute, checkpoint: checkpoint)
        defer { field.trim() }
        try field.run(labels: labels, compute: compute, source: source, sink: sink, checkpoint: checkpoint)
    }

    /// The most bytes that refining takes beside maps and picture, but for pictures that are noise throughout, which may take
    /// up to a quarter of a gigabyte.
    public static func byteCount(height: Int, width: Int, labels: Int) -> Int {
        MeanField.byteCount(height: height, width: width, labels: labels)
    }

    /// Every how many-th pixel of a row, and row, the sums go over, unless colors are too many for even these.
    public static func stride(height: Int, width: Int, labels: Int) -> Int {
        MeanField.leastStride(height: height, width: width, labels: labels)
    }
}
