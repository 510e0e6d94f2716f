import Attribution

/// The color bar: its raw ends, what they stand for, and the display threshold with the area it leaves.
enum ColorBarView {
    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        guard let rect = layout.colorBar else { return }
        let theme = writer.theme
        if let classes = classes(state) { return drawClasses(classes, state, rect, &writer) }
        if let words = sentence(state) {
            writer.write(
                DisplayText.truncated(words, to: rect.columns - 2), column: rect.column + 1, row: rect.row,
                limit: rect.column + rect.columns, look: theme.dim)
            return
        }
        guard let shown = told(state) else {
            writer.write(state.absence, column: rect.column + 1, row: rect.row, limit: rect.columns, look: theme.dim)
            return
        }
        let parts = Parts(shown, state, rect)
        guard parts.width > 0 else { return }
        var x = writer.write(parts.low, column: rect.column + 1, row: rect.row, look: theme.text) + 1
        drawBar(
            state, isDiverging: shown.scale.isDiverging, cut: state.showsGrid ? 0 : state.adjustments.cut, column: x, row: rect.row,
            width: parts.width, &writer)
        x = writer.write(parts.high, column: x + parts.width + 1, row: rect.row, look: theme.text)
        let limit = rect.column + rect.columns
        // The area is said first where not both fit.
        let kept = DisplayText.truncated(parts.tail, to: max(limit - x - DisplayText.width(of: parts.area), 0))
        x = writer.write(kept, column: x, row: rect.row, limit: limit, look: theme.dim)
        writer.write(parts.area, column: x, row: rect.row, limit: limit, look: theme.mark)
    }

    /// The map that the bar tells of: in a grid that of the cell that keys act on.
    private static func told(_ state: ExplorerState) -> ShownMap? { state.showsGrid ? GridView.chosen(state) : state.shown }

    /// What stands in the row, and how wide the bar itself is.
    private struct Parts {
        let low: String, high: String, tail: String, area: String
        let width: Int

        init(_ shown: ShownMap, _ state: ExplorerState, _ rect: CellRect) {
            low = Numbers.scientific(shown.low)
            high = Numbers.scientific(shown.high)
            // A narrow screen names the scale by its first words.
            let name = rect.columns < 48 ? shown.scaleName.prefix { $0 != "," } : shown.scaleName[...]
            let outliers = state.showsGrid ? 0 : state.shownOutliers.count
            tail = "  " + name + (outliers > 0 ? ", \(outliers) outlier\(outliers == 1 ? "" : "s")" : "") + (shown.layersThere < shown.layersWanted ? ", \(shown.layersThere) of \(shown.layersWanted) layers" : "")
            area = shown.area.map { "  ≥\(Numbers.fixed(state.adjustments.cut, digits: 2)): \(Numbers.percent($0)) area" } ?? ""
            let numbers = low.count + high.count + 4
            // The bar takes what the words leave; where room is short, the words are cut.
            let words = min(DisplayText.width(of: tail + area), max(rect.columns - numbers - 8, 0))
            width = min(rect.columns - numbers - words, 64)
        }
    }

    /// What a click does: on the colors themselves the next ones, beside them the next scale.
    static func action(atColumn column: Int, _ state: ExplorerState, _ rect: CellRect) -> Action? {
        guard sentence(state) == nil, classes(state) == nil, let shown = told(state) else { return nil }
        let parts = Parts(shown, state, rect), start = rect.column + parts.low.count + 2
        return (start..<start + max(parts.width, 0)).contains(column) ? .cycleColorMap : .cycleNormalization
    }

    /// What is shown, where colors stand for no scale of values in a map.
    private static func sentence(_ state: ExplorerState) -> String? {
        if state.showsGrid { return told(state)?.map.colors == nil ? nil : eachFromLeast(state) }
        guard !state.adjustments.view.showsLabels else { return nil }
        if state.adjustments.view == .picture { return state.panes.isPeeking ? "the bare picture; O goes back" : "the picture alone" }
        if let table = state.shownTable {
            let range = table.range.map { "\(Numbers.compact($0.low)) to \(Numbers.compact($0.high))" } ?? ""
            let cell = state.tableCell.map { "  \($0.name): \($0.text)" } ?? ""
            return "\(state.method?.title ?? ""): \(range) \(table.unit)" + cell
        }
        return state.shown?.map.colors == nil ? nil : eachFromLeast(state)
    }

    private static func eachFromLeast(_ state: ExplorerState) -> String { "\(state.method?.title ?? ""), each from its least to its largest" }

    /// The classes that patches have, where it is classes that are shown: their share of the patches, most first.
    private static func classes(_ state: ExplorerState) -> [(index: Int, share: Float)]? {
        guard state.showsGrid || !state.adjustments.view.showsLabels && state.adjustments.view != .picture,
            let found = told(state)?.map.classes
        else { return nil }
        return found.shares
    }

    /// Each class in its color, as many as there is room for; then how many more there are.
    private static func drawClasses(_ classes: [(index: Int, share: Float)], _ state: ExplorerState, _ rect: CellRect, _ writer: inout FrameWriter) {
        let limit = rect.column + rect.columns, longest = max(rect.columns / 3 - 9, 6)
        let letters = told(state)?.map.classes.map(state.letters(of:)) ?? [:]
        var x = rect.column + 1
        for (place, entry) in classes.enumerated() {
            let text = " \(DisplayText.truncated(state.model.className(entry.index), to: longest)) \(Numbers.percent(entry.share))"
            let left = classes.count - place, more = left > 1 ? "  + \(left - 1)".count : 0
            guard x + 1 + DisplayText.width(of: text) + more <= limit else {
                writer.write("+ \(left)", column: x, row: rect.row, limit: limit, look: writer.theme.dim)
                return
            }
            LegendView.drawSwatch(PanePainter.number(ofClass: entry.index), letters, state, column: x, row: rect.row, &writer)
            x = writer.write(text, column: x + 1, row: rect.row, limit: limit, look: writer.theme.text) + 2
        }
    }

    /// The colors from the first to the last, as the view shows them; none below the cut.
    static func drawBar(
        _ state: ExplorerState, isDiverging: Bool = false, cut: Float, column: Int, row: Int, width: Int, _ writer: inout FrameWriter
    ) {
        let painter = PanePainter(state)
        let isOverlay = !state.showsGrid && state.adjustments.view == .overlay && state.adjustments.overlayShown
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
