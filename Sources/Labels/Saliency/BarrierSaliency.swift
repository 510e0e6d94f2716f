import Glibc
import Images

/// Saliency from pixels alone: how high a barrier of color parts a pixel from the picture's border.
///
/// Source: Zhang, Sclaroff, Lin, Shen, Price, Měch, "Minimum barrier salient object detection at 80 FPS", ICCV 2015:
/// the raster scans of its algorithm 1 and the border prior of its section 3.2, without its post-processing but the
/// contrast curve.
public struct BarrierSaliency: Sendable, Hashable {
    /// Raster scans, in turn from the upper left and the lower right; the paper's 3.
    public var passes: Int
    /// Whether the color distance to the border is added.
    public var hasBorderPrior: Bool
    /// Width of the border that the prior's colors come from, as a share of the shorter side.
    public var borderShare: Double
    /// Steepness of the contrast curve 1 / (1 + e^(−contrast·(x − ½))); 0 is off. Otsu's mask sees it only by rounding.
    public var contrast: Float

    public init(passes: Int = 3, hasBorderPrior: Bool = true, borderShare: Double = 0.1, contrast: Float = 10) {
        self.passes = passes
        self.hasBorderPrior = hasBorderPrior
        self.borderShare = borderShare
        self.contrast = contrast
    }

    /// The saliency of a picture of its size. Complexity: O(passes · pixels).
    public func map(_ image: RGBImage) -> SaliencyMap {
        let (width, height) = (image.width, image.height)
        let planes = LabColor.planes(image)
        var sum = [Float](repeating: 0, count: width * height)
        for plane in planes {
            let distances = Self.distances(plane, width: width, height: height, passes: passes)
            for pixel in sum.indices { sum[pixel] += distances[pixel] }
        }
        var map = SaliencyMap(width: width, height: height, values: sum).stretched
        if hasBorderPrior {
            let prior = Self.borderPrior(planes, width: width, height: height, share: borderShare).stretched
            for pixel in sum.indices { map.values[pixel] += prior.values[pixel] }
            map = map.stretched
        }
        if contrast > 0 { for pixel in sum.indices { map.values[pixel] = 1 / (1 + exp(-contrast * (map.values[pixel] - 0.5))) } }
        return map
    }

    /// For each pixel the smallest range of values met on a path to the border, as raster scans find it: never below the
    /// true one. Neighbors share an edge.
    package static func distances(_ plane: [Float], width: Int, height: Int, passes: Int) -> [Float] {
        var distance = [Float](repeating: .infinity, count: plane.count)
        // The largest and smallest value on the best path so far.
        var upper = plane, lower = plane
        for y in 0..<height {
            for x in 0..<width where x == 0 || y == 0 || x == width - 1 || y == height - 1 { distance[y * width + x] = 0 }
        }
        plane.withUnsafeBufferPointer { plane in
            distance.withUnsafeMutableBufferPointer { distance in
                upper.withUnsafeMutableBufferPointer { upper in
                    lower.withUnsafeMutableBufferPointer { lower in
                        func reach(_ pixel: Int, from neighbor: Int) {
                            let high = max(upper[neighbor], plane[pixel]), low = min(lower[neighbor], plane[pixel])
                            if high - low < distance[pixel] {
                                distance[pixel] = high - low
                                upper[pixel] = high
                                lower[pixel] = low
                            }
                        }
                        for pass in 0..<passes where width > 2 && height > 2 {
                            if pass % 2 == 0 {
                                for y in 1..<height - 1 {
                                    for pixel in y * width + 1..<y * width + width - 1 {
                                        reach(pixel, from: pixel - width)
                                        reach(pixel, from: pixel - 1)
                                    }
                                }
                            } else {
                                for y in (1..<height - 1).reversed() {
                                    for pixel in (y * width + 1..<y * width + width - 1).reversed() {
                                        reach(pixel, from: pixel + width)
                                        reach(pixel, from: pixel + 1)
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        return distance.map { $0.isFinite ? $0 : 0 }
    }

    /// How far each pixel's color lies from those of the four borders: Mahalanobis distances with each border's mean and
    /// covariance, each divided by its largest, summed without the largest of the four.
    package static func borderPrior(_ planes: [[Float]], width: Int, height: Int, share: Double) -> SaliencyMap {
        let depth = min(max(1, Int((share * Double(min(width, height))).rounded())), min(width, height))
        let sides: [(Range<Int>, Range<Int>)] = [
            (0..<width, 0..<depth), (0..<width, height - depth..<height), (0..<depth, 0..<height),
            (width - depth..<width, 0..<height),
        ]
        let distances = sides.map { columns, rows -> [Float] in
            var mean = [Double](repeating: 0, count: 3)
            var products = [Double](repeating: 0, count: 9)
            let count = Double(columns.count * rows.count)
            for y in rows {
                for x in columns {
                    let color = planes.map { Double($0[y * width + x]) }
                    for i in 0..<3 { mean[i] += color[i] / count }
                }
            }
            for y in rows {
                for x in columns {
                    for i in 0..<3 {
                        for j in 0...i {
                            products[3 * i + j] += (Double(planes[i][y * width + x]) - mean[i])
                                * (Double(planes[j][y * width + x]) - mean[j]) / count
                        }
                    }
                }
            }
            // A border of one color has no spread of its own.
            for i in 0..<3 { products[4 * i] += 1 }
            // Cholesky factor L of the covariance; the distance is the length of L⁻¹(color − mean).
            let a = products[0].squareRoot()
            let b = products[3] / a, c = products[6] / a
            let d = (products[4] - b * b).squareRoot()
            let e = (products[7] - c * b) / d
            let f = (products[8] - c * c - e * e).squareRoot()
            return (0..<width * height).map { pixel in
                let x = (Double(planes[0][pixel]) - mean[0]) / a
                let y = (Double(planes[1][pixel]) - mean[1] - b * x) / d
                let z = (Double(planes[2][pixel]) - mean[2] - c * x - e * y) / f
                return Float((x * x + y * y + z * z).squareRoot())
            }
        }
        let scales = distances.map { side in (side.max() ?? 0) > 0 ? 1 / (side.max() ?? 1) : 0 }
        return SaliencyMap(
            width: width, height: height,
            values: (0..<width * height).map { pixel in
                let values = (0..<4).map { distances[$0][pixel] * scales[$0] }
                return values.reduce(0, +) - (values.max() ?? 0)
            })
    }
}
