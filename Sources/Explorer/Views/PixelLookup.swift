/// Which pixel of a picture's raster lies under the middle of each pixel of a placement.
struct PixelLookup {
    private let columns: [Int]
    /// The start of each row.
    private let rows: [Int]

    init(_ placement: PicturePlacement, width: Int, height: Int) {
        func places(_ count: Int, _ start: Double, _ end: Double, _ size: Int) -> [Int] {
            (0..<count).map { index in
                let place = start + (Double(index) + 0.5) / Double(count) * (end - start)
                return min(max(Int(place * Double(size)), 0), size - 1)
            }
        }
        columns = places(placement.width, placement.u0, placement.u1, width)
        rows = places(placement.height, placement.v0, placement.v1, height).map { $0 * width }
    }

    /// One value a pixel of the placement, from the raster's pixel and the place drawn at.
    func map<Value>(_ value: (_ pixel: Int, _ x: Int, _ y: Int) -> Value) -> [Value] {
        var result: [Value] = []
        result.reserveCapacity(columns.count * rows.count)
        for (y, row) in rows.enumerated() {
            for (x, column) in columns.enumerated() { result.append(value(row + column, x, y)) }
        }
        return result
    }
}

/// Mixing of packed colors.
enum PackedColor {
    /// `share` of `top`, 0 to 256, over the rest of `bottom`.
    @inline(__always)
    static func mix(_ top: UInt32, over bottom: UInt32, share: UInt32) -> UInt32 {
        let rest = 256 - share
        let redBlue = ((top & 0xFF00FF) * share + (bottom & 0xFF00FF) * rest) >> 8 & 0xFF00FF
        let green = ((top & 0x00FF00) >> 8 * share + (bottom & 0x00FF00) >> 8 * rest) & 0x00FF00
        return redBlue | green
    }
}
