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

    /// The distances from the nearest of some seeds, row by row; infinite where there is none.
    ///
    /// - Parameters:
    ///   - seeds: places of pixels, row · width + column.
    ///   - checkpoint: called between the sweeps; what it throws ends the work and is thrown on.
    public func distances<Failure>(
        from seeds: [Int], compute: Compute, checkpoint: () throws(Failure) -> Void
    ) throws(Failure) -> [Float] {
        let kernels = compute.refinementKernels
        let found = MarginedPlanes(count: 1, height: height, width: width, marginRows: 0, marginColumns: 1, block: kernels.block)
        (found.row(0) - 1).update(repeating: .infinity, count: found.planeStride)
        for seed in seeds { found.row(seed / width)[seed % width] = 0 }
        func sweep(from row: Int, _ line: Int) -> Bool {
            withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: 3) { channels in
                for channel in 0..<3 {
                    channels.initializeElement(at: channel, to: UnsafePointer(self.channels.row(row, plane: channel)))
                }
                return kernels.geodesic_sweep(channels.baseAddress, line, height, width, found.row(row)) != 0
            }
        }
        var isFalling = !seeds.isEmpty
        while isFalling {
            try checkpoint()
            let down = sweep(from: 0, found.stride)
            isFalling = sweep(from: height - 1, -found.stride) || down
        }
        return (0..<height).flatMap { UnsafeBufferPointer(start: found.row($0), count: width) }
    }

    /// The most bytes that distances from two sets of seeds take beside the picture.
    static func byteCount(height: Int, width: Int) -> Int {
        MarginedPlanes.byteCount(count: 4, height: height, width: width, marginRows: 0, marginColumns: 1, block: 32)
            + 2 * height * width * MemoryLayout<Float>.stride
    }
}
