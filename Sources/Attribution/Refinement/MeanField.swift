import Glibc
import Images
import Tensors

/// The kernels of a ``DenseCRF`` for one picture, and its iterations.
///
/// Memory is bounded (``Limits``), whatever is in the picture. Where all pixels would take more, the field is that of every
/// s-th pixel of every s-th row, colors and distances as they are: its sums over pixels are then estimated from a part of
/// them. The other pixels take the last step with it (`MeanField+Reading.swift`). s depends on the picture and the number
/// of labels alone.
///
/// Pixels hold their labels' values side by side.
package struct MeanField {
    var crf: DenseCRF
    package let sampling: PixelSampling
    let guide: RGBImage
    private let smoothness: SpatialGaussian?
    let appearance: BilateralGaussian?
    /// What pixels' places and colors are multiplied by to be in the appearance kernel's deviations.
    private let position: Float, color: Float
    /// D^{-1/2} of each kernel, a value a sample.
    private(set) var smoothnessNorm: [Float] = [], appearanceNorm: [Float] = []
    /// The smallest stride that the number of samples allowed, and what the lattice was made for.
    private let leastStride: Int, channels: Int
    private let limits: Limits
    let workspace = Workspace()

    /// The most bytes that a field takes.
    package struct Limits: Hashable, Sendable {
        /// For what is held of each pixel.
        package var samples: Int
        /// For the appearance kernel's lattice.
        package var lattice: Int

        package init(samples: Int, lattice: Int) { (self.samples, self.lattice) = (samples, lattice) }

        /// Photographs of 3.9 megapixels are refined pixel by pixel with one class, of 1.3 with four to seven.
        package static let usual = Limits(samples: 288 << 20, lattice: 256 << 20)
        /// Bytes in all.
        package var total: Int { samples + lattice }
    }

    /// Vertices of the appearance kernel's lattice; 0 without one.
    package var latticeVertices: Int {
        if case .lattice(let lattice) = appearance { lattice.vertices } else { 0 }
    }

    /// The most bytes of its lattice while it was made and while it works; 0 without one.
    package var latticePeak: Int {
        if case .lattice(let lattice) = appearance { lattice.peak } else { 0 }
    }

    /// Every how many-th pixel of a row, and row, is summed over.
    package var stride: Int { sampling.stride }

    /// Bytes for each sample: five buffers of a value a channel, two norms, the corners in the lattice.
    package static func sampleSize(labels: Int) -> Int {
        (5 * channels(labels - 1) + 2) * MemoryLayout<Float>.stride + PermutohedralLattice.pointSize
    }

    /// The least stride with which the samples of a picture keep to the limits.
    package static func leastStride(height: Int, width: Int, labels: Int, limits: Limits = .usual) -> Int {
        var stride = 1
        while PixelSampling(height: height, width: width, stride: stride).count > limits.samples / sampleSize(labels: labels) {
            stride += 1
        }
        return stride
    }

    /// The most bytes that a field takes; see ``DenseCRF/byteCount(height:width:labels:)``.
    static func byteCount(height: Int, width: Int, labels: Int, limits: Limits = .usual) -> Int {
        let stride = leastStride(height: height, width: width, labels: labels, limits: limits)
        let samples = PixelSampling(height: height, width: width, stride: stride).count
        // Photographs' lattices take about 200 bytes a sample, busy ones 600.
        return samples * sampleSize(labels: labels) + min(limits.lattice, samples * 600)
    }

    /// - Parameters:
    ///   - labels: at least 1.
    ///   - mostPairwise: most pixels whose pairs are summed one by one.
    ///   - checkpoint: called between the steps; what it throws ends the work and is thrown on.
    package init<Failure>(
        _ crf: DenseCRF, guide: RGBImage, labels: Int, mostPairwise: Int = PairwiseGaussian.mostPoints, limits: Limits = .usual,
        compute: Compute, checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        let (height, width) = (guide.height, guide.width)
        self.crf = crf
        self.guide = guide
        self.limits = limits
        // A deviation of nothing would part pixels from themselves; far below a pixel it parts them from all others.
        func usable(_ deviation: Float) -> Float { deviation > 0.01 ? min(deviation, 1e6) : 0.01 }
        let isPairwise = height * width <= mostPairwise
        // The lattice mistakes points more than 5,000 deviations apart for each other (`LatticePlacement.steps`). A color
        // deviation of 0.22 still parts neighbouring samples.
        let leastPosition = isPairwise ? 0 : hypotf(Float(width), Float(height)) / 4500
        let leastColor: Float = isPairwise ? 0 : 442 / 2000
        let position = 1 / max(usable(crf.appearanceDeviation), leastPosition)
        let color = 1 / max(usable(crf.colorDeviation), leastColor)
        (self.position, self.color) = (position, color)
        leastStride = Self.leastStride(height: height, width: width, labels: labels, limits: limits)
        channels = Self.channels(labels - 1)
        var sampling = PixelSampling(height: height, width: width, stride: leastStride)
        if crf.appearanceWeight == 0 {
            appearance = nil
        } else if isPairwise, leastStride == 1 {
            var features = [Float](repeating: 0, count: height * width * 5)
            let all = sampling
            features.withUnsafeMutableBufferPointer { features in
                guard let out = features.baseAddress else { return }
                Self.enterFeatures(guide, all, 0..<height * width, position, color, into: out)
            }
            appearance = .pairs(PairwiseGaussian(features: features, dimensions: 5, compute: compute))
        } else {
            var lattice: PermutohedralLattice?
            while lattice == nil {
                let samples = sampling
                lattice = try PermutohedralLattice(
                    points: samples.count, limit: limits.lattice, readingElsewhere: samples.stride == 1 ? nil : channels,
                    compute: compute, features: { Self.enterFeatures(guide, samples, $0, position, color, into: $1) },
                    checkpoint: checkpoint)
                // Colors are too many for the limit: half the pixels, roughly, until they are not. A single pixel always fits.
                guard lattice == nil, samples.count > 1 else { break }
                sampling = PixelSampling(
                    height: height, width: width, stride: max(samples.stride + 1, Int((Double(samples.stride) * 1.42).rounded())))
            }
            appearance = lattice.map { .lattice($0) }
        }
        self.sampling = sampling
        smoothness = crf.smoothnessWeight == 0
            ? nil
            : SpatialGaussian(
                deviation: Double(usable(crf.smoothnessDeviation)) / Double(sampling.stride), side: max(sampling.rows, sampling.columns))
        try checkpoint()
        smoothnessNorm = norms { smooth($0, 1, scratch: workspace.take(sampling.count).base, into: $1, compute) }
        appearanceNorm = norms { appear($0, 1, into: $1, compute) }
    }

    /// Gives the iterations' memory back; the kernels stay.
    func trim() {
        workspace.trim()
        if case .lattice(let lattice) = appearance { lattice.trim() }
    }

    typealias Values = UnsafeMutablePointer<Float>

    /// Places and colors of samples, in deviations: `[count, 5]`.
    private static func enterFeatures(
        _ guide: RGBImage, _ sampling: PixelSampling, _ samples: Range<Int>, _ position: Float, _ color: Float,
        into features: UnsafeMutablePointer<Float>
    ) {
        guide.samples.withUnsafeBufferPointer { guide in
            var out = features
            var (row, column) = (samples.lowerBound / sampling.columns, samples.lowerBound % sampling.columns)
            for _ in samples {
                let (y, x) = (sampling.firstRow &+ row &* sampling.stride, sampling.firstColumn &+ column &* sampling.stride)
                let pixel = (y &* sampling.width &+ x) &* 3
                out[0] = Float(x) * position
                out[1] = Float(y) * position
                for channel in 0..<3 { out[2 &+ channel] = Float(guide[pixel &+ channel]) * color }
                out += 5
                column &+= 1
                if column == sampling.columns { (row, column) = (row &+ 1, 0) }
            }
        }
    }

    /// Places and colors of any pixels of a row, in deviations: `[count, 5]`.
    func enterFeatures(row: Int, columns: Range<Int>, into features: Values) {
        let all = PixelSampling(height: sampling.height, width: sampling.width, stride: 1)
        let start = row * sampling.width
        Self.enterFeatures(guide, all, start + columns.lowerBound..<start + columns.upperBound, position, color, into: features)
    }

    /// - Parameter scratch: as many values as `values`.
    func smooth(_ values: Values, _ channels: Int, scratch: Values, into result: Values, _ compute: Compute) {
        smoothness?.filter(
            values, height: sampling.rows, width: sampling.columns, channels: channels, scratch: scratch, into: result,
            compute: compute)
    }

    func appear(_ values: Values, _ channels: Int, into result: Values, _ compute: Compute) {
        appearance?.filter(values, channels: channels, into: result, compute: compute)
    }

    /// (L·1)^{-1/2} for a filter L.
    private func norms(_ filter: (Values, Values) -> Void) -> [Float] {
        let count = sampling.count
        let (ones, sums) = (workspace.take(count), workspace.take(count))
        ones.base.update(repeating: 1, count: count)
        sums.base.update(repeating: 0, count: count)
        filter(ones.base, sums.base)
        return (0..<count).map { Self.norm(sums.base[$0]) }
    }

    static func norm(_ sum: Float) -> Float { 1 / (sum + 1e-20).squareRoot() }

    /// Channels that hold so many values a pixel.
    static func channels(_ values: Int) -> Int { BilateralGaussian.channels(values) }

    /// Whether this is what would be made for a CRF that differs at most in iterations and background, and so many labels.
    package func serves(_ crf: DenseCRF, labels: Int) -> Bool {
        var own = self.crf
        (own.iterations, own.backgroundPower) = (crf.iterations, crf.backgroundPower)
        guard own == crf else { return false }
        let least = Self.leastStride(height: sampling.height, width: sampling.width, labels: labels, limits: limits)
        // A lattice that is read elsewhere was made within a limit that depends on the channels.
        return least == leastStride && (stride == 1 || Self.channels(labels - 1) == channels)
    }

    /// The same field for a CRF that it serves.
    func with(_ crf: DenseCRF) -> MeanField {
        var field = self
        field.crf = crf
        return field
    }

    /// D^{-1/2} L D^{-1/2} applied to each plane of `maps`, a value a sample, by one of the kernels; for tests.
    package func filtered(_ maps: PixelMaps, appearance isAppearance: Bool, compute: Compute) -> PixelMaps {
        let (planes, pixels) = (maps.classes.count, sampling.count)
        let channels = Self.channels(planes)
        let (values, message) = (workspace.take(pixels * channels), workspace.take(pixels * channels))
        let norm = isAppearance ? appearanceNorm : smoothnessNorm
        for pixel in 0..<pixels {
            for plane in 0..<channels {
                values.base[pixel * channels + plane] = plane < planes ? maps.values[plane * pixels + pixel] * norm[pixel] : 0
            }
        }
        if isAppearance {
            appear(values.base, channels, into: message.base, compute)
        } else {
            smooth(values.base, channels, scratch: message.base, into: values.base, compute)
        }
        let filtered = isAppearance ? message : values
        var result = maps
        for index in result.values.indices {
            result.values[index] = filtered.base[index % pixels * channels + index / pixels] * norm[index % pixels]
        }
        return result
    }
}
