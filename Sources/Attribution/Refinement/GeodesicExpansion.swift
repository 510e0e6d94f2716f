import Glibc
import Images
import Tensors

/// Grows a map from one seed inside its object and seeds around it, along ways on which the picture's colors change little.
///
/// With m a class's map, 0…1, and t a level: the object is the largest connected part of m > t (corners connect); its seed is the pixel
/// nearest to its center of mass, or the middle of its box where that lies outside of it; the background's seeds are the corners of the box
/// grown by ``margin``. With D_f and D_b the distances from these (``GeodesicDistance``) and r the rate: P_f = e^(−r D_f), P_b = 1 −
/// e^(−r D_b); P is P_f where that is above ½, P_b where that is below ½, where both the one of the nearer seed, else ½; w = max(0,
/// (e^(−r min(D_f, D_b)) − ½) / ½); the map becomes w P + (1 − w) m, stretched to 0…1. A map without an object stays as it is.
///
/// Source: Fu et al., "UM-CAM: Uncertainty-weighted Multi-resolution Class Activation Maps for Weakly-supervised Fetal Brain Segmentation"
/// (MICCAI 2023), whose pictures are gray; of colors the mean over the channels stands for their one.
public struct GeodesicExpansion: PixelRefiner, Hashable {
    /// t, 0…1; nil is UM-CAM's own, found for each class (``level(_:of:_:)``).
    public var level: Double?
    /// r, above 0: how fast belief fades along a way.
    public var rate: Float
    /// Pixels that the object's box is grown by on each side, 0 or more.
    public var margin: Int

    public init(level: Double? = nil, rate: Float = 1, margin: Int = 5) {
        self.level = level
        self.rate = rate
        self.margin = margin
    }

    /// Refines maps of 0…1, which stay there.
    public func refine<Failure>(
        _ maps: inout PixelMaps, guide: RGBImage, compute: Compute, memo: inout RefinerMemo,
        checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        precondition(maps.height == guide.height && maps.width == guide.width, "maps and guide differ in size")
        guard !maps.values.isEmpty else { return }
        try checkpoint()
        let distance = GeodesicDistance(guide, compute: compute), pixels = maps.height * maps.width
        for place in maps.classes.indices {
            let plane = Array(maps.plane(place))
            guard let level = level ?? Self.level(plane, of: guide, distance.scales), let seeds = seeds(plane, above: level, width: maps.width)
            else { continue }
            let inside = try distance.distances(from: [seeds.object], compute: compute, checkpoint: checkpoint)
            let outside = try distance.distances(from: seeds.background, compute: compute, checkpoint: checkpoint)
            var grown = plane, (low, high) = (Float.infinity, -Float.infinity)
            for pixel in 0..<pixels {
                let front = expf(-rate * inside[pixel]), back = expf(-rate * outside[pixel])
                let nearest = max(front, back)
                if nearest > 0.5 {
                    let belief = front >= back ? front : 1 - back, weight = (nearest - 0.5) / 0.5
                    grown[pixel] = weight * belief + (1 - weight) * grown[pixel]
                }
                (low, high) = (min(low, grown[pixel]), max(high, grown[pixel]))
            }
            if high > low { for pixel in 0..<pixels { grown[pixel] = (grown[pixel] - low) / (high - low) } }
            maps.values.replaceSubrange(place * pixels..<(place + 1) * pixels, with: grown)
        }
    }

    /// The level of a map at which colors vary least on both of its sides: of 0.05, 0.1 … 0.95 the first with the least ½ (Var I[m > t] +
    /// Var I[m ≤ t]), I over its deviation, the channels' mean; nil where none has pixels on both sides.
    ///
    /// - Parameter scales: of the channels, as ``GeodesicDistance/scales``.
    static func level(_ map: [Float], of picture: RGBImage, _ scales: [Double]) -> Double? {
        let levels = (1...19).map { Double($0) / 20 }
        // Pixels between levels: their number, and the channels' sums and sums of squares.
        var groups = [[Int]](repeating: [Int](repeating: 0, count: 7), count: 20)
        for (pixel, value) in map.enumerated() {
            var group = value > 0 ? min(Int(min(value, 1) * 20), 19) : 0
            while group > 0, !(Double(value) > levels[group - 1]) { group -= 1 }
            while group < 19, Double(value) > levels[group] { group += 1 }
            groups[group][0] += 1
            for channel in 0..<3 {
                let sample = Int(picture.samples[3 * pixel + channel])
                groups[group][1 + channel] += sample
                groups[group][4 + channel] += sample * sample
            }
        }
        func variance(_ parts: ArraySlice<[Int]>) -> Double? {
            let sums = parts.reduce(into: [Int](repeating: 0, count: 7)) { sums, part in for index in 0..<7 { sums[index] += part[index] } }
            guard sums[0] > 0 else { return nil }
            return (0..<3).reduce(0) { total, channel in
                let mean = Double(sums[1 + channel]) / Double(sums[0])
                return total + (Double(sums[4 + channel]) / Double(sums[0]) - mean * mean) * scales[channel] * scales[channel]
            }
        }
        var best: (level: Double, variance: Double)?
        for (index, level) in levels.enumerated() {
            guard let below = variance(groups[...index]), let above = variance(groups[(index + 1)...]) else { continue }
            if best.map({ below + above < $0.variance }) ?? true { best = (level, below + above) }
        }
        return best?.level
    }

    /// Where the object and the background begin, as places of pixels; nil where nothing is above the level.
    private func seeds(_ map: [Float], above level: Double, width: Int) -> (object: Int, background: [Int])? {
        let height = map.count / width
        let parts = Components(map.map { Double($0) > level ? 1 : 0 }, width: width, height: height, corners: true)
        guard let area = parts.areas.max(), let number = parts.areas.firstIndex(of: area) else { return nil }
        var (rows, columns) = (0, 0), (top, bottom, left, right) = (height, 0, width, 0)
        for (pixel, part) in parts.numbers.enumerated() where part == number {
            let (row, column) = (pixel / width, pixel % width)
            (rows, columns) = (rows + row, columns + column)
            (top, bottom) = (min(top, row), max(bottom, row))
            (left, right) = (min(left, column), max(right, column))
        }
        // Halves are rounded up.
        let center = (2 * rows + area) / (2 * area) * width + (2 * columns + area) / (2 * area)
        let object = parts.numbers[center] == number ? center : (top + bottom) / 2 * width + (left + right) / 2
        (top, bottom) = (max(top - margin, 0), min(bottom + margin, height - 1))
        (left, right) = (max(left - margin, 0), min(right + margin, width - 1))
        return (object, [top * width + left, top * width + right, bottom * width + left, bottom * width + right])
    }

    /// The most bytes that refining takes beside maps and picture.
    public static func byteCount(height: Int, width: Int) -> Int {
        // Planes of two maps, and the parts: numbers, cells and the queue.
        GeodesicDistance.byteCount(height: height, width: width) + height * width * (2 * MemoryLayout<Float>.stride + 4 + 1 + 8)
    }
}
