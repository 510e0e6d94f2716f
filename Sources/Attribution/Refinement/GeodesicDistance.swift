import Glibc
import Images
import Tensors

/// How far every pixel of a picture lies from seeds, along the way on which colors change least.
///
/// A step goes to one of a pixel's eight neighbors and costs the channels' mean of |I_k(i) − I_k(j)| / σ_k, I_k a color channel and σ_k its
/// deviation over the picture; a distance is the least sum of steps. Exact: rows are swept down and up until nothing falls. Source: Wang et al.,
/// "DeepIGeoS" (TPAMI 2019), where an image's geodesics count colors alone (λ = 1), by raster scans in FastGeodis.
public struct GeodesicDistance: Sendable {
    public let height: Int
    public let width: Int
    /// 1 / 3σ_k of each channel; 0 where it is even.
    let scales: [Double]
    /// Samples times these, so that a step is a plain sum.
    private let channels: MarginedPlanes

    /// - Parameter picture: at least one pixel.
    public init(_ picture: RGBImage, compute: Compute) {
        (height, width) = (picture.height, picture.width)
        var sums = [0, 0, 0], squares = [0, 0, 0]
        let samples = picture.samples, count = Double(height * width)
        for pixel in 0..<height * width {
            for channel in 0..<3 {
                let value = Int(samples[3 * pixel + channel])
                sums[channel] += value
                squares[channel] += value * value
            }
        }
        let deviations = (0..<3).map { channel in
            let mean = Double(sums[channel]) / count
            return max(Double(squares[channel]) / count - mean * mean, 0).squareRoot()
        }
        scales = deviations.map { $0 > 0 ? 1 / (3 * $0) : 0 }
        channels = MarginedPlanes(
            count: 3, height: height, width: width, marginRows: 0, marginColumns: 1, block: compute.refinementKernels.block)
        for channel in 0..<3 {
            let scale = Float(scales[channel])
            for y in 0..<height {
                let row = channels.row(y, plane: channel)
                for x in 0..<width { row[x] = Float(samples[3 * (y * width + x) + channel]) * scale }
            }
        }
    }

    /// The distances from the nearest of some seeds, row by row; `limit` where there is none nearer.
    ///
    /// - Parameters:
    ///   - seeds: places of pixels, row · width + column.
    ///   - limit: above 0. What lies farther is not followed, so that the work goes by what is reached.
    ///   - checkpoint: called between the sweeps; what it throws ends the work and is thrown on.
    public func distances<Failure>(
        from seeds: [Int], upTo limit: Float = .infinity, compute: Compute, checkpoint: () throws(Failure) -> Void
    ) throws(Failure) -> [Float] {
        let kernels = compute.refinementKernels
        let found = MarginedPlanes(count: 1, height: height, width: width, marginRows: 0, marginColumns: 1, block: kernels.block)
        (found.row(0) - 1).update(repeating: .infinity, count: found.planeStride)
        for row in 0..<height { found.row(row).update(repeating: limit, count: width) }
        for seed in seeds { found.row(seed / width)[seed % width] = 0 }
        func sweep(_ window: Window, from row: Int, _ line: Int) -> Bool {
            withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: 3) { channels in
                for channel in 0..<3 {
                    channels.initializeElement(at: channel, to: UnsafePointer(self.channels.row(row, plane: channel) + window.left))
                }
                let start = found.row(row) + window.left
                return kernels.geodesic_sweep(channels.baseAddress, line, window.rows.count, window.columns.count, start) != 0
            }
        }
        // Without a limit everything is reached.
        var window = limit < .infinity ? Window(around: seeds, width: width) : Window(left: 0, top: 0, right: width - 1, bottom: height - 1)
        while let wider = window, !seeds.isEmpty {
            var isFalling = true
            while isFalling {
                try checkpoint()
                let down = sweep(wider, from: wider.top, found.stride)
                isFalling = sweep(wider, from: wider.bottom, -found.stride) || down
            }
            window = wider.widened(height: height, width: width) { found.row($0)[$1] < limit }
        }
        return (0..<height).flatMap { UnsafeBufferPointer(start: found.row($0), count: width) }
    }

    /// The part of the picture that is looked at.
    private struct Window {
        var left: Int, top: Int, right: Int, bottom: Int

        var rows: ClosedRange<Int> { top...bottom }
        var columns: ClosedRange<Int> { left...right }

        /// Pixels by which a side moves; the left one stays at a multiple, where the kernels' blocks begin.
        private static let step = 32

        init(left: Int, top: Int, right: Int, bottom: Int) {
            (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
        }

        /// The box of seeds; nil of none.
        init?(around seeds: [Int], width: Int) {
            guard let first = seeds.min(), let last = seeds.max() else { return nil }
            let columns = seeds.map { $0 % width }
            guard let left = columns.min(), let right = columns.max() else { return nil }
            self.init(left: left / Self.step * Self.step, top: first / width, right: right, bottom: last / width)
        }

        /// Wider on each side that was reached; nil where none was, or beyond it is nothing.
        func widened(height: Int, width: Int, isReached: (Int, Int) -> Bool) -> Window? {
            var window = self
            if left > 0, rows.contains(where: { isReached($0, left) }) { window.left = left - Self.step }
            if right < width - 1, rows.contains(where: { isReached($0, right) }) { window.right = min(right + Self.step, width - 1) }
            if top > 0, columns.contains(where: { isReached(top, $0) }) { window.top = max(top - Self.step, 0) }
            if bottom < height - 1, columns.contains(where: { isReached(bottom, $0) }) { window.bottom = min(bottom + Self.step, height - 1) }
            return (window.left, window.top, window.right, window.bottom) == (left, top, right, bottom) ? nil : window
        }
    }

    /// The most bytes that distances from two sets of seeds take beside the picture.
    static func byteCount(height: Int, width: Int) -> Int {
        MarginedPlanes.byteCount(count: 4, height: height, width: width, marginRows: 0, marginColumns: 1, block: 32)
            + 2 * height * width * MemoryLayout<Float>.stride
    }
}
