import Attribution

/// Where the cells of a grid stand. A grid much longer than wide, or wider than long, is broken into bands side by side or one
/// under the other, each with the names of its rows and columns, where that shows more of it, or all of it larger.
struct GridGeometry {
    private(set) var rect: CellRect
    /// A cell with its gap, in characters.
    private(set) var cellColumns = 1
    private(set) var cellRows = 1
    /// Of those, the empty ones that part a cell from the one below.
    private(set) var gap = 0
    private(set) var visibleRows = 1
    private(set) var visibleColumns = 1
    /// The width of the rows' names.
    private(set) var margin: Int
    /// Bands side by side, each of some rows; and under each other, each of some columns. One of the two is one.
    private(set) var across = 1
    private(set) var down = 1

    /// Rows and columns of a band.
    var bandRows: Int { (visibleRows + across - 1) / across }
    var bandColumns: Int { (visibleColumns + down - 1) / down }
    /// The width of a band with its margin, and its height with the line of its columns' names.
    private var bandWidth: Int { margin + bandColumns * cellColumns }
    private var bandHeight: Int { 1 + bandRows * cellRows }

    private static let smallestColumns = 6, smallestRows = 3, mostBands = 4
    /// Rows from which on a cell can spare one.
    private static let partedRows = 5

    /// - Returns: `nil` where there is no room for a cell, or no grid.
    init?(_ state: ExplorerState) { self.init(state, Layout(state)) }

    init?(_ state: ExplorerState, _ layout: Layout) {
        guard let grid = state.grid, let rect = layout.gridRect else { return nil }
        let rows = state.count(along: grid.rows), columns = state.count(along: grid.columns)
        guard rows > 0, columns > 0 else { return nil }
        self.rect = rect
        func longest(_ axis: GridAxis, _ count: Int) -> Int {
            (0..<min(count, 200)).map { DisplayText.width(of: state.title(of: axis, $0)) }.max() ?? 1
        }
        let names = longest(grid.rows, rows), headings = longest(grid.columns, columns)
        margin = min(max(names, 2), max(rect.columns / 6, 3)) + 1
        guard rect.columns - margin >= Self.smallestColumns, rect.rows - 1 >= Self.smallestRows else { return nil }
        let aspect = state.record.map { Double($0.trace.gridRows) / Double($0.trace.gridColumns) } ?? 1
        self.fit(rows, columns, aspect)
        var best = self
        for bands in 2...Self.mostBands {
            for (across, down) in [(bands, 1), (1, bands)] where across <= rows && down <= columns {
                var broken = self
                (broken.across, broken.down) = (across, down)
                broken.fit(rows, columns, aspect)
                if broken.shown > best.shown * 5 / 4 { best = broken }
            }
        }
        self = best
        widen(names, headings, columns)
    }

    /// Characters that cells fill.
    var shown: Int { visibleRows * visibleColumns * (cellRows - gap) * (cellColumns - 1) }

    /// As large as lets all be seen, within what can still be read; the shape is that of the patches.
    private mutating func fit(_ rows: Int, _ columns: Int, _ aspect: Double) {
        let width = rect.columns / across - margin, height = rect.rows / down - 1
        let ownRows = (rows + across - 1) / across, ownColumns = (columns + down - 1) / down
        cellColumns = min(max(width / ownColumns, Self.smallestColumns), max(width, 1), 42)
        cellRows = min(max(height / ownRows, Self.smallestRows), max(height, 1))
        gap = cellRows >= Self.partedRows ? 1 : 0
        let fitting = Int((Double(cellColumns - 1) * aspect / 2).rounded(.up)) + gap
        if cellRows > fitting { cellRows = max(fitting, Self.smallestRows) }
        gap = cellRows >= Self.partedRows ? 1 : 0
        let wide = Int((Double(cellRows - gap) * 2 / aspect).rounded(.up)) + 1
        if cellColumns > wide { cellColumns = max(wide, Self.smallestColumns) }
        visibleRows = min(rows, max(height / cellRows, 1) * across)
        visibleColumns = min(columns, max(width / cellColumns, 1) * down)
    }

    /// What room is left goes to names that would be cut, first to the columns'.
    private mutating func widen(_ names: Int, _ headings: Int, _ columns: Int) {
        guard visibleColumns == columns else { return }
        let width = rect.columns / across
        cellColumns = max(cellColumns, min(headings + 1, (width - margin) / bandColumns))
        margin = max(margin, min(names + 1, width - bandColumns * cellColumns))
    }

    /// Where the first cell of a cell's band stands, and the cell's place in it.
    private func place(row: Int, column: Int) -> (x: Int, y: Int, row: Int, column: Int) {
        (
            rect.column + row / bandRows * bandWidth + margin, rect.row + column / bandColumns * bandHeight + 1, row % bandRows,
            column % bandColumns
        )
    }

