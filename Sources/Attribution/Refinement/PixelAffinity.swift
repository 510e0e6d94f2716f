import Glibc
import Images
import Tensors

/// The weights of ``PAMR`` or ``PAR`` for one picture, to be kept where maps or the number of iterations change.
///
/// Memory: 32 bytes a pixel and dilation (28 MB at 384×384 with six), and while maps are propagated 8 bytes a pixel and map.
/// Where the weights would take more than `weightLimit` they are formed anew for every propagation, band by band, and kept
/// only as long as an iteration on its way through the picture needs them (`PixelAffinity+Bands.swift`); that takes no more
/// than ``bandLimit`` for weights and ``planeLimit``, or one plane, for maps.
public final class PixelAffinity: Sendable {
    public let height: Int
    public let width: Int
    /// How weights follow from colors and places.
    public enum Kind: Sendable, Hashable { case pamr, par }
    let kind: Kind
    /// What each neighbour's weight has of its place: all sum to ``surplus``.
    let places: [Float]
    let guide: RGBImage
    let neighbours: Int
    /// Steps to the neighbours in planes with the margins that the dilations need.
    let offsets: [Int]
    let marginRows: Int, marginColumns: Int
    /// Pixels that a loop takes at a time, and how many such blocks are in a row.
    let block: Int, blocks: Int
    /// `[height, blocks, neighbours, block]`; written before they are shared.
    private let weights: MemoryBlock<Float>?

    /// Floats of weights in a row.
    var perRow: Int { blocks * neighbours * block }

    /// Most bytes of weights that are kept for one picture unless said otherwise.
    public static let usualWeightLimit = 256 << 20

