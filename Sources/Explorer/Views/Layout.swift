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
    var film: CellRect?
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
        }
        var right = columns
        if columns >= 64 {
            let width = min(max(columns * 27 / 100, 22), 40)
            classes = CellRect(column: columns - width, row: top, columns: width, rows: bottom - top)
            right = columns - width - 1
        }
        bottom -= 1
        colorBar = CellRect(column: 0, row: bottom, columns: right, rows: 1)
        let view = state.adjustments.view
        let layout = state.adjustments.layout ?? (columns >= 110 ? .split : .single)
        if layout == .split, view != .picture {
            let width = (right - 1) / 2
            panes = [
                Pane(kind: .picture, rect: CellRect(column: 0, row: top, columns: width, rows: bottom - top)),
                Pane(
                    kind: view,
                    rect: CellRect(column: width + 1, row: top, columns: right - width - 1, rows: bottom - top)),
            ]
        } else {
            panes = [Pane(kind: view, rect: CellRect(column: 0, row: top, columns: right, rows: bottom - top))]
        }
    }
}
