import Attribution

/// How the class's logit comes to be: what the head would say of the class token after each layer (the logit lens).
enum CurveView {
    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        guard let rect = layout.curve, let key = state.curveKey, let name = state.selectedClass.map(state.model.className) else { return }
        let theme = writer.theme, limit = rect.column + rect.columns
        writer.rule("\(name) by layer", over: rect)
        guard let table = state.record?.tables[key] else {
            writer.write("…", column: rect.column + 1, row: rect.row + 1, limit: limit, look: theme.dim)
            return
        }
        let values = values(of: table)
        let line = Sparkline.text(values, mono: theme.mono)
        let last = (values.last ?? nil).map(Numbers.compact) ?? ""
        writer.write(line, column: rect.column + 1, row: rect.row + 1, limit: limit, look: theme.amount)
        if rect.columns >= line.count + last.count + 4 {
            writer.writeRight(last, before: limit - 2, row: rect.row + 1, look: theme.text)
        }
        var text = "layer 0 to \(values.count - 1)"
        if case .layer(let layer) = state.layer, values.indices.contains(layer), let value = values[layer] {
            text = "layer \(layer): \(Numbers.compact(value))"
        }
        writer.write(text, column: rect.column + 1, row: rect.row + 2, limit: limit, look: theme.dim)
    }

    private static func values(of table: QuantityTable) -> [Float?] { table.rows.map { $0.first.flatMap { $0.isNaN ? nil : $0 } } }

    /// What a click does: on a bar its layer, elsewhere the table of the curve.
    static func action(column: Int, row: Int, _ state: ExplorerState, _ rect: CellRect) -> Action? {
        guard let key = state.curveKey else { return nil }
        let layer = column - rect.column - 1, count = state.record?.tables[key]?.rows.count ?? 0
        if row == rect.row + 1, (0..<count).contains(layer) { return .showLayer(.layer(layer)) }
        return .setMethod(key.method)
    }
}
