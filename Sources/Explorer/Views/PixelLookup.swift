/// Which pixel of a picture's raster lies under the middle of each pixel of an area.
struct PixelLookup {
    private let columns: [Int]
    /// The start of each row.
    private let rows: [Int]

    init(_ area: PixelArea, width: Int, height: Int) {
        func places(_ count: Int, _ start: Double, _ end: Double, _ size: Int) -> [Int] {
            (0..<count).map { index in
                let place = start + (Double(index) + 0.5) / Double(count) * (end - start)
                return min(max(Int(place * Double(size)), 0), size - 1)
            }
        }
        columns = places(area.width, area.u0, area.u1, width)
        rows = places(area.height, area.v0, area.v1, height).map { $0 * width }
    }

    /// One value a pixel of the area, from the raster's pixel and the place drawn at.
    func map<Value>(_ value: (_ pixel: Int, _ x: Int, _ y: Int) -> Value) -> [Value] {
        var result: [Value] = []
        result.reserveCapacity(columns.count * rows.count)
        for (y, row) in rows.enumerated() {
            for (x, column) in columns.enumerated() { result.append(value(row + column, x, y)) }
        }
        return result
    }
}
