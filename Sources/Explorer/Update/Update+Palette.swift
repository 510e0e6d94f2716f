extension ExplorerState {
    mutating func openPalette(_ text: String = "") {
        var palette = CommandPalette()
        palette.prompt.replace(with: text)
        palette.chosen = PaletteRow.rows(self, for: text).firstIndex { !$0.isHeading } ?? 0
        mode = .palette(palette)
    }

    mutating func editPalette(_ palette: CommandPalette, _ edit: Edit, _ effects: inout [Effect]) {
        var palette = palette
        switch edit {
        case .accept: return choose(palette, &effects)
        case .complete:
            guard let row = row(of: palette), !row.command.isEmpty else { return }
            mode = .prompt(Prompt(.command, text: row.usage.isEmpty ? row.command : row.command + " "))
            return
        case .history: return
        default:
            let before = palette.prompt.string
            palette.prompt.apply(edit)
            guard palette.prompt.string != before else { break }
            palette.top = 0
            palette.chosen = PaletteRow.rows(self, for: palette.prompt.string).firstIndex { !$0.isHeading } ?? 0
        }
        mode = .palette(palette)
    }

    private func row(of palette: CommandPalette) -> PaletteRow? {
        let rows = PaletteRow.rows(self, for: palette.prompt.string)
        return rows.indices.contains(palette.chosen) ? rows[palette.chosen] : nil
    }

    /// Does what the chosen row stands for; what only holds elsewhere is said.
    private mutating func choose(_ palette: CommandPalette, _ effects: inout [Effect]) {
        guard let row = row(of: palette) else { return refuse("nothing fits “\(palette.prompt.string)”; BkSp takes a letter back") }
        switch row.use {
        case .run(let action):
            mode = .browse
            if let brushObstacle = brushObstacle(to: action) { return refuse(brushObstacle) }
            perform(action, &effects)
        case .type(let text): mode = .prompt(Prompt(.command, text: text))
        case .elsewhere(let place): refuse("\(row.left) is a key for \(row.description): \(place)")
        case .heading: break
        }
    }

    /// Goes so many rows on, headings left out, and keeps the row in sight.
    mutating func stepPalette(_ palette: CommandPalette, by steps: Int) {
        var palette = palette
        let rows = PaletteRow.rows(self, for: palette.prompt.string)
        let places = rows.indices.filter { !rows[$0].isHeading }
        guard let first = places.first, let last = places.last else { return }
        let target = min(max(palette.chosen + steps, first), last)
        palette.chosen = (steps < 0 ? places.last { $0 <= target } : places.first { $0 >= target }) ?? target
        let height = PaletteView.listRows(columns: columns, rows: self.rows)
        // The heading over the first row is seen with it.
        let upper = palette.chosen == first ? 0 : palette.chosen
        palette.top = min(max(palette.top, palette.chosen - height + 1), upper)
        mode = .palette(palette)
    }

    mutating func pressPalette(_ palette: CommandPalette, _ button: Event.MouseButton, column: Int, row: Int, _ effects: inout [Effect]) {
        if button == .wheelUp || button == .wheelDown { return stepPalette(palette, by: button == .wheelUp ? -3 : 3) }
        guard button == .left, mouse, let place = PaletteView.place(column: column, row: row, columns: columns, rows: rows) else { return }
        let rows = PaletteRow.rows(self, for: palette.prompt.string)
        guard rows.indices.contains(palette.top + place) else { return }
        var palette = palette
        palette.chosen = palette.top + place
        choose(palette, &effects)
    }
}
