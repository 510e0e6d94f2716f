import Attribution
import Images

extension FigureSheet {
    /// A table in colors with its numbers: a row a layer, the first block's at the top.
    ///
    /// - Parameters:
    ///   - title: what its numbers are.
    ///   - legend: what it is of.
    public init(_ table: QuantityTable, title: String, isDiverging: Bool, colorMap: ColorMap, legend: String) {
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
            rows: table.rows.enumerated().map { layer, values in
                Row("\(layer)", values.map { $0.isNaN ? nil : Cell(color($0), aspect: aspect, note: FigureComposer.number($0)) })
            })
        let middle = scale.low + (scale.high - scale.low) / 2
        bars = [
            Bar(
                title + (table.unit.isEmpty ? "" : ", \(table.unit)"), colors,
                ticks: [scale.low, middle, scale.high].map(FigureComposer.number)),
        ]
        self.legend = legend + (legend.isEmpty ? "" : " · ") + "a row a layer"
    }

    /// How wide the figure of a table is, in millimetres, for its numbers to have room.
    public static func width(columns: Int) -> Double { max(2 * margin + rowCaption + 13 * Double(columns), 60) }
}
