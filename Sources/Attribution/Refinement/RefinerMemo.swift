import Images
import Tensors

/// What refiners found of one picture, to be kept while its maps change: the affinities of ``PAMR`` or ``PAR`` and the lattice of
/// ``DenseCRF``, most of the time of either.
///
/// Memory: see ``PixelAffinity`` and ``MeanField``; both keep to a bound.
public struct RefinerMemo: Sendable {
    private var guide: RGBImage?
    private var affinity: (kind: PixelAffinity.Kind, dilations: [Int], value: PixelAffinity)?
    private var field: MeanField?

    public init() {}

    /// Every how many-th pixel of a row, and row, the kept CRF sums over; 1 for all, and where there is none.
    public var stride: Int { field?.stride ?? 1 }

    /// The affinities of a picture's pixels.
    mutating func affinity(of guide: RGBImage, _ kind: PixelAffinity.Kind = .pamr, dilations: [Int], compute: Compute) -> PixelAffinity {
        begin(guide)
        if let affinity, affinity.kind == kind, affinity.dilations == dilations { return affinity.value }
        affinity = nil
        let value = PixelAffinity(of: guide, kind, dilations: dilations, compute: compute)
        affinity = (kind, dilations, value)
        return value
    }

    /// The kernels of a CRF over a picture.
    mutating func field<Failure>(
        _ crf: DenseCRF, guide: RGBImage, labels: Int, compute: Compute, checkpoint: () throws(Failure) -> Void
    ) throws(Failure) -> MeanField {
        begin(guide)
        if let field, field.serves(crf, labels: labels) { return field.with(crf) }
        field = nil
        let value = try MeanField(crf, guide: guide, labels: labels, compute: compute, checkpoint: checkpoint)
        field = value
        return value
    }

    /// Forgets another picture.
    private mutating func begin(_ guide: RGBImage) {
        guard self.guide != guide else { return }
        self.guide = guide
        affinity = nil
        field = nil
    }
}
