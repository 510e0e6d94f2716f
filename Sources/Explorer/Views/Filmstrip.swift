import Attribution

/// Thumbnails of all layers' maps, first layer first, and of the fused map after the last.
struct Filmstrip {
    let rect: CellRect
    /// Layers and the fused map.
    let entries: Int
    /// The first that is seen, and how many are.
    let first: Int
    let visible: Int
    /// Columns of one thumbnail; a blank column follows each.
    let thumbColumns: Int
    let left: Int
    /// Whether maps would be too small to tell anything: then a bar says how large each layer's values are.
    private let isBars: Bool

    /// In the line over it.
    static let ruleName = " layers "

    private static let smallest = 4, largest = 16
    /// Maps are at least so wide, in columns, where rows are few; bars and their numbers take so many rows.
    private static let telling = 6, barRows = 2

    init(rect: CellRect, state: ExplorerState) {
        self.rect = rect
        entries = state.model.depth + 1
        let room = rect.columns - 2
        thumbColumns = Self.width(columns: rect.columns, entries: entries)
        isBars = rect.rows == Self.barRows
        visible = min(max(room / (thumbColumns + 1), 1), entries)
        let current = Self.place(of: state)
        first = min(max(current - visible / 2, 0), entries - visible)
        left = rect.column + (rect.columns - (visible * (thumbColumns + 1) - 1)) / 2
    }

    private static func width(columns: Int, entries: Int) -> Int {
        min(max((columns - 2) / entries - 1, smallest), largest)
    }

    /// The place of what is shown.
    static func place(of state: ExplorerState) -> Int {
        switch state.layer {
        case .layer(let index): index
        case .fused: state.model.depth
        }
    }

    /// Rows for the thumbnails and their numbers: as square as the picture's patches, within a quarter of the screen.
    static func height(columns: Int, rows: Int, state: ExplorerState) -> Int {
        let width = width(columns: columns, entries: state.model.depth + 1)
        if width < telling, rows < 28 { return barRows }
        let aspect: Double = state.record.map { Double($0.trace.gridRows) / Double($0.trace.gridColumns) } ?? 1
        let wanted = Int((Double(width) * min(max(aspect, 0.5), 1.5) / 2).rounded(.up))
        return min(max(wanted, 2), max(rows / 5, 2)) + 1
    }

    /// The entry at a column of the screen.
    func entry(atColumn column: Int) -> Int? {
        guard column >= left else { return nil }
        let place = (column - left) / (thumbColumns + 1)
        return place < visible ? first + place : nil
    }

    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        guard let rect = layout.film else { return }
        Filmstrip(rect: rect, state: state).draw(state, &writer)
    }

    private func draw(_ state: ExplorerState, _ writer: inout FrameWriter) {
        let theme = writer.theme
        let maps = state.mapKey.flatMap { state.record?.maps[$0] } ?? []
        let shared = state.adjustments.normalization == .layers ? state.sharedScale(maps) : nil
        let isDiverging = state.isDiverging
        let height = rect.rows - 1
        let current = Self.place(of: state)
        let bars = isBars ? Array(Sparkline.text(maps.map { $0.map { max($0.high, -$0.low) } }, mono: theme.mono)) : []
        for place in 0..<visible {
            let entry = first + place
            let isFused = entry == entries - 1
            let column = left + place * (thumbColumns + 1)
            let box = CellRect(column: column, row: rect.row, columns: thumbColumns, rows: height)
            let ranged: RangedMap? = isFused ? fused(state, maps) : maps.indices.contains(entry) ? maps[entry] : nil
            if isBars {
                if bars.indices.contains(entry) {
                    let text = theme.mono ? String(bars[entry]) : String(repeating: bars[entry], count: thumbColumns)
                    writer.writeCentered(text, in: box, row: rect.row, look: entry == current ? theme.accent : theme.amount)
                }
            } else if let ranged {
                let common = isFused || isDiverging ? nil : shared
                let scale = MapScale(
                    low: common?.low ?? ranged.low, high: common?.high ?? ranged.high, isDiverging: isDiverging)
                Thumbnail.draw(ranged, scale, in: box, state, &writer)
            } else {
                writer.writeCentered("·", in: box, row: rect.row + height / 2, look: theme.line)
            }
            let label = isFused ? (thumbColumns >= 5 ? "fused" : "Σ") : "\(entry)"
            let isPart = !isFused && state.takesPart(entry)
            let labelBox = CellRect(column: column, row: rect.row + height, columns: thumbColumns, rows: 1)
            if entry == current { writer.fill(labelBox, with: theme.selected) }
            writer.writeCentered(
                label, in: labelBox, row: labelBox.row,
                look: entry == current ? theme.selected : isPart || isFused ? theme.text : theme.dim)
            // The start layer opens the bracket of those that are summed.
            if entry == state.startLayer, entry != current, thumbColumns >= 4 {
                writer.write("├", column: column, row: labelBox.row, look: theme.accent)
            }
        }
        if first > 0 { writer.write("‹", column: rect.column, row: rect.row + height, look: theme.accent) }
        if first + visible < entries {
            writer.write("›", column: rect.column + rect.columns - 1, row: rect.row + height, look: theme.accent)
        }
    }

    private func fused(_ state: ExplorerState, _ maps: [RangedMap?]) -> RangedMap? {
        state.fusedValue(of: maps)
    }
}
