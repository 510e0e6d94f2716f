import Images
import Tensors

/// The weights of ``PAMR`` for one picture, to be kept where maps or the number of iterations change.
///
/// Memory: 32 bytes a pixel and dilation (28 MB at 384×384 with six); above `weightLimit` the weights are not kept but
/// formed anew in every iteration.
public final class PixelAffinity: Sendable {
    public let height: Int
    public let width: Int
    private let picture: MarginedPlanes
    private let neighbours: Int
    private let offsets: [Int]
    /// Blocks of pixels in a row.
    private let blocks: Int
    private let weights: Weights?

    /// `[height, blocks, neighbours, block]` weights; written before they are shared.
    private final class Weights: @unchecked Sendable {
        let base: UnsafeMutablePointer<Float>
        init(count: Int) {
            base = UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<Float>.stride, alignment: 64)
                .bindMemory(to: Float.self, capacity: count)
        }
        deinit { UnsafeMutableRawPointer(base).deallocate() }
    }

    /// Most bytes of weights that are kept for one picture unless said otherwise.
    public static let usualWeightLimit = 1 << 30

    /// The affinities of a picture's pixels.
    ///
    /// - Parameters:
    ///   - dilations: see ``PAMR/dilations``. Beyond the picture's sides every distance means the border.
    ///   - weightLimit: most bytes of weights to keep.
    public init(
        of guide: RGBImage, dilations: [Int], weightLimit: Int = PixelAffinity.usualWeightLimit, compute: Compute
    ) {
        (height, width) = (guide.height, guide.width)
        let block = compute.refinementKernels.block
        guard height > 0, width > 0 else {
            picture = MarginedPlanes(count: 0, height: 0, width: 0, marginRows: 0, marginColumns: 0, block: block)
            (neighbours, offsets, blocks, weights) = (0, [], 0, nil)
            return
        }
        // The border repeats, so a step beyond the farthest pixel ends where that pixel is.
        let down = dilations.map { Int(min($0.magnitude, UInt(guide.height - 1))) }
        let across = dilations.map { Int(min($0.magnitude, UInt(guide.width - 1))) }
        let picture = MarginedPlanes(
            count: 3, height: height, width: width, marginRows: down.max() ?? 0, marginColumns: across.max() ?? 0,
            block: block)
        guide.samples.withUnsafeBufferPointer { samples in
            compute.forRanges(guide.height, multiple: 16) { rows in
                for y in rows {
                    for channel in 0..<3 {
                        let row = picture.row(y, plane: channel)
                        for x in 0..<guide.width { row[x] = Float(samples[(y * guide.width + x) * 3 + channel]) }
                    }
                    picture.extend(row: y)
                }
            }
        }
        self.picture = picture
        offsets = zip(down, across).flatMap { (dy, dx) in
            [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)].map { $0.0 * dy * picture.stride + $0.1 * dx }
        }
        neighbours = offsets.count
        blocks = (width + block - 1) / block
        let perRow = blocks * neighbours * block
        guard neighbours > 0, perRow <= weightLimit / MemoryLayout<Float>.stride / height else {
            weights = nil
            return
        }
        let weights = Weights(count: height * perRow)
        self.weights = weights
        compute.pool.forEach((height + Self.band - 1) / Self.band) { band in
            for y in self.rows(of: band) { self.formWeights(row: y, into: weights.base + y * perRow, compute) }
        }
    }

    /// Rows that one thread takes at a time.
    private static let band = 8

    private func rows(of band: Int) -> Range<Int> { band * Self.band..<min(height, (band + 1) * Self.band) }

    private func formWeights(row: Int, into weights: UnsafeMutablePointer<Float>, _ compute: Compute) {
        withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: 3) { channels in
            for channel in 0..<3 { channels.initializeElement(at: channel, to: UnsafePointer(picture.row(row, plane: channel))) }
            compute.refinementKernels.pamr_weights(channels.baseAddress, offsets, neighbours, blocks, weights)
        }
    }

    /// Replaces every value by the weighted mean of its neighbours', `iterations` times over.
    ///
    /// - Parameters:
    ///   - maps: of the picture's size.
    ///   - checkpoint: called before each iteration; what it throws ends the work and is thrown on.
    public func propagate<Failure>(
        _ maps: PixelMaps, iterations: Int, compute: Compute, checkpoint: () throws(Failure) -> Void
    ) throws(Failure) -> PixelMaps {
        precondition(maps.height == height && maps.width == width, "maps and guide differ in size")
        guard iterations > 0, neighbours > 0, !maps.values.isEmpty else { return maps }
        let block = compute.refinementKernels.block
        precondition(block * blocks + 2 * picture.marginColumns == picture.stride, "formed by other loops")
        func planes() -> MarginedPlanes {
            MarginedPlanes(
                count: maps.classes.count, height: height, width: width, marginRows: picture.marginRows,
                marginColumns: picture.marginColumns, block: block)
        }
        var (current, next) = (planes(), planes())
        maps.values.withUnsafeBufferPointer { values in
            guard let values = values.baseAddress else { return }
            for y in 0..<height {
                for plane in 0..<maps.classes.count {
                    current.row(y, plane: plane).update(from: values + (plane * height + y) * width, count: width)
                }
                current.extend(row: y)
            }
        }
        for _ in 0..<iterations {
            try checkpoint()
            step(from: current, to: next, compute)
            swap(&current, &next)
        }
        var result = maps
        result.values.withUnsafeMutableBufferPointer { values in
            guard let values = values.baseAddress else { return }
            for plane in 0..<maps.classes.count {
                for y in 0..<height {
                    (values + (plane * height + y) * width).update(from: current.row(y, plane: plane), count: width)
                }
            }
        }
        return result
    }

    private func step(from current: MarginedPlanes, to next: MarginedPlanes, _ compute: Compute) {
        let kernels = compute.refinementKernels
        let perRow = blocks * neighbours * kernels.block
        compute.pool.forEach((height + Self.band - 1) / Self.band) { band in
            let scratch = weights == nil ? Weights(count: perRow) : nil
            for y in rows(of: band) {
                let row: UnsafeMutablePointer<Float>
                if let weights {
                    row = weights.base + y * perRow
                } else if let scratch {
                    row = scratch.base
                    formWeights(row: y, into: row, compute)
                } else {
                    return
                }
                kernels.pamr_propagate(
                    row, offsets, neighbours, blocks, current.row(y), current.count, current.planeStride, next.row(y))
                next.extend(row: y)
            }
        }
    }
}
