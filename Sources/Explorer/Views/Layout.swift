/// Where everything stands on a screen of a size. Used for drawing and for finding what the mouse points at.
struct Layout: Equatable {
    static let smallestColumns = 40
    static let smallestRows = 12

    struct Pane: Equatable {
        let kind: ViewKind
        let rect: CellRect
    }

    let columns: Int
    let rows: Int
    /// Whether the screen is too small for anything.
    let isTooSmall: Bool
    /// The row with the picture's facts and the thresholds.
    var titleRow: Int?
    /// The thin line with the panes' names.
    var ruleRow: Int?
    /// The view is the last; before it the picture, where split.
    var panes: [Pane] = []
    var colorBar: CellRect?
    var classes: CellRect?
    /// Over the class list in label views.
    var legend: CellRect?
    /// The line over the class list.
    var classRuleRow: Int?
    var film: CellRect?
    /// The thin line over the filmstrip.
    var filmRuleRow: Int?
    let hintRow: Int
    let statusRow: Int

    init(_ state: ExplorerState) { self.init(state, columns: state.columns, rows: state.rows) }

    init(_ state: ExplorerState, columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
        hintRow = rows - 2
        statusRow = rows - 1
        isTooSmall = columns < Self.smallestColumns || rows < Self.smallestRows
        guard !isTooSmall else { return }

        // What gives way first when room is short: the class list, the filmstrip, the title.
        var top = 0, bottom = hintRow
        if rows >= 18 {
            titleRow = 0
            top = 1
        }
        ruleRow = top
        top += 1
        if rows >= 20 {
            let height = Filmstrip.height(columns: columns, rows: rows, state: state)
            film = CellRect(column: 0, row: bottom - height, columns: columns, rows: height)
            bottom -= height
            if rows >= 28 {
                bottom -= 1
                filmRuleRow = bottom
            }
        }
        var right = columns
        if columns >= 64 {
            let width = min(max(columns * 32 / 100, 22), 44)
            classes = CellRect(column: columns - width, row: top, columns: width, rows: bottom - top)
            classRuleRow = ruleRow
            right = columns - width - 1
            if state.adjustments.view.showsLabels { makeLegend(state) }
        }
        bottom -= 1
        colorBar = CellRect(column: 0, row: bottom, columns: right, rows: 1)
        let view = state.adjustments.view
        let whole = CellRect(column: 0, row: top, columns: right, rows: bottom - top)
        guard Self.split(state.adjustments.layout, columns: columns) == .split, view != .picture else {
            panes = [Pane(kind: view, rect: whole)]
            return
        }
        let width = (right - 1) / 2
        var first = whole, second = whole
        first.columns = width
        second.column = width + 1
        second.columns = right - width - 1
        panes = [Pane(kind: .picture, rect: first), Pane(kind: view, rect: second)]
    }

    /// Takes rows from the class list: as many as the legend needs, at most half.
    private mutating func makeLegend(_ state: ExplorerState) {
        guard var list = classes else { return }
        let height = min(LegendView.height(state), max(list.rows / 2, 4))
        guard list.rows >= height + 2 else { return }
        legend = CellRect(column: list.column, row: list.row, columns: list.columns, rows: height - 1)
        classRuleRow = list.row + height - 1
        list.row += height
        list.rows -= height
        classes = list
    }

    /// What a choice comes to: without one, two panes where both are still large.
    static func split(_ choice: PaneLayout?, columns: Int) -> PaneLayout { choice ?? (columns >= 150 ? .split : .single) }
}
