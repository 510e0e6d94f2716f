import Attribution

/// The color bar: its raw ends, what they stand for, and the display threshold with the area it leaves.
enum ColorBarView {
    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        guard let rect = layout.colorBar else { return }
        let theme = writer.theme
        guard let shown = state.shown else {
            writer.write("no map yet", column: rect.column + 1, row: rect.row, limit: rect.columns, look: theme.dim)
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

    /// The colors from the first to the last; none below the cut.
    static func drawBar(
        _ state: ExplorerState, cut: Float, column: Int, row: Int, width: Int, _ writer: inout FrameWriter
    ) {
        let mono = writer.theme.mono
        let colors = MapColors(state.adjustments.colorMap, state.colorDepth)
        let tick = cut > 0 ? min(Int(cut * Float(width)), width - 1) : -1
        func level(_ place: Int, of count: Int) -> Int16 {
            let t = (Float(place) + 0.5) / Float(count)
            return t < cut ? -1 : Int16(min(t * 256, 255))
        }
        if mono {
            let pixels = colors.pixels((0..<width).map { level($0, of: width) })
            PixelGrid(width: width, height: 1, pixels: pixels).draw(into: &writer, column: column, row: row, mono: true)
        } else {
            let pixels = colors.pixels((0..<2 * width).map { level($0, of: 2 * width) })
            for x in 0..<width where column + x < writer.frame.columns {
                writer.frame[column + x, row] = Cell("▌", foreground: color(pixels[2 * x]), background: color(pixels[2 * x + 1]))
            }
        }
        if tick >= 0 { writer.write("│", column: column + tick, row: row, look: writer.theme.mark) }
    }

    private static func color(_ packed: UInt32) -> Color {
        Color(UInt8(packed >> 16 & 255), UInt8(packed >> 8 & 255), UInt8(packed & 255))
    }
}
