import Attribution

/// Numbers by layer and column, such as a column a head: colors with the numbers on them, the cell of the layer and head looked
/// at marked.
enum TableView {
    static func draw(_ table: QuantityTable, _ state: ExplorerState, _ rect: CellRect, _ writer: inout FrameWriter) {
        let theme = writer.theme
        let count = table.columns.count
        guard count > 0, !table.rows.isEmpty, rect.rows > 2, rect.columns > 12 else { return }
        let margin = 4
        let width = min(max((rect.columns - margin) / count, 5), 12)
        let seen = min(max((rect.columns - margin) / width, 1), count)
        let chosen = state.head ?? -1
        let left = min(max(chosen - seen / 2, 0), count - seen)
        let lines = rect.rows - 1
        let current: Int = if case .layer(let index) = state.layer { index } else { -1 }
        let height = max(min(lines / table.rows.count, 3), 1)
        let shown = min(max(lines / height, 1), table.rows.count)
        let top = min(max(current - shown / 2, 0), table.rows.count - shown)
        let scale = table.scale(isDiverging: state.method?.scale == .diverging)
        let colors = MapColors(state.adjustments.colorMap, state.colorDepth, isDiverging: state.method?.scale == .diverging)
        for column in 0..<seen {
            let box = CellRect(column: rect.column + margin + column * width, row: rect.row, columns: width - 1, rows: 1)
            writer.writeCentered(
                DisplayText.truncated(table.columns[left + column], to: width - 1), in: box, row: rect.row,
                look: left + column == chosen ? theme.accent : theme.dim)
        }
        for row in 0..<shown {
            let layer = top + row
            let y = rect.row + 1 + row * height
            writer.writeRight("\(layer)", before: rect.column + margin - 1, row: y + height / 2, look: layer == current ? theme.accent : theme.dim)
            for column in 0..<seen {
                let value = table.rows[layer][left + column]
                let box = CellRect(column: rect.column + margin + column * width, row: y, columns: width - 1, rows: height)
                drawCell(value, scale, colors, box, isChosen: layer == current && left + column == chosen, &writer)
            }
        }
        if left > 0 { writer.write("‹", column: rect.column + margin - 1, row: rect.row, look: theme.accent) }
        if left + seen < count { writer.write("›", column: rect.column + rect.columns - 1, row: rect.row, look: theme.accent) }
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
