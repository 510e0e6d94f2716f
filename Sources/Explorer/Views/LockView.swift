/// What panes have in common: in words over the filmstrip, or where there is no line over it, in the letters of the question that
/// locks and frees, at the end of the color bar's row.
enum LockView {
    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        guard state.panes.all.count > 1, !state.showsGrid else { return }
        if let rect = layout.lock {
            let text = DisplayText.truncated(state.lockLetters(columns: rect.column + rect.columns), to: rect.columns - 1)
            writer.writeRight(text, before: rect.column + rect.columns - 1, row: rect.row, look: writer.theme.dim)
        } else if let rect = wordsRect(state, layout) {
            writer.write(
                " " + DisplayText.truncated(state.lockText, to: rect.columns - 2) + " ", column: rect.column, row: rect.row, limit: layout.columns - 1,
                look: writer.theme.dim)
        }
    }

    /// Where it stands, in words or letters.
    static func rect(_ state: ExplorerState, _ layout: Layout) -> CellRect? {
        guard state.panes.all.count > 1, !state.showsGrid else { return nil }
        return layout.lock ?? wordsRect(state, layout)
    }

    private static func wordsRect(_ state: ExplorerState, _ layout: Layout) -> CellRect? {
        guard let row = layout.filmRuleRow else { return nil }
        let start = 1 + Filmstrip.ruleName.count + 1
        return CellRect(
            column: start, row: row, columns: min(DisplayText.width(of: state.lockText) + 2, layout.columns - start - 2), rows: 1)
    }
}

extension ExplorerState {
    /// The letters of the question that locks and frees, of what is locked: `locked plhqv`, or of few columns `=plhqv`.
    func lockLetters(columns: Int) -> String {
        let letters = PaneAxis.allCases.filter(panes.locked.contains).compactMap { Self.lockLetters[$0] }.joined()
        if letters.isEmpty { return columns >= 48 ? "all free" : "free" }
        return (columns >= 48 ? "locked " : "=") + letters
    }

    private static let lockLetters: [PaneAxis: String] = {
        var letters: [PaneAxis: String] = [:]
        for binding in KeyMap.bindings { if case .toggleLock(let axis) = binding.action { letters[axis] = binding.keys.first?.name } }
        return letters
    }()
}