    /// The affinities of a picture's pixels.
    ///
    /// - Parameters:
    ///   - kind: whose weights.
    ///   - dilations: see ``PAMR/dilations``. Beyond the picture's sides every distance means the border.
    ///   - weightLimit: most bytes of weights to keep.
    public init(
        of guide: RGBImage, _ kind: Kind = .pamr, dilations: [Int], weightLimit: Int = PixelAffinity.usualWeightLimit, compute: Compute
    ) {
        self.guide = guide
        self.kind = kind
        places = kind == .par ? Self.places(dilations) : []
        (height, width) = (guide.height, guide.width)
        block = compute.refinementKernels.block
        let extent = Extent(height: height, width: width, dilations: dilations, block: block)
        (marginRows, marginColumns, blocks) = (extent.down.max() ?? 0, extent.across.max() ?? 0, extent.blocks)
        let stride = extent.stride
        offsets = height == 0 || width == 0 ? [] : zip(extent.down, extent.across).flatMap { (dy, dx) in
            [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)].map { $0.0 * dy * stride + $0.1 * dx }
        }
        neighbours = offsets.count
        guard neighbours > 0, extent.weightBytes <= weightLimit else {
            weights = nil
            return
        }
        let weights = MemoryBlock<Float>(count: extent.weightBytes / MemoryLayout<Float>.stride)
        self.weights = weights
        let picture = pictureRows(0..<height, compute)
        compute.pool.forEach((height + Self.band - 1) / Self.band) { band in
            for y in self.rows(of: band) { self.formWeights(picture, y, into: weights.base + y * perRow, compute) }
        }
    }

    /// What a pixel's own value counts beside its neighbours' in the loops, which take weights for a sum of one.
    var surplus: Float { kind == .par ? PAR.placeShare : 0 }

    /// PAR's share of places: soft-max of −(d / (σ + 1e-8) / 0.3)², d a neighbour's distance and σ their unbiased deviation.
    private static func places(_ dilations: [Int]) -> [Float] {
        let distances = dilations.flatMap { dilation in
            [true, false, true, false, false, true, false, true].map { abs(Double(dilation)) * ($0 ? 2.0.squareRoot() : 1) }
        }
        guard distances.count > 1 else { return distances.map { _ in 0 } }
        let mean = distances.reduce(0, +) / Double(distances.count)
        let deviation = (distances.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(distances.count - 1)).squareRoot()
        let exponents = distances.map { distance in
            let scaled = distance / (deviation + 1e-8) / 0.3
            return -scaled * scaled
        }
        let greatest = exponents.max() ?? 0, weights = exponents.map { exp($0 - greatest) }, sum = weights.reduce(0, +)
        return weights.map { Float(Double(PAR.placeShare) * $0 / sum) }
    }

    /// What follows from a picture's size.
    private struct Extent {
        /// Rows and columns from a pixel to its neighbours, a dilation each. The border repeats, so a step beyond the farthest
        /// pixel ends where that pixel is.
        let down: [Int], across: [Int]
        let blocks: Int
        /// Floats from a row to the next.
        let stride: Int
        /// Bytes of all weights.
        let weightBytes: Int

        init(height: Int, width: Int, dilations: [Int], block: Int) {
            down = dilations.map { Int(min($0.magnitude, UInt(max(height - 1, 0)))) }
            across = dilations.map { Int(min($0.magnitude, UInt(max(width - 1, 0)))) }
            blocks = (width + block - 1) / block
            stride = blocks * block + 2 * (across.max() ?? 0)
            weightBytes = height * blocks * block * dilations.count * 8 * MemoryLayout<Float>.stride
        }
    }

    /// The most bytes that propagating maps over a picture of a size takes beside the maps, affinities included.
    package static func byteCount(height: Int, width: Int, planes: Int, dilations: [Int]) -> Int {
        // The widest blocks there are.
        let block = 32, extent = Extent(height: height, width: width, dilations: dilations, block: block)
        func bytes(planes: Int, rows: Int) -> Int {
            MarginedPlanes.byteCount(
                count: planes, height: rows, width: width, marginRows: extent.down.max() ?? 0,
                marginColumns: extent.across.max() ?? 0, block: block)
        }
        guard extent.weightBytes > usualWeightLimit else {
            return extent.weightBytes + max(bytes(planes: 3, rows: height), bytes(planes: 2 * planes, rows: height))
        }
        let schedule = BandSchedule(
            height: height, reach: extent.down.max() ?? 0, bandBytes: extent.weightBytes / height * band, iterations: .max)
        let plane = bytes(planes: 1, rows: height + schedule.shift)
        return schedule.ring * (extent.weightBytes / height * band) + bytes(planes: 3, rows: slab)
            + max(min(planes, planeLimit / plane), 1) * plane
    }

    /// Rows that one thread takes at a time.
    package static let band = 8
    /// Rows of the picture that weights are formed of at a time, but for those around them.
    static let slab = 128

    func rows(of band: Int) -> Range<Int> { band * Self.band..<min(height, (band + 1) * Self.band) }

    /// Some of the picture's rows, a plane a color, and those that weights of them are formed of; row 0 is the first of `rows`.
    func pictureRows(_ rows: Range<Int>, _ compute: Compute) -> MarginedPlanes {
        let planes = MarginedPlanes(
            count: 3, height: rows.count, width: width, marginRows: marginRows, marginColumns: marginColumns, block: block)
        guide.samples.withUnsafeBufferPointer { samples in
            compute.forRanges(rows.count + 2 * marginRows, multiple: 16) { range in
                for index in range {
                    let y = index - marginRows, source = min(max(rows.lowerBound + y, 0), height - 1)
                    for channel in 0..<3 {
                        let row = planes.row(y, plane: channel)
                        for x in 0..<width { row[x] = Float(samples[(source * width + x) * 3 + channel]) }
                    }
                    planes.extend(row: y, isFirst: false, isLast: false)
                }
            }
        }
        return planes
    }

    /// Adds to a row of propagated maps what the loops leave out where weights sum to more than one.
    func addOwn(_ current: MarginedPlanes, _ row: Int, to next: MarginedPlanes, _ target: Int) {
        guard surplus != 0 else { return }
        for plane in 0..<current.count {
            let (own, out) = (current.row(row, plane: plane), next.row(target, plane: plane))
            for x in 0..<width { out[x] += surplus * own[x] }
        }
    }

    /// - Parameter row: of `picture`.
    func formWeights(_ picture: MarginedPlanes, _ row: Int, into weights: UnsafeMutablePointer<Float>, _ compute: Compute) {
        withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: 3) { channels in
            for channel in 0..<3 { channels.initializeElement(at: channel, to: UnsafePointer(picture.row(row, plane: channel))) }
            switch kind {
            case .pamr: compute.refinementKernels.pamr_weights(channels.baseAddress, offsets, neighbours, blocks, weights)
            case .par: compute.refinementKernels.par_weights(channels.baseAddress, offsets, neighbours, blocks, places, weights)
            }
        }
    }

    /// Replaces every value by the weighted mean of its neighbours', `iterations` times over.
    ///
    /// - Parameters:
    ///   - maps: of the picture's size; where the work is ended early their values mean nothing.
    ///   - checkpoint: called before each iteration or as often; what it throws ends the work and is thrown on.
    public func propagate<Failure>(
        _ maps: inout PixelMaps, iterations: Int, compute: Compute, checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        precondition(maps.height == height && maps.width == width, "maps and guide differ in size")
        guard iterations > 0, neighbours > 0, !maps.values.isEmpty else { return }
        precondition(block == compute.refinementKernels.block, "formed by other loops")
        guard let weights else { return try propagateByBands(&maps, iterations: iterations, compute: compute, checkpoint: checkpoint) }
        let planes = maps.classes.count
        func margined() -> MarginedPlanes {
            MarginedPlanes(
                count: planes, height: height, width: width, marginRows: marginRows, marginColumns: marginColumns, block: block)
        }
        var (current, next) = (margined(), margined())
        maps.values.withUnsafeBufferPointer { values in
            guard let values = values.baseAddress else { return }
            for y in 0..<height {
                for plane in 0..<planes {
                    current.row(y, plane: plane).update(from: values + (plane * height + y) * width, count: width)
                }
                current.extend(row: y)
            }
        }
        for _ in 0..<iterations {
            try checkpoint()
            compute.pool.forEach((height + Self.band - 1) / Self.band) { band in
                for y in rows(of: band) {
                    compute.refinementKernels.pamr_propagate(
                        weights.base + y * perRow, offsets, neighbours, blocks, current.row(y), current.count, current.planeStride,
                        next.row(y))
                    addOwn(current, y, to: next, y)
                    next.extend(row: y)
                }
            }
            swap(&current, &next)
        }
        maps.values.withUnsafeMutableBufferPointer { values in
            guard let values = values.baseAddress else { return }
            for plane in 0..<planes {
                for y in 0..<height {
                    (values + (plane * height + y) * width).update(from: current.row(y, plane: plane), count: width)
                }
            }
        }
    }
}
