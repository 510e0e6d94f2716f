import Images

/// The outline of a region whose pixels touch along an edge or at a corner, as OpenCV's `findContours` draws it: from center
/// to center of the region's border pixels, thin parts there and back. Coordinates are pixels; a pixel's center is a whole number.
struct RegionOutline: Sendable {
    /// Where the outline turns, clockwise from the uppermost row's leftmost pixel; one point for a single pixel.
    let corners: [(x: Int, y: Int)]

    /// - Parameters:
    ///   - start: the region's leftmost pixel in its uppermost row.
    ///   - isInside: whether a pixel, which may lie beyond the picture, belongs to the region.
    init(start: (x: Int, y: Int), isInside: (_ x: Int, _ y: Int) -> Bool) {
        // Headings clockwise from the right, odd ones along diagonals.
        let steps = [(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)]
        func heading(_ x: Int, _ y: Int, from first: Int) -> Int? {
            for turn in 0..<8 {
                let heading = (first + turn) % 8
                if isInside(x + steps[heading].0, y + steps[heading].1) { return heading }
            }
            return nil
        }
        var corners = [start]
        if let first = heading(start.x, start.y, from: 0) {
            var (x, y, current) = (start.x, start.y, first)
            while true {
                x += steps[current].0
                y += steps[current].1
                // From the pixel beside the last one on the left hand, which is known to lie outside.
                let next = heading(x, y, from: (current + (current % 2 == 0 ? 6 : 5)) % 8) ?? current
                if x == start.x, y == start.y, next == first { break }
                if next != current { corners.append((x, y)) }
                current = next
            }
        }
        self.corners = corners
    }

    /// Twice the area within the line through the centers; 0 for a line that comes back on itself everywhere.
    var doubledArea: Int {
        var sum = 0
        for (index, corner) in corners.enumerated() {
            let following = corners[(index + 1) % corners.count]
            sum += corner.x * following.y - following.x * corner.y
        }
        return abs(sum)
    }
}

/// What the outline alone does not tell of each region of a grid.
struct RegionTopology: Sendable {
    /// Holes of each region; their pixels touch along edges.
    private(set) var holes: [Int]
    /// Places where a region hangs together by one corner.
    private(set) var necks: [Int]

    /// - Parameter regions: joined along edges and at corners.
    init(_ regions: Components, width: Int, height: Int) {
        // Gray's bit quads: over all windows of 2×2 pixels, Euler's number is (one − three − 2 · diagonal) / 4.
        var euler = [Int](repeating: 0, count: regions.starts.count)
        var necks = euler
        regions.numbers.withUnsafeBufferPointer { numbers in
            for y in 0...height {
                for x in 0...width {
                    func number(_ column: Int, _ row: Int) -> Int32 {
                        column < 0 || row < 0 || column >= width || row >= height ? -1 : numbers[row * width + column]
                    }
                    let quad = (number(x - 1, y - 1), number(x, y - 1), number(x - 1, y), number(x, y))
                    if quad.0 == quad.1, quad.0 == quad.2, quad.0 == quad.3 { continue }
                    func count(_ region: Int32) {
                        guard region >= 0 else { return }
                        let index = Int(region)
                        let mine = (quad.0 == region, quad.1 == region, quad.2 == region, quad.3 == region)
                        switch [mine.0, mine.1, mine.2, mine.3].count(where: { $0 }) {
                        case 1: euler[index] += 1
                        case 3: euler[index] -= 1
                        case 2 where mine.0 == mine.3:
                            euler[index] -= 2
                            necks[index] += 1
                        default: break
                        }
                    }
                    count(quad.0)
                    if quad.1 != quad.0 { count(quad.1) }
                    if quad.2 != quad.0, quad.2 != quad.1 { count(quad.2) }
                    if quad.3 != quad.0, quad.3 != quad.1, quad.3 != quad.2 { count(quad.3) }
                }
            }
        }
        holes = euler.map { 1 - $0 / 4 }
        self.necks = necks
    }
}
