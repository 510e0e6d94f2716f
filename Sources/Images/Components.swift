/// Connected regions of a grid: cells of one value that touch along an edge.
public struct Components: Sendable {
    /// For each cell the number of its region, from 0 in the order of their first cells; -1 outside.
    public private(set) var numbers: [Int32]
    /// Cells of each region.
    public private(set) var areas: [Int] = []
    /// First cell of each region, row by row: its leftmost one in its uppermost row.
    public private(set) var starts: [Int] = []

    /// - Parameters:
    ///   - cells: `height × width` values.
    ///   - outside: the value of cells that belong to no region.
    public init(_ cells: [UInt8], width: Int, height: Int, outside: UInt8 = 0) {
        numbers = [Int32](repeating: -1, count: cells.count)
        var queue: [Int] = []
        for start in cells.indices where cells[start] != outside && numbers[start] < 0 {
            let number = Int32(starts.count)
            starts.append(start)
            numbers[start] = number
            queue.append(start)
            var area = 0
            while let cell = queue.popLast() {
                area += 1
                let column = cell % width
                func visit(_ neighbor: Int) {
                    if cells[neighbor] == cells[cell], numbers[neighbor] < 0 {
                        numbers[neighbor] = number
                        queue.append(neighbor)
                    }
                }
                if column > 0 { visit(cell - 1) }
                if column + 1 < width { visit(cell + 1) }
                if cell >= width { visit(cell - width) }
                if cell + width < cells.count { visit(cell + width) }
            }
            areas.append(area)
        }
    }

    /// The outline of a region, clockwise along the pixels' edges: corners in pixels from the upper left, in turn.
    ///
    /// - Returns: the corners, and the area within them; it is larger than the region's own where the region has holes.
    public func outline(_ region: Int, width: Int, height: Int) -> (corners: [(x: Int, y: Int)], area: Int) {
        func isInside(_ x: Int, _ y: Int) -> Bool {
            x >= 0 && y >= 0 && x < width && y < height && Int(numbers[y * width + x]) == region
        }
        // Steps and the pixels ahead on either hand, heading right, down, left, up. The region lies on the right hand.
        let steps = [(1, 0), (0, 1), (-1, 0), (0, -1)]
        let ahead = [((0, -1), (0, 0)), ((0, 0), (-1, 0)), ((-1, 0), (-1, -1)), ((-1, -1), (0, -1))]
        let start = (x: starts[region] % width, y: starts[region] / width)
        var corners = [start]
        var (x, y, heading) = (start.x, start.y, 0)
        while true {
            x += steps[heading].0
            y += steps[heading].1
            let (left, right) = ahead[heading]
            var next = heading
            // Right first: pixels that touch at a corner only are apart.
            if !isInside(x + right.0, y + right.1) {
                next = (heading + 1) % 4
            } else if isInside(x + left.0, y + left.1) {
                next = (heading + 3) % 4
            }
            if x == start.x, y == start.y, next == 0 { break }
            if next != heading { corners.append((x, y)) }
            heading = next
        }
        var doubled = 0
        for (index, corner) in corners.enumerated() {
            let following = corners[(index + 1) % corners.count]
            doubled += corner.x * following.y - following.x * corner.y
        }
        return (corners, abs(doubled) / 2)
    }
}
