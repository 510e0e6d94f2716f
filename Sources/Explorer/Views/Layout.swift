/// Where everything stands on a screen of a size. Used for drawing and for finding what the mouse points at.
struct Layout: Equatable {
    static let smallestColumns = 40
    static let smallestRows = 12

    struct Pane: Equatable {
        let kind: ViewKind
        let rect: CellRect
        /// Among the panes; `nil` for the picture beside the view.
        var index: Int?
        /// The row with its name.
        var ruleRow = 0
    }

    let columns: Int
    let rows: Int
    /// Whether the screen is too small for anything.
    let isTooSmall: Bool
    /// The row with the picture's facts and the thresholds.
    var titleRow: Int?
    /// The thin line with the panes' names.
    var ruleRow: Int?
    /// Of one pane the view is the last; before it the picture, where split.
    var panes: [Pane] = []
    /// Where a grid lies, in the panes' place.
    var gridRect: CellRect?
    var colorBar: CellRect?
    var classes: CellRect?
    /// Below the class list where it leaves room: how the class's logit comes to be.
    var curve: CellRect?
    /// Above that the histogram where it is asked for, and what the probed patch is: both before the curve where not all have room.
    var histogram: CellRect?
    /// How good the map is, where that is asked for: before all of those.
    var quality: CellRect?
    var probe: CellRect?
    /// Over the class list in label views.
    var legend: CellRect?
    /// The line over the class list.
    var classRuleRow: Int?
    var film: CellRect?
    /// In its place a sweep, with the line over it.
    var sweep: CellRect?
    /// What panes have in common, in few letters, where no line over the filmstrip says it in words.
    var lock: CellRect?
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
        if rows >= 16, state.showsSweep {
            let height = SweepView.height(state, rows: rows)
            bottom -= height
            sweep = CellRect(column: 0, row: bottom, columns: columns, rows: height)
        } else if rows >= 20 {
            let height = Filmstrip.height(columns: columns, rows: rows, state: state)
            film = CellRect(column: 0, row: bottom - height, columns: columns, rows: height)
            bottom -= height
            if rows >= 28 {
                bottom -= 1
                filmRuleRow = bottom
            }
        }
        var right = columns
        let view = state.adjustments.view
        if columns >= 64 {
            let width = Self.classColumns(state, columns: columns)
            classes = CellRect(column: columns - width, row: top, columns: width, rows: bottom - top)
            classRuleRow = ruleRow
            right = columns - width - 1
            if view.showsLabels { makeLegend(state) }
            makeFoot(state)
        }
        bottom -= 1
        colorBar = CellRect(column: 0, row: bottom, columns: right, rows: 1)
        if state.panes.all.count > 1, filmRuleRow == nil, !state.showsGrid {
            let width = min(DisplayText.width(of: state.lockLetters(columns: right)) + 2, right / 3)
            colorBar = CellRect(column: 0, row: bottom, columns: right - width, rows: 1)
            lock = CellRect(column: right - width, row: bottom, columns: width, rows: 1)
        }
        let whole = CellRect(column: 0, row: top, columns: right, rows: bottom - top)
        if state.grid != nil { gridRect = whole }
        if state.showsGrid { return }
        let focus = state.panes.focus, aspect = Self.aspect(state)
        guard state.panes.all.count == 1 else {
            panes = Self.arranged(state.panes.all.count, in: whole, aspect: aspect).enumerated().map { index, rect in
                Pane(kind: state.place(ofPane: index).view, rect: rect, index: index, ruleRow: rect.row - 1)
            }
            return
        }
        guard Self.split(state.adjustments.layout, columns: columns) == .split, view != .picture, !state.panes.isPeeking else {
            panes = [Pane(kind: view, rect: whole, index: focus, ruleRow: top - 1)]
            return
        }
        let halves = Self.arranged(2, in: whole, aspect: aspect)
        panes = [
            Pane(kind: .picture, rect: halves[0], ruleRow: halves[0].row - 1),
            Pane(kind: view, rect: halves[1], index: focus, ruleRow: halves[1].row - 1),
        ]
    }

    /// The pane that keys act on.
    func main(_ state: ExplorerState) -> Pane? { panes.first { $0.index == state.panes.focus } }

    /// Columns of the class list: as many as the names need, so that the picture has the room.
    private static func classColumns(_ state: ExplorerState, columns: Int) -> Int {
        let most = min(max(columns * 32 / 100, 22), 36)
        guard state.model.hasClasses else { return most }
        // A region has two more numbers beside each class.
        if state.region != nil { return min(max(state.model.longestName + 24, 28), max(most, min(columns * 45 / 100, 48))) }
        return min(max(state.model.longestName + 20, 28), most)
    }

    /// Height over width of the picture.
    private static func aspect(_ state: ExplorerState) -> Double {
        state.record.map { Double($0.trace.originalHeight) / Double(max($0.trace.originalWidth, 1)) } ?? 0.75
    }

    /// Places for panes side by side and below each other, a column or a row with the name between them: of all ways, the one
    /// that shows the largest picture.
    static func arranged(_ count: Int, in rect: CellRect, aspect: Double) -> [CellRect] {
        var best: (area: Double, panes: [CellRect]) = (-1, [])
        for down in 1...max(count, 1) {
            let across = (count + down - 1) / down
            guard (across - 1) * down < count, across * (down - 1) < count else { continue }
            let width = (rect.columns - (across - 1)) / across, height = (rect.rows - (down - 1)) / down
            guard width > 0, height > 0 else { continue }
            let drawn = min(Double(width), Double(2 * height) / aspect)
            guard drawn * drawn > best.area * 1.02 else { continue }
            best = (drawn * drawn, (0..<count).map { index in
                let x = index % across, y = index / across
                let column = rect.column + x * (width + 1), row = rect.row + y * (height + 1)
                // What is left over stays empty: pictures side by side have one size.
                return CellRect(column: column, row: row, columns: width, rows: height)
            })
        }
        return best.panes.isEmpty ? Array(repeating: rect, count: count) : best.panes
    }

    /// Whether so many panes have room to be of use.
    static func holds(panes count: Int, columns: Int, rows: Int) -> Bool {
        columns / count >= 20 || rows / count >= 8 || (columns >= 48 && rows >= 20)
    }

    /// Fills the foot of a class list that does not need all its rows: what was asked for has them before the curve.
    private mutating func makeFoot(_ state: ExplorerState) {
        guard var list = classes else { return }
        var room = list.rows - min(state.listed.count, 12) - 2
        let qualityRows = QualityView.footRows(state, of: list)
        room -= qualityRows
        func rows(_ height: Int?) -> Int {
            guard let height, height <= room else { return 0 }
            room -= height
            return height
        }
        let probeRows = rows(state.probe == nil || state.showsGrid || state.adjustments.view.showsLabels ? nil : state.probeLines + 1)
        let histogramRows = rows(state.histogramShown && !state.showsGrid ? HistogramView.footRows(room) : nil)
        let curveRows = rows(state.curveKey == nil ? nil : 3)
        func take(_ height: Int) -> CellRect? {
            guard height > 0 else { return nil }
            list.rows -= height
            return CellRect(column: list.column, row: list.row + list.rows, columns: list.columns, rows: height)
        }
        (curve, histogram, probe, quality) = (take(curveRows), take(histogramRows), take(probeRows), take(qualityRows))
        classes = list
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
