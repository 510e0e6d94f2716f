import Attribution
import Images

extension QuantityTable {
    /// The scale of its colors: from the least number to the greatest, or zero in the middle.
    public func scale(isDiverging: Bool) -> MapScale {
        let values = rows.joined().filter { !$0.isNaN }
        let low = values.min() ?? 0, high = values.max() ?? 0
        return isDiverging ? MapScale(symmetric: max(-low, high)) : MapScale(.shared, low: low, high: high)
    }
}

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
            let place = (value - scale.low) / (scale.high - scale.low)
            return colors[place > 0 ? min(Int(place * 256), 255) : 0]
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
