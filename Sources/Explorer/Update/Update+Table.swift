import Attribution

/// A cell of the table shown.
struct TableCell: Equatable {
    let layer: Int
    let column: Int
    /// `layer 5 · head 2`
    let name: String
    /// The number and its unit.
    let text: String
}

/// Going through the cells of a table: a row is a layer, a column a head or another part.
extension ExplorerState {
    /// The column of the table that is looked at: a head's, or one gone to.
    func chosenColumn(of table: QuantityTable) -> Int? {
        [tableColumn, head].compactMap(\.self).first(where: table.columns.indices.contains)
    }

    /// The cell that is looked at; `nil` where no table is shown, or no cell of it is chosen.
    var tableCell: TableCell? {
        guard let table = shownTable, let column = chosenColumn(of: table), case .layer(let layer) = layer, table.rows.indices.contains(layer)
        else { return nil }
        let value = table.rows[layer][column]
        return TableCell(
            layer: layer, column: column, name: "layer \(layer) · \(table.columns[column])",
            text: value.isNaN ? "no value" : Numbers.compact(value) + (table.unit.isEmpty ? "" : " \(table.unit)"))
    }

    mutating func moveInTable(_ table: QuantityTable, _ direction: Direction) {
        guard let old = tableCell else { return chooseCell(of: table, layer: layerOfTable(table), column: chosenColumn(of: table) ?? 0) }
        let layer = old.layer + direction.dy, column = old.column + direction.dx
        guard table.rows.indices.contains(layer), table.columns.indices.contains(column) else {
            return refuse("no cell there: this is the edge of the table")
        }
        chooseCell(of: table, layer: layer, column: column)
    }

    private func layerOfTable(_ table: QuantityTable) -> Int {
        if case .layer(let index) = layer, table.rows.indices.contains(index) { index } else { table.rows.count - 1 }
    }

    mutating func chooseCell(of table: QuantityTable, layer: Int, column: Int) {
        guard table.rows.indices.contains(layer), table.columns.indices.contains(column) else { return }
        showLayer(.layer(layer))
        let isHead = column < model.heads && table.columns[column] == "head \(column)"
        (head, tableColumn) = isHead ? (column, nil) : (nil, column)
        if let cell = tableCell { say("\(cell.name): \(cell.text)") }
    }

    /// Goes to the greatest number of the table.
    mutating func chooseGreatest(of table: QuantityTable) {
        var best: (layer: Int, column: Int, value: Float)?
        for (layer, row) in table.rows.enumerated() {
            for (column, value) in row.enumerated() where !value.isNaN && value > (best?.value ?? -.infinity) { best = (layer, column, value) }
        }
        guard let best else { return refuse("no cell of the table has a number") }
        chooseCell(of: table, layer: best.layer, column: best.column)
    }
}
