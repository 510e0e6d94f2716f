import Attribution

/// Class maps prepared for label completion: everything in them that no threshold changes.
///
/// With three classes at 384×384 preparing takes most of the time; a label map for another threshold then costs little.
public struct Activation: Sendable {
    public let width: Int
    public let height: Int
    /// The number each class gets in the label map, ascending.
    public let labels: [UInt8]
    /// The largest activation at each pixel, 0 where there is no class.
    let peaks: [Float]
    /// The number of the class with the largest activation; the lowest where several tie.
    let winners: [UInt8]
    private let maps: PixelMaps
    /// For each label the position of its plane in `maps`.
    private let planes: [Int]
    private let ranks: [Ranks]

    /// Prepares maps.
    ///
    /// - Parameters:
    ///   - maps: activations, normalized to 0…1 (see ``MapNormalization``).
    ///   - labels: the number of each plane's class in the label map; nil is the class's index plus one.
    /// - Throws: `LabelError` where the numbers are not 1 to 254 and all different.
    public init(_ maps: PixelMaps, labels: [UInt8]? = nil) throws(LabelError) {
        let numbers: [UInt8]
        if let labels {
            numbers = labels
        } else {
            numbers = maps.classes.map { UInt8(exactly: $0 + 1) ?? 0 }
        }
        guard numbers.count == maps.classes.count else {
            throw .indices("\(numbers.count) label numbers for \(maps.classes.count) class maps")
        }
        guard numbers.allSatisfy({ (1...254).contains($0) }), Set(numbers).count == numbers.count else {
            throw .indices("label numbers must be 1 to 254 and all different; a label map holds no more classes")
        }
        self.maps = maps
        width = maps.width
        height = maps.height
        planes = numbers.indices.sorted { numbers[$0] < numbers[$1] }
        let sorted = planes.map { numbers[$0] }
        let order = planes
        let pixels = maps.width * maps.height
        var peaks = [Float](repeating: 0, count: pixels)
        var winners = [UInt8](repeating: 0, count: pixels)
        var ranks: [Ranks] = []
        maps.values.withUnsafeBufferPointer { values in
            for (plane, label) in zip(order, sorted) {
                let plane = UnsafeBufferPointer(rebasing: values[plane * pixels..<(plane + 1) * pixels])
                peaks.withUnsafeMutableBufferPointer { peaks in
                    winners.withUnsafeMutableBufferPointer { winners in
                        for pixel in 0..<pixels {
                            let wins = plane[pixel] > peaks[pixel]
                            peaks[pixel] = wins ? plane[pixel] : peaks[pixel]
                            winners[pixel] = wins ? label : winners[pixel]
                        }
                    }
                }
                ranks.append(Ranks(plane))
            }
        }
        self.labels = sorted
        self.peaks = peaks
        self.winners = winners
        self.ranks = ranks
    }

    /// The cut of label completion: the value at place ⌊n·cut⌋ of the class's n positive activations in ascending order.
    ///
    /// - Parameters:
    ///   - position: of the class in ``labels``.
    ///   - cut: 0…1.
    /// - Returns: nil where that place is the first or beyond the last, and nothing is completed.
    public func quantile(_ position: Int, cut: Double) -> Float? {
        withPlane(position) { ranks[position].value(at: Int(Double(ranks[position].count) * cut), of: $0) }
    }

    func withPlane<R>(_ position: Int, _ body: (UnsafeBufferPointer<Float>) -> R) -> R {
        let pixels = width * height
        return maps.values.withUnsafeBufferPointer {
            body(UnsafeBufferPointer(rebasing: $0[planes[position] * pixels..<(planes[position] + 1) * pixels]))
        }
    }
}

/// How many positive values of a plane have which upper 16 bits: what sorting would be needed for, at a fraction of its time.
/// Bit patterns of positive floats ascend as the floats do.
private struct Ranks: Sendable {
    /// Number of positive values.
    let count: Int
    private let histogram: [UInt32]

    init(_ values: UnsafeBufferPointer<Float>) {
        var histogram = [UInt32](repeating: 0, count: 1 << 15)
        var count = 0
        histogram.withUnsafeMutableBufferPointer { histogram in
            for value in values where value > 0 {
                histogram[Int(value.bitPattern >> 16)] &+= 1
                count += 1
            }
        }
        self.histogram = histogram
        self.count = count
    }

    /// The value at `place` of the positive values in ascending order; nil for place 0 and places beyond the last.
    func value(at place: Int, of values: UnsafeBufferPointer<Float>) -> Float? {
        guard place > 0, place < count else { return nil }
        var before = 0, upper = 0
        while before + Int(histogram[upper]) <= place {
            before += Int(histogram[upper])
            upper += 1
        }
        var lower = [UInt32](repeating: 0, count: 1 << 16)
        lower.withUnsafeMutableBufferPointer { lower in
            for value in values where value > 0 && Int(value.bitPattern >> 16) == upper {
                lower[Int(value.bitPattern & 0xFFFF)] &+= 1
            }
        }
        var bits = 0
        while before + Int(lower[bits]) <= place {
            before += Int(lower[bits])
            bits += 1
        }
        return Float(bitPattern: UInt32(upper) << 16 | UInt32(bits))
    }
}
