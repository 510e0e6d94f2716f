/// Where in a picture each row and column of a model's input lies: takes label maps the way the picture went.
struct PixelPlaces: Sendable, Equatable {
    /// The picture's column at the center of each of the input's columns; nil beside the picture.
    let columns: [Int?]
    let rows: [Int?]

    /// - Parameters:
    ///   - left, width: the part of the picture, in pixels, that fills the input's columns; `top`, `height` its rows.
    ///   - picture: the picture's extents.
    ///   - input: the input's.
    init(
        left: Double = 0, width: Double, top: Double = 0, height: Double, picture: (width: Int, height: Int),
        input: (width: Int, height: Int), isMirrored: Bool = false
    ) {
        func places(_ start: Double, _ length: Double, _ count: Int, of limit: Int) -> [Int?] {
            (0..<count).map { min(limit - 1, max(0, Int(start + (Double($0) + 0.5) * length / Double(count)))) }
        }
        let columns = places(left, width, input.width, of: picture.width)
        self.columns = isMirrored ? columns.reversed() : columns
        rows = places(top, height, input.height, of: picture.height)
    }

    init(columns: [Int?], rows: [Int?]) {
        self.columns = columns
        self.rows = rows
    }

    /// The places of the centers of a map's positions that lie evenly over the input.
    func centers(height: Int, width: Int) -> PixelPlaces {
        func centers(_ places: [Int?], _ count: Int) -> [Int?] { (0..<count).map { places[(2 * $0 + 1) * places.count / (2 * count)] } }
        return PixelPlaces(columns: centers(columns, width), rows: centers(rows, height))
    }

    /// Which pixels of the input are the picture's, row by row.
    var inside: [Bool] { rows.flatMap { row in columns.map { row != nil && $0 != nil } } }

    /// A label map of the picture, row by row, as the input sees it.
    ///
    /// - Parameter outside: the label beside the picture.
    func labels(_ map: [UInt8], width: Int, outside: UInt8) -> [UInt8] {
        var result = [UInt8](repeating: outside, count: rows.count * columns.count)
        map.withUnsafeBufferPointer { map in
            result.withUnsafeMutableBufferPointer { result in
                for (y, row) in rows.enumerated() {
                    guard let row else { continue }
                    for (x, column) in columns.enumerated() {
                        if let column { result[y * columns.count + x] = map[row * width + column] }
                    }
                }
            }
        }
        return result
    }
}
