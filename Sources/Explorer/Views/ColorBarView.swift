import Attribution

/// The color bar: its raw ends, what they stand for, and the display threshold with the area it leaves.
enum ColorBarView {
    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        guard let rect = layout.colorBar else { return }
        let theme = writer.theme
        if let words = sentence(state) {
            writer.write(
                DisplayText.truncated(words, to: rect.columns - 2), column: rect.column + 1, row: rect.row,
                limit: rect.column + rect.columns, look: theme.dim)
            return
        }
        guard let shown = state.shown else {
            writer.write(state.absence, column: rect.column + 1, row: rect.row, limit: rect.columns, look: theme.dim)
            return
        }
        let low = Numbers.scientific(shown.low), high = Numbers.scientific(shown.high)
        // A narrow screen names the scale by its first words.
        let name = rect.columns < 48 ? shown.scaleName.prefix { $0 != "," } : shown.scaleName[...]
        var tail = "  " + name
        if shown.layersThere < shown.layersWanted { tail += ", \(shown.layersThere) of \(shown.layersWanted) layers" }
        let area = shown.area.map { "  ≥\(Numbers.fixed(state.adjustments.cut, digits: 2)): \(Numbers.percent($0)) area" } ?? ""
        let numbers = low.count + high.count + 4
        // The bar takes what the words leave; where room is short, the words are cut.
        let words = min(DisplayText.width(of: tail + area), max(rect.columns - numbers - 8, 0))
        let width = min(rect.columns - numbers - words, 64)
        guard width > 0 else { return }
        var x = writer.write(low, column: rect.column + 1, row: rect.row, look: theme.text) + 1
        drawBar(state, cut: state.adjustments.cut, column: x, row: rect.row, width: width, &writer)
        x = writer.write(high, column: x + width + 1, row: rect.row, look: theme.text)
        let limit = rect.column + rect.columns
        // The area is said first where not both fit.
        let kept = DisplayText.truncated(tail, to: max(limit - x - DisplayText.width(of: area), 0))
        x = writer.write(kept, column: x, row: rect.row, limit: limit, look: theme.dim)
        writer.write(area, column: x, row: rect.row, limit: limit, look: theme.mark)
    }

    /// What is shown, where colors stand for no scale of values in a map.
    private static func sentence(_ state: ExplorerState) -> String? {
        guard !state.adjustments.view.showsLabels else { return nil }
        if let table = state.shownTable {
            let range = table.range.map { "\(Numbers.compact($0.low)) to \(Numbers.compact($0.high))" } ?? ""
            var text = "\(state.method?.title ?? ""): \(range) \(table.unit)"
            if case .layer(let layer) = state.layer, let head = state.head, table.rows.indices.contains(layer),
                table.columns.indices.contains(head) {
                text += "  layer \(layer), \(table.columns[head]): \(Numbers.compact(table.rows[layer][head]))"
            }
            return text
        }
        guard let map = state.shown?.map else { return nil }
        if map.colors != nil { return "\(state.method?.title ?? ""), each from its least to its largest" }
        guard let classes = map.classes else { return nil }
        var counts: [Int: Int] = [:]
        for index in classes.classes { counts[index, default: 0] += 1 }
        let most = counts.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }.prefix(6)
        return most.map { "\(state.model.className($0.key)) \(Numbers.percent(Float($0.value) / Float(classes.classes.count)))" }.joined(separator: "  ")
    }

    /// The colors from the first to the last, as the view shows them; none below the cut.
    static func drawBar(
        _ state: ExplorerState, cut: Float, column: Int, row: Int, width: Int, _ writer: inout FrameWriter
    ) {
        let painter = PanePainter(state)
        let isOverlay = state.adjustments.view == .overlay && state.adjustments.overlayShown
        let isDiverging = !state.adjustments.view.showsLabels && state.shown?.scale.isDiverging == true
        let colors = MapColors(painter.colorMap, painter.depth, isDiverging: isDiverging)
        func levels(_ count: Int) -> [Int16] {
            (0..<count).map { place in
                let t = (Float(place) + 0.5) / Float(count)
                return (isDiverging ? abs(2 * t - 1) : t) < cut ? -1 : Int16(min(t * 256, 255))
            }
        }
        if painter.depth == .mono || painter.depth == .ansi16 && isOverlay {
            let levels = levels(width), shades = Array(repeating: 128, count: width)
            let cells =
                painter.depth == .ansi16
                ? FewColors.overlay(levels, over: shades, width, colors, painter.colorMap, painter.blend)
                : isOverlay
                    ? FewColors.contours(levels, over: shades, width, colors, painter.blend) : FewColors.digits(levels, width, colors)
            cells.draw(into: &writer, column: column, row: row)
        } else {
            let levels = levels(2 * width)
            // Over a picture the bar fades as the map does.
            let pixels =
                isOverlay
                ? colors.blend(levels, over: Array(repeating: gray, count: 2 * width), width: 2 * width, painter.blend)
                : colors.pixels(levels)
            for x in 0..<width where column + x < writer.frame.columns {
                writer.frame[column + x, row] = Cell(
                    "▌", foreground: PixelGrid.color(pixels[2 * x]), background: PixelGrid.color(pixels[2 * x + 1]))
            }
        }
        guard cut > 0 else { return }
        // On a scale of both signs there are two.
        for place in isDiverging ? [(1 - cut) / 2, (1 + cut) / 2] : [cut] {
            writer.write("│", column: column + min(Int(place * Float(width)), width - 1), row: row, look: writer.theme.mark)
        }
    }

    /// What stands for the picture.
    private static let gray: UInt32 = 0x6A6A6A
}
