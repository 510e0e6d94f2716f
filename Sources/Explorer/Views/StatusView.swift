/// The last line: which map this is. Layer, class, method and range, always; the picture's name where no title says it.
enum StatusView {
    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        let theme = writer.theme
        let row = layout.statusRow, columns = layout.columns
        writer.fill(CellRect(column: 0, row: row, columns: columns, rows: 1), with: theme.bar)
        let roomy = columns >= 64
        let gap = roomy ? "  " : " "
        let method = state.methodName
        let digits = roomy ? 1 : 0
        let range =
            (state.shown.map { ($0.map.low, $0.map.high) } ?? state.shownTable?.range).map {
                Numbers.scientific($0, digits: digits) + "…" + Numbers.scientific($1, digits: digits)
            } ?? "no map yet"
        let isNamed = layout.titleRow != nil && TitleView.showsName(state, columns: columns)
        let number = state.pictures.isEmpty ? "" : "\(state.picture + 1)/\(state.pictures.count)"

        // From the right: the picture, as far as there is room beside the rest.
        let fixed =
            DisplayText.width(of: state.layerLabel) + DisplayText.width(of: method) + DisplayText.width(of: range)
            + 3 * gap.count + 2
        let name = state.mapOwner
        let spare = columns - fixed - min(DisplayText.width(of: name), roomy ? 24 : 12)
        var limit = columns - 1
        let pictureName = state.pictureName
        let whole = DisplayText.width(of: pictureName) + 1 + number.count
        if spare >= number.count + gap.count + 1 {
            limit = writer.writeRight(number, before: limit, row: row, look: theme.bar) - 1
            // The legend has it where there is one.
            let bench = layout.legend == nil ? state.benchTexts.first { spare >= number.count + $0.count + 2 * gap.count + 1 } : nil
            if let bench {
                limit = writer.writeRight(bench, before: limit - gap.count + 1, row: row, look: theme.barStrong)
            } else if let text = state.reviewTexts.first(where: { spare >= number.count + $0.count + 2 * gap.count + 1 }) {
                limit = writer.writeRight(text, before: limit - gap.count + 1, row: row, look: theme.barMark)
            } else if roomy, !isNamed, spare >= min(whole, 16 + number.count) + gap.count + 1 {
                let room = min(spare - number.count - gap.count - 2, 40)
                limit = writer.writeRight(
                    DisplayText.truncated(pictureName, to: room), before: limit, row: row, look: theme.barDim)
            }
            limit -= gap.count
        }

        let end = limit - DisplayText.width(of: method) - DisplayText.width(of: range) - 2 * gap.count
        var x = writer.write(state.layerLabel, column: 1, row: row, look: theme.barStrong)
        x += gap.count
        x = writer.write(DisplayText.truncated(name, to: max(end - x, 1)), column: x, row: row, limit: end, look: bold(theme.bar))
        x += gap.count
        x = writer.write(method, column: x, row: row, limit: limit, look: theme.bar) + gap.count
        writer.write(range, column: x, row: row, limit: limit, look: theme.bar)
    }

    /// What a click on a column of the line does: the layer goes to the fused map and back, the class is looked for, the method and
    /// the picture go on.
    static func field(atColumn column: Int, _ state: ExplorerState, columns: Int) -> Action? {
        let gap = columns >= 64 ? 2 : 1
        var x = 1 + DisplayText.width(of: state.layerLabel)
        if column < x { return .toggleFused }
        x += gap + DisplayText.width(of: state.mapOwner)
        if column < x { return .find }
        x += gap + DisplayText.width(of: state.methodName)
        if column < x { return .cycleMethod }
        return column >= columns - 1 - "\(state.picture + 1)/\(state.pictures.count)".count ? .stepPicture(1) : nil
    }

    private static func bold(_ cell: Cell) -> Cell {
        var cell = cell
        cell.style.insert(.bold)
        return cell
    }
}
