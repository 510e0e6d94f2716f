import Attribution

/// Where the cells of a grid stand.
struct GridGeometry {
    let rect: CellRect
    /// A cell with its gap, in characters.
    let cellColumns: Int
    let cellRows: Int
    let visibleRows: Int
    let visibleColumns: Int
    /// The width of the rows' names, and whether columns have a line of names.
    let margin: Int

    private static let smallestColumns = 6, smallestRows = 3

    /// - Returns: `nil` where there is no room for a cell, or no grid.
    init?(_ state: ExplorerState) { self.init(state, Layout(state)) }

    init?(_ state: ExplorerState, _ layout: Layout) {
        guard let grid = state.grid, let rect = layout.gridRect else { return nil }
        let rows = state.count(along: grid.rows), columns = state.count(along: grid.columns)
        guard rows > 0, columns > 0 else { return nil }
        self.rect = rect
        let names = (0..<min(rows, 200)).map { DisplayText.width(of: state.title(of: grid.rows, $0)) }.max() ?? 1
        margin = min(max(names, 2), max(rect.columns / 6, 3)) + 1
        let width = rect.columns - margin, height = rect.rows - 1
        guard width >= Self.smallestColumns, height >= Self.smallestRows else { return nil }
        // As large as lets all be seen, within what can still be read; the shape is that of the patches.
        let aspect = state.record.map { Double($0.trace.gridRows) / Double($0.trace.gridColumns) } ?? 1
        var across = min(max(width / columns, Self.smallestColumns), width, 42)
        var down = min(max(height / rows, Self.smallestRows), height)
        let fitting = Int((Double(across - 1) * aspect / 2).rounded(.up))
        if down > fitting { down = max(fitting, Self.smallestRows) }
        let wide = Int((Double(down) * 2 / aspect).rounded(.up)) + 1
        if across > wide { across = max(wide, Self.smallestColumns) }
        cellColumns = across
        cellRows = down
        visibleRows = min(rows, max(height / down, 1))
        visibleColumns = min(columns, max(width / across, 1))
    }

    /// The characters of a cell that is seen.
    func box(row: Int, column: Int, in grid: Grid) -> CellRect {
        CellRect(
            column: rect.column + margin + (column - grid.left) * cellColumns, row: rect.row + 1 + (row - grid.top) * cellRows,
            columns: cellColumns - 1, rows: cellRows)
    }

    /// The cell under a character.
    func cell(column: Int, row: Int, in grid: Grid) -> (row: Int, column: Int)? {
        guard column >= rect.column + margin, row > rect.row else { return nil }
        let x = (column - rect.column - margin) / cellColumns, y = (row - rect.row - 1) / cellRows
        guard x < visibleColumns, y < visibleRows else { return nil }
        return (grid.top + y, grid.left + x)
    }
}

/// A grid of maps: names along two sides, a thumbnail a cell, the cell that keys act on framed.
enum GridView {
    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        guard state.showsGrid, let grid = state.grid, let rect = layout.gridRect else { return }
        let theme = writer.theme
        guard let geometry = GridGeometry(state, layout) else {
            return writer.writeCentered("no room for a grid here", in: rect, row: rect.row + rect.rows / 2, look: theme.dim)
        }
        let rows = grid.top..<grid.top + geometry.visibleRows, columns = grid.left..<grid.left + geometry.visibleColumns
        for column in columns {
            let box = geometry.box(row: grid.top, column: column, in: grid)
            let name = DisplayText.truncated(state.title(of: grid.columns, column), to: box.columns)
            let isChosen = column == grid.column
            writer.writeCentered(
                name, in: CellRect(column: box.column, row: rect.row, columns: box.columns, rows: 1), row: rect.row,
                look: isChosen ? theme.accent : theme.dim)
        }
        let values = state.places(seenIn: grid, geometry).map { $0.map { $0.flatMap(state.value) } }
        let shared = state.adjustments.normalization == .layers || state.adjustments.normalization == .panes ? scale(of: values, state) : nil
        for (y, row) in rows.enumerated() {
            let line = geometry.box(row: row, column: grid.left, in: grid)
            writer.writeRight(
                DisplayText.truncated(state.title(of: grid.rows, row), to: geometry.margin - 1), before: rect.column + geometry.margin - 1,
                row: line.row + line.rows / 2, look: row == grid.row ? theme.accent : theme.dim)
            for (x, column) in columns.enumerated() {
                let box = geometry.box(row: row, column: column, in: grid)
                if let value = values[y][x] {
                    Thumbnail.draw(value, shared ?? own(value, state), in: box, state, &writer)
                } else {
                    writer.writeCentered("·", in: box, row: box.row + box.rows / 2, look: theme.line)
                }
                if row == grid.row, column == grid.column { mark(box, &writer) }
            }
        }
        drawMore(grid, geometry, state, &writer)
    }

    /// A cell's own scale.
    private static func own(_ value: RangedMap, _ state: ExplorerState) -> MapScale {
        state.isDiverging ? MapScale(symmetric: max(-value.low, value.high)) : MapScale(low: value.low, high: value.high)
    }

    /// One scale for all cells that are there.
    private static func scale(of values: [[RangedMap?]], _ state: ExplorerState) -> MapScale? {
        let all = values.joined().compactMap { $0 }
        guard !all.isEmpty else { return nil }
        let low = all.reduce(0) { min($0, $1.low) }, high = all.reduce(-Float.infinity) { max($0, $1.high) }
        return state.isDiverging ? MapScale(symmetric: max(-low, high)) : MapScale(.shared, low: low, high: high)
    }

    /// The cell that keys act on has a bar at each side.
    private static func mark(_ box: CellRect, _ writer: inout FrameWriter) {
        let look = writer.theme.selectedMark
        for row in box.row..<box.row + box.rows {
            writer.write("▐", column: box.column - 1, row: row, look: PaneView.with(look, "▐"))
            writer.write("▌", column: box.column + box.columns, row: row, look: PaneView.with(look, "▌"))
        }
    }

    /// Arrows where there are more cells than are seen.
    private static func drawMore(_ grid: Grid, _ geometry: GridGeometry, _ state: ExplorerState, _ writer: inout FrameWriter) {
        let rect = geometry.rect, look = writer.theme.accent
        let rows = state.count(along: grid.rows), columns = state.count(along: grid.columns)
        let right = rect.column + rect.columns - 1
        if grid.left > 0 { writer.write("‹", column: rect.column + geometry.margin - 1, row: rect.row, look: look) }
        if grid.left + geometry.visibleColumns < columns { writer.write("›", column: right, row: rect.row, look: look) }
        if grid.top > 0 { writer.write("↑", column: rect.column, row: rect.row, look: look) }
        if grid.top + geometry.visibleRows < rows { writer.write("↓", column: rect.column, row: rect.row + rect.rows - 1, look: look) }
    }
}
