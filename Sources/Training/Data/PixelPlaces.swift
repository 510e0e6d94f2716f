/// Where in a picture each row and column of a model's input lies: takes label maps the way the picture went.
struct PixelPlaces: Sendable, Equatable {
    /// The picture's column at the center of each of the input's columns; nil beside the picture.
    private(set) var columns: [Int?] = []
    private(set) var rows: [Int?] = []

    /// Nowhere, until they are set.
    init() {}

    /// As ``set(left:width:top:height:picture:input:isMirrored:)`` has it.
    init(
        left: Double = 0, width: Double, top: Double = 0, height: Double, picture: (width: Int, height: Int),
        input: (width: Int, height: Int), isMirrored: Bool = false
    ) {
        set(left: left, width: width, top: top, height: height, picture: picture, input: input, isMirrored: isMirrored)
    }

    init(columns: [Int?], rows: [Int?]) {
        self.columns = columns
        self.rows = rows
    }

    /// Other places; lists keep their memory.
    ///
    /// - Parameters:
    ///   - left, width: the part of the picture, in pixels, that fills the input's columns; `top`, `height` its rows.
    ///   - picture: the picture's extents.
    ///   - input: the input's.
    mutating func set(
        left: Double = 0, width: Double, top: Double = 0, height: Double, picture: (width: Int, height: Int),
        input: (width: Int, height: Int), isMirrored: Bool = false
    ) {
        func fill(_ places: inout [Int?], _ start: Double, _ length: Double, _ count: Int, of limit: Int) {
            places.removeAll(keepingCapacity: true)
            places.reserveCapacity(count)
            for index in 0..<count {
                places.append(min(limit - 1, max(0, Int(start + (Double(index) + 0.5) * length / Double(count)))))
            }
        }
        fill(&columns, left, width, input.width, of: picture.width)
        if isMirrored { columns.reverse() }
        fill(&rows, top, height, input.height, of: picture.height)
    }

    /// Which pixels of the input are the picture's, row by row.
    var inside: [Bool] { rows.flatMap { row in columns.map { row != nil && $0 != nil } } }

    /// A label map of the picture, row by row, as the input sees it.
    ///
    /// - Parameter outside: the label beside the picture.
    func labels(_ map: [UInt8], width: Int, outside: UInt8) -> [UInt8] {
        var result: [UInt8] = []
        enterLabels(map, width: width, outside: outside, height: rows.count, width: columns.count, into: &result)
        return result
    }

    /// The same at the centers of `height × width` positions that lie evenly over the input; in the memory of `result`.
    func enterLabels(
        _ map: [UInt8], width mapWidth: Int, outside: UInt8, height: Int, width: Int, into result: inout [UInt8]
    ) {
        result.removeAll(keepingCapacity: true)
        result.reserveCapacity(height * width)
        for y in 0..<height {
            guard let row = rows[(2 * y + 1) * rows.count / (2 * height)] else {
                result.append(contentsOf: repeatElement(outside, count: width))
                continue
            }
            for x in 0..<width {
                let column = columns[(2 * x + 1) * columns.count / (2 * width)]
                result.append(column.map { map[row * mapWidth + $0] } ?? outside)
            }
        }
    }
}
