/// Below the class list: the probed patch in every layer, head and the first classes.
enum ProbeView {
    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        guard let rect = layout.probe, let probe = state.probe else { return }
        let theme = writer.theme, limit = rect.column + rect.columns
        if let cell = state.tableCell {
            writer.rule(cell.name, over: rect)
            writer.write("value", column: rect.column + 1, row: rect.row + 1, limit: limit, look: theme.dim)
            writer.write(cell.text, column: rect.column + 8, row: rect.row + 1, limit: limit - 1, look: theme.text)
            return
        }
        writer.rule("patch \(probe.column) \(probe.row)", over: rect)
        guard let answer = state.probeAnswer else {
            writer.write(state.absence, column: rect.column + 1, row: rect.row + 1, limit: limit, look: theme.dim)
            return
        }
        var row = rect.row
        func line(_ name: String, _ text: String, _ right: String, _ look: Cell) {
            row += 1
            writer.write(name, column: rect.column + 1, row: row, limit: limit - 1, look: theme.dim)
            let start = rect.column + 2 + max(DisplayText.width(of: name), 6)
            let end = right.isEmpty ? limit - 1 : writer.writeRight(right, before: limit - 2, row: row, look: theme.text) - 1
            writer.write(DisplayText.truncated(text, to: max(end - start, 1)), column: start, row: row, limit: limit - 1, look: look)
        }
        line("value", Numbers.scientific(answer.value, digits: 3), "\(answer.rank)/\(answer.patches)", theme.text)
        let bars = barColumns(rect)
        if !answer.layers.isEmpty {
            line("layers", Sparkline.text(answer.layers, columns: bars, mono: theme.mono), peak(of: answer.layers), theme.amount)
        }
        if !answer.heads.isEmpty {
            line("heads", Sparkline.text(answer.heads, columns: bars, mono: theme.mono), peak(of: answer.heads), theme.amount)
        }
        for (index, value) in answer.classes {
            row += 1
            let end = value.map { writer.writeRight(Numbers.scientific($0), before: limit - 2, row: row, look: theme.text) }
                ?? writer.writeRight("…", before: limit - 2, row: row, look: theme.dim)
            let name = DisplayText.truncated(state.model.className(index), to: max(end - rect.column - 4, 1))
            writer.write(
                name, column: rect.column + 3, row: row, limit: end - 1, look: index == state.selectedClass ? theme.accent : theme.text)
        }
    }

    /// What a click does: on a bar its layer or head, on a class that class, on the name the probe goes.
    static func action(column: Int, row: Int, _ state: ExplorerState, _ rect: CellRect) -> Action? {
        if row == rect.row { return .probeOff }
        guard state.tableCell == nil, let answer = state.probeAnswer else { return nil }
        var line = rect.row + 2
        for (values, isLayers) in [(answer.layers, true), (answer.heads, false)] where !values.isEmpty {
            defer { line += 1 }
            guard row == line else { continue }
            let bars = barColumns(rect), size = Sparkline.size(values.count, columns: bars), place = (column - rect.column - 8) * size
            guard values.indices.contains(place), column >= rect.column + 8 else { return nil }
            return isLayers ? .showLayer(.layer(place)) : .showHead(place)
        }
        let place = row - line
        return answer.classes.indices.contains(place) ? .selectClass(answer.classes[place].index) : nil
    }

    private static func barColumns(_ rect: CellRect) -> Int { rect.columns - 11 }

    private static func peak(of values: [Float?]) -> String { Sparkline.peak(values).map { "\($0)" } ?? "" }
}