    /// The characters of a cell that is seen.
    func box(row: Int, column: Int, in grid: Grid) -> CellRect {
        let place = place(row: row - grid.top, column: column - grid.left)
        return CellRect(
            column: place.x + place.column * cellColumns, row: place.y + place.row * cellRows, columns: cellColumns - 1, rows: cellRows - gap)
    }

    /// The cell under a character.
    func cell(column: Int, row: Int, in grid: Grid) -> (row: Int, column: Int)? {
        let bandX = (column - rect.column) / bandWidth, bandY = (row - rect.row) / bandHeight
        let insideX = (column - rect.column) % bandWidth - margin, insideY = (row - rect.row) % bandHeight - 1
        guard column >= rect.column, row >= rect.row, insideX >= 0, insideY >= 0, bandX < across, bandY < down else { return nil }
        let y = bandX * bandRows + insideY / cellRows, x = bandY * bandColumns + insideX / cellColumns
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
        for row in stride(from: rows.lowerBound, to: rows.upperBound, by: geometry.bandRows) {
            for column in columns {
                let box = geometry.box(row: row, column: column, in: grid)
                let name = DisplayText.truncated(state.title(of: grid.columns, column), to: box.columns)
                writer.writeCentered(
                    name, in: CellRect(column: box.column, row: box.row - 1, columns: box.columns, rows: 1), row: box.row - 1,
                    look: column == grid.column ? theme.accent : theme.dim)
            }
        }
        let cells = cells(of: grid, geometry, state), shared = shared(cells, state)
        for (y, row) in rows.enumerated() {
            for column in stride(from: columns.lowerBound, to: columns.upperBound, by: geometry.bandColumns) {
                let line = geometry.box(row: row, column: column, in: grid)
                writer.writeRight(
                    DisplayText.truncated(state.title(of: grid.rows, row), to: geometry.margin - 1), before: line.column - 1,
                    row: line.row + line.rows / 2, look: row == grid.row ? theme.accent : theme.dim)
            }
            for (x, column) in columns.enumerated() {
                let box = geometry.box(row: row, column: column, in: grid)
                if let cell = cells[y][x] {
                    Thumbnail.draw(cell.value, shared[cell.method] ?? own(cell, state), in: box, state, &writer)
                } else {
                    writer.writeCentered("·", in: box, row: box.row + box.rows / 2, look: theme.line)
                }
                if row == grid.row, column == grid.column { mark(box, &writer) }
            }
        }
        drawMore(grid, geometry, state, &writer)
    }

    /// The map of the cell that keys act on, with the scale of its colors: what the color bar under a grid tells of.
    static func chosen(_ state: ExplorerState) -> ShownMap? {
        guard let grid = state.grid, let geometry = GridGeometry(state) else { return nil }
        let cells = cells(of: grid, geometry, state), row = grid.row - grid.top, column = grid.column - grid.left
        guard cells.indices.contains(row), cells[row].indices.contains(column), let cell = cells[row][column] else { return nil }
        let shared = shared(cells, state)[cell.method], scale = shared ?? own(cell, state)
        let kind = scale.isDiverging ? "symmetric ±\(Numbers.scientific(scale.high))" : shared == nil ? "own min–max" : "shared 0–max"
        return ShownMap(
            map: cell.value, layersThere: 1, layersWanted: 1, scale: scale,
            scaleName: kind + (shared == nil ? ", this cell" : ", the cells of \(state.methods[cell.method].identifier)"), area: nil)
    }

    /// What there is of the cells that are seen, row by row.
    private static func cells(of grid: Grid, _ geometry: GridGeometry, _ state: ExplorerState) -> [[Filled?]] {
        state.places(seenIn: grid, geometry).map { $0.map { place in place.flatMap { Filled($0, state) } } }
    }

    /// The scales that cells share; none where each has its own.
    private static func shared(_ cells: [[Filled?]], _ state: ExplorerState) -> [Int: MapScale] {
        let isShared = state.adjustments.normalization == .layers || state.adjustments.normalization == .panes
        return isShared ? scales(of: cells.joined().compactMap(\.self), state) : [:]
    }

    /// A value that is there.
    private struct Filled {
        let method: Int
        let value: RangedMap

        init?(_ place: Place, _ state: ExplorerState) {
            guard let value = state.value(of: place) else { return nil }
            (self.method, self.value) = (place.method, value)
        }
    }

    /// A cell's own scale.
    private static func own(_ cell: Filled, _ state: ExplorerState) -> MapScale {
        let value = cell.value
        return MapScale(low: value.low, high: value.high, isDiverging: state.isDiverging(cell.method))
    }

    /// One scale a method, as raw values of several do not compare.
    private static func scales(of cells: [Filled], _ state: ExplorerState) -> [Int: MapScale] {
        Dictionary(grouping: cells, by: \.method).mapValues { cells in
            let low = cells.reduce(0) { min($0, $1.value.low) }, high = cells.reduce(-Float.infinity) { max($0, $1.value.high) }
            return MapScale(.shared, low: low, high: high, isDiverging: state.isDiverging(cells[0].method))
        }
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
