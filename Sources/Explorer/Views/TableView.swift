import Attribution

/// Where the cells of a table stand.
struct TableGeometry {
    let rect: CellRect
    /// A cell with its gap, in characters.
    let cellColumns: Int
    let cellRows: Int
    /// The first cells that are seen, and how many are.
    let top: Int
    let left: Int
    let visibleRows: Int
    let visibleColumns: Int
    /// The row with what the numbers add up to, where they are parts of a sum.
    let sumRow: Int?
    /// The width of the layers' numbers.
    static let margin = 4

    /// - Returns: `nil` where there is no room for a cell.
    init?(_ table: QuantityTable, _ state: ExplorerState, _ rect: CellRect) {
        let count = table.columns.count
        guard count > 0, !table.rows.isEmpty, rect.rows > 2, rect.columns > 12 else { return nil }
        self.rect = rect
        let names = table.columns.map { DisplayText.width(of: $0) }.max() ?? 0
        cellColumns = min(max((rect.columns - Self.margin) / count, 5), max(12, names + 1))
        visibleColumns = min(max((rect.columns - Self.margin) / cellColumns, 1), count)
        sumRow = table.sums.isEmpty || rect.rows < 6 ? nil : rect.row + rect.rows - 1
        let lines = rect.rows - (sumRow == nil ? 1 : 2)
        cellRows = max(min(lines / table.rows.count, 3), 1)
        visibleRows = min(max(lines / cellRows, 1), table.rows.count)
        let current: Int = if case .layer(let index) = state.layer { index } else { -1 }
        left = min(max((state.chosenColumn(of: table) ?? -1) - visibleColumns / 2, 0), count - visibleColumns)
        top = min(max(current - visibleRows / 2, 0), table.rows.count - visibleRows)
    }

    /// The characters of a cell that is seen.
    func box(layer: Int, column: Int) -> CellRect {
        CellRect(
            column: rect.column + Self.margin + (column - left) * cellColumns, row: rect.row + 1 + (layer - top) * cellRows,
            columns: cellColumns - 1, rows: cellRows)
    }

    /// The cell under a character.
    func cell(column: Int, row: Int) -> (layer: Int, column: Int)? {
        guard column >= rect.column + Self.margin, row > rect.row else { return nil }
        let x = (column - rect.column - Self.margin) / cellColumns, y = (row - rect.row - 1) / cellRows
        return x < visibleColumns && y < visibleRows ? (top + y, left + x) : nil
    }
}

/// Numbers by layer and column, such as a column a head: colors with the numbers on them, the cell looked at marked; below what
/// they add up to.
enum TableView {
    static func draw(_ table: QuantityTable, _ state: ExplorerState, _ rect: CellRect, _ writer: inout FrameWriter) {
        guard let geometry = TableGeometry(table, state, rect) else { return }
        let theme = writer.theme, count = table.columns.count, chosen = state.chosenColumn(of: table)
        let current: Int = if case .layer(let index) = state.layer { index } else { -1 }
        let scale = table.scale(isDiverging: state.method?.scale == .diverging)
        let colors = MapColors(state.adjustments.colorMap, state.colorDepth, isDiverging: state.method?.scale == .diverging)
        let columns = geometry.left..<geometry.left + geometry.visibleColumns
        for column in columns {
            let box = geometry.box(layer: geometry.top, column: column)
            writer.writeCentered(
                DisplayText.truncated(table.columns[column], to: box.columns),
                in: CellRect(column: box.column, row: rect.row, columns: box.columns, rows: 1), row: rect.row,
                look: column == chosen ? theme.accent : theme.dim)
        }
        for layer in geometry.top..<geometry.top + geometry.visibleRows {
            let line = geometry.box(layer: layer, column: geometry.left)
            writer.writeRight(
                "\(layer)", before: line.column - 1, row: line.row + line.rows / 2, look: layer == current ? theme.accent : theme.dim)
            for column in columns {
                drawCell(
                    table.rows[layer][column], scale, colors, geometry.box(layer: layer, column: column),
                    isChosen: layer == current && column == chosen, &writer)
            }
        }
        if geometry.left > 0 { writer.write("‹", column: rect.column + TableGeometry.margin - 1, row: rect.row, look: theme.accent) }
        if columns.upperBound < count { writer.write("›", column: rect.column + rect.columns - 1, row: rect.row, look: theme.accent) }
        if let row = geometry.sumRow, let sum = table.sums.first { drawSum(sum, rect, row, &writer) }
    }

    /// The parts that no cell has, the sum of all, and what it is the sum of; of little room the last of them.
    private static func drawSum(_ sum: QuantityTable.Sum, _ rect: CellRect, _ row: Int, _ writer: inout FrameWriter) {
        let limit = rect.column + rect.columns
        var lines = sum.lines
        func width() -> Int { lines.reduce(0) { $0 + DisplayText.width(of: $1.name) + 1 + number($1).count + 2 } }
        while lines.count > 2, width() > rect.columns - 1 { lines.removeFirst() }
        var x = rect.column + 1
        for part in lines {
            x = writer.write(part.name + " ", column: x, row: row, limit: limit, look: writer.theme.dim)
            x = writer.write(number(part), column: x, row: row, limit: limit, look: writer.theme.text) + 2
        }
    }

    /// With as many digits as tell whether the sum is what it should be.
    private static func number(_ part: QuantityTable.Sum.Part) -> String {
        let size = abs(part.value)
        return size >= 9999.5 || size < 0.0005 && size > 0 ? Numbers.compact(part.value) : Numbers.fixed(part.value, digits: size >= 100 ? 2 : 4)
    }

    private static func level(_ value: Float, _ scale: MapScale) -> Int16 {
        guard scale.high > scale.low else { return scale.isDiverging ? 128 : 0 }
        let place = (value - scale.low) / (scale.high - scale.low)
        return place > 0 ? Int16(min(place, 1) * 255) : 0
    }

    private static func drawCell(
        _ value: Float, _ scale: MapScale, _ colors: MapColors, _ box: CellRect, isChosen: Bool, _ writer: inout FrameWriter
    ) {
        let text = value.isNaN ? "–" : Numbers.compact(value)
        var look = writer.theme.text
        if !writer.theme.mono, !value.isNaN {
            let packed = colors.pixels([level(value, scale)])[0]
            let ground = Color(UInt8(packed >> 16 & 255), UInt8(packed >> 8 & 255), UInt8(packed & 255))
            look = Cell(foreground: ground.ground, background: ground)
        }
        if isChosen { look.style.formUnion([.bold, writer.theme.mono ? .reverse : .underline]) }
        writer.fill(box, with: look)
        writer.writeCentered(isChosen ? "▸\(text)" : text, in: box, row: box.row + box.rows / 2, look: look)
    }
}
