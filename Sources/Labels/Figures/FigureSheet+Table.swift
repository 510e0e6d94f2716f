import Attribution
import Images

extension FigureSheet {
    /// A table in colors with its numbers: a row a layer, the first block's at the top; what they add up to in the legend.
    ///
    /// - Parameters:
    ///   - title: what its numbers are.
    ///   - layers: those shown, of the table's; all unless given.
    ///   - legend: what it is of.
    public init(
        _ table: QuantityTable, title: String, isDiverging: Bool, colorMap: ColorMap, layers: ClosedRange<Int>? = nil, legend: String
    ) {
        let scale = table.scale(isDiverging: isDiverging)
        let colors = isDiverging ? DivergingColors.table : colorMap.table
        func color(_ value: Float) -> RGBColor {
            guard scale.high > scale.low else { return colors[isDiverging ? 128 : 0] }
            let place = (value - scale.low) / (scale.high - scale.low)
            return colors[place > 0 ? Int(min(place * 256, 255)) : 0]
        }
        let aspect = 4.5 / Self.cellWidth(columns: table.columns.count, of: Self.width(columns: table.columns.count))
        self.init(
            columns: table.columns,
            rows: table.rows.enumerated().filter { layers?.contains($0.offset) ?? true }.map { layer, values in
                Row("\(layer)", values.map { $0.isNaN ? nil : Cell(color($0), aspect: aspect, note: FigureComposer.number($0)) })
            })
        let middle = scale.low + (scale.high - scale.low) / 2
        bars = [
            Bar(
                title + (table.unit.isEmpty ? "" : ", \(table.unit)"), colors,
                ticks: [scale.low, middle, scale.high].map { FigureComposer.number($0) }),
        ]
        let sums = table.sums.map { $0.lines.map { "\($0.name) \(FigureComposer.number($0.value, digits: 5))" }.joined(separator: ", ") }
        self.legend = ([legend, "a row a layer"] + sums).filter { !$0.isEmpty }.joined(separator: " · ")
    }

    /// How wide the figure of a table is, in millimetres, for its numbers to have room.
    public static func width(columns: Int) -> Double { max(2 * margin + rowCaption + 13 * Double(columns), 60) }
}

extension FigureOutput {
    /// How a table by itself is written: as wide as its numbers need.
    public init(of table: QuantityTable, program: String = "", notes: [PNGEncoder.Text] = []) {
        self.init(.png, width: FigureSheet.width(columns: table.columns.count), program: program, command: nil, notes: notes)
    }
}

extension QuantityTable {
    /// The table in colors with its numbers, as a picture: see ``FigureSheet/init(_:title:isDiverging:colorMap:layers:legend:)``.
    public func picture(
        title: String, isDiverging: Bool, colorMap: ColorMap, layers: ClosedRange<Int>? = nil, legend: String = ""
    ) -> RGBImage {
        FigureOutput(of: self).picture(
            FigureSheet(self, title: title, isDiverging: isDiverging, colorMap: colorMap, layers: layers, legend: legend))
    }
}
