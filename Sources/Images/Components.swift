/// Connected regions of a grid: cells of one value that touch along an edge, or also at a corner.
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
    ///   - corners: whether cells that touch at a corner only belong together.
    public init(_ cells: [UInt8], width: Int, height: Int, outside: UInt8 = 0, corners: Bool = false) {
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
                let (isFirst, isLast) = (column == 0, column + 1 == width)
                if !isFirst { visit(cell - 1) }
                if !isLast { visit(cell + 1) }
                if cell >= width {
                    visit(cell - width)
                    if corners, !isFirst { visit(cell - width - 1) }
                    if corners, !isLast { visit(cell - width + 1) }
                }
                if cell + width < cells.count {
                    visit(cell + width)
                    if corners, !isFirst { visit(cell + width - 1) }
                    if corners, !isLast { visit(cell + width + 1) }
                }
            }
            areas.append(area)
        }
    }
}
