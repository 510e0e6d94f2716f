import Attribution

/// What the rows or the columns of a grid walk along.
public enum GridAxis: String, Sendable, Hashable, CaseIterable {
    case layers, heads, classes, methods, pictures
}

/// Maps side by side: every cell is the place looked at with two axes of its own.
struct Grid: Sendable, Equatable {
    var rows: GridAxis
    var columns: GridAxis
    /// The cell that keys act on.
    var row = 0
    var column = 0
    /// The first cells that are seen.
    var top = 0
    var left = 0
    /// Whether a cell was entered: the grid waits to be gone back to.
    var isEntered = false
    /// Where one stood before a cell was entered.
    var origin: Place?

    init(rows: GridAxis, columns: GridAxis) {
        self.rows = rows
        self.columns = columns
    }

    /// Those that the key goes through.
    static let usual: [Grid] = [
        Grid(rows: .layers, columns: .heads), Grid(rows: .layers, columns: .classes), Grid(rows: .methods, columns: .classes),
        Grid(rows: .layers, columns: .methods), Grid(rows: .pictures, columns: .classes),
    ]

    var name: String { "\(rows.rawValue)×\(columns.rawValue)" }
}

extension ExplorerState {
    /// Whether a grid fills the panes' room.
    var showsGrid: Bool { grid.map { !$0.isEntered } ?? false }

    /// How many there are along an axis.
    func count(along axis: GridAxis) -> Int {
        switch axis {
        case .layers: model.depth
        case .heads: headCount
        case .classes: gridClasses.count
        case .methods: gridMethods.count
        case .pictures: pictures.count
        }
    }

    /// The classes of a grid: those marked, where several are; else the twelve first of the list.
    var gridClasses: [Int] {
        let marks = self.marks
        let marked = marks.count > 1 ? listed.filter(marks.contains) : []
        return marked.count > 1 ? marked : Array(listed.prefix(12))
    }

    /// The methods of a grid: all that give maps of this model with a pass or two, and the one looked at.
    var gridMethods: [Int] {
        methods.indices.filter {
            methods[$0].isMethod && (!methods[$0].takesManyPasses || $0 == adjustments.method) && obstacle(to: $0) == nil
        }
    }

    /// The place of a cell; `nil` where there is none.
    func place(ofRow row: Int, column: Int, in grid: Grid) -> Place? {
        places(ofRows: row..<row + 1, columns: column..<column + 1, in: grid)[0][0]
    }

    /// The places of many cells, row by row; `nil` where there is none. What lies along the axes is looked up once for all.
    func places(ofRows rows: Range<Int>, columns: Range<Int>, in grid: Grid) -> [[Place?]] {
        let axes: Set<GridAxis> = [grid.rows, grid.columns]
        let classes = axes.contains(.classes) ? gridClasses : [], methods = axes.contains(.methods) ? gridMethods : []
        func go(_ axis: GridAxis, to index: Int, in place: inout Place) -> Bool {
            switch axis {
            case .layers:
                guard (0..<model.depth).contains(index) else { return false }
                place.layer = .layer(index)
            case .heads:
                guard (0..<headCount).contains(index) else { return false }
                place.head = index
            case .classes:
                guard classes.indices.contains(index) else { return false }
                place.classIndex = classes[index]
            case .methods:
                guard methods.indices.contains(index) else { return false }
                place.method = methods[index]
            case .pictures:
                guard pictures.indices.contains(index) else { return false }
                place.picture = index
                // Classes are the same for all pictures; each looks at its own otherwise.
                if !axes.contains(.classes) { place.classIndex = nil }
                place.query = carriedQuery(to: place)
            }
            return true
        }
        let here = self.place
        return rows.map { row in
            var start = here
            let isThere = go(grid.rows, to: row, in: &start)
            return columns.map { column in
                var place = start
                return isThere && go(grid.columns, to: column, in: &place) ? place : nil
            }
        }
    }

    /// The places of the cells that are seen, row by row.
    func places(seenIn grid: Grid, _ geometry: GridGeometry) -> [[Place?]] {
        places(
            ofRows: grid.top..<grid.top + geometry.visibleRows, columns: grid.left..<grid.left + geometry.visibleColumns, in: grid)
    }

    /// The name of a row or column.
    func title(of axis: GridAxis, _ index: Int) -> String {
        switch axis {
        case .layers: "\(index)"
        case .heads: "\(index)"
        case .classes: gridClasses.indices.contains(index) ? model.className(gridClasses[index]) : ""
        case .methods: gridMethods.indices.contains(index) ? methods[gridMethods[index]].identifier : ""
        case .pictures: pictures.indices.contains(index) ? Self.name(ofPath: pictures[index]) : ""
        }
    }

    // MARK: Opening and leaving

    mutating func cycleGrid() {
        let fitting = Grid.usual.filter { obstacle(to: $0) == nil }
        guard let grid, !grid.isEntered else { return openGrid(oriented(grid ?? fitting.first ?? Grid.usual[0])) }
        guard let place = fitting.firstIndex(where: { Set([$0.rows, $0.columns]) == Set([grid.rows, grid.columns]) }) else {
            return openGrid(oriented(fitting.first ?? Grid.usual[0]))
        }
        if place + 1 < fitting.count { openGrid(oriented(fitting[place + 1])) } else { closeGrid() }
    }

    /// A grid with its axes the way that shows more of it.
    private func oriented(_ grid: Grid) -> Grid {
        let turned = Grid(rows: grid.columns, columns: grid.rows)
        func shown(_ grid: Grid) -> Int {
            var state = self
            state.grid = grid
            return GridGeometry(state)?.shown ?? 0
        }
        return shown(turned) > shown(grid) * 5 / 4 ? turned : grid
    }

    /// Why a grid cannot be shown; `nil` where it can.
    func obstacle(to grid: Grid) -> String? {
        let axes: Set<GridAxis> = [grid.rows, grid.columns]
        if axes.count < 2 { return "a grid has two axes: \(grid.rows.rawValue) twice are one" }
        if axes.contains(.classes), !model.hasClasses { return "no classes: " + ModelSummary.headless }
        return method.flatMap { obstacle(to: grid, of: $0) }.map { $0 + ": m chooses another method" }
    }

    /// Why a method's values cannot fill a grid.
    func obstacle(to grid: Grid, of method: MethodSummary) -> String? {
        let axes: Set<GridAxis> = [grid.rows, grid.columns]
        if axes.contains(.methods) { return nil }
        if method.isTable { return "\(method.identifier) is a table of its own, not a map a cell" }
        if axes.contains(.classes), !method.needsClass { return "\(method.identifier) gives one map for all classes" }
        if axes.contains(.heads), !method.axes.contains(.head) { return "\(method.identifier) has no value of a single head" }
        return nil
    }

    mutating func openGrid(_ wanted: Grid) {
        guard record != nil else { return refuseUntraced() }
        if let obstacle = obstacle(to: wanted) { return refuse(obstacle) }
        var grid = wanted
        grid.isEntered = false
        grid.row = standing(on: grid.rows)
        grid.column = standing(on: grid.columns)
        self.grid = grid
        (panes.isPeeking, panes.isBlinking) = (false, false)
        showCell()
        say(gridSentence)
    }

    mutating func closeGrid() {
        guard grid != nil else { return refuse("no grid is open: V opens one") }
        grid = nil
        say("the grid is closed")
    }

    /// The row or column of what is looked at.
    private func standing(on axis: GridAxis) -> Int {
        switch axis {
        case .layers: if case .layer(let index) = layer { index } else { model.depth - 1 }
        case .heads: head ?? 0
        case .classes: selectedClass.flatMap { gridClasses.firstIndex(of: $0) } ?? 0
        case .methods: gridMethods.firstIndex(of: adjustments.method) ?? 0
        case .pictures: picture
        }
    }

    mutating func moveInGrid(_ direction: Direction) {
        guard var grid else { return }
        let row = grid.row + direction.dy, column = grid.column + direction.dx
        guard (0..<count(along: grid.rows)).contains(row), (0..<count(along: grid.columns)).contains(column) else {
            return refuse("no cell there: this is the edge of the grid")
        }
        (grid.row, grid.column) = (row, column)
        self.grid = grid
        showCell()
        say(gridSentence)
    }

    mutating func chooseCell(row: Int, column: Int) {
        guard let grid, showsGrid else { return refuse("no grid is open: V opens one") }
        guard (0..<count(along: grid.rows)).contains(row), (0..<count(along: grid.columns)).contains(column) else {
            return refuse("no cell \(row) \(column): there are \(count(along: grid.rows))×\(count(along: grid.columns))")
        }
        self.grid?.row = row
        self.grid?.column = column
        showCell()
        say(gridSentence)
    }

    /// Scrolls the grid as little as needed for its cell to be seen.
    mutating func showCell() {
        guard var grid, let geometry = GridGeometry(self) else { return }
        grid.top = min(max(grid.top, grid.row - geometry.visibleRows + 1), grid.row)
        grid.left = min(max(grid.left, grid.column - geometry.visibleColumns + 1), grid.column)
        grid.top = max(min(grid.top, count(along: grid.rows) - geometry.visibleRows), 0)
        grid.left = max(min(grid.left, count(along: grid.columns) - geometry.visibleColumns), 0)
        self.grid = grid
    }

    mutating func enterCell() {
        guard var grid, !grid.isEntered else { return refuse("Enter goes into a cell of a grid: V opens one") }
        guard let target = place(ofRow: grid.row, column: grid.column, in: grid) else { return }
        grid.origin = place
        grid.isEntered = true
        self.grid = grid
        move(to: target)
        say("Backspace goes back to the grid of \(grid.name)")
    }

    mutating func leaveCell() {
        guard let grid else { return refuse("no grid to go back to: V opens one") }
        guard grid.isEntered else { return refuse("this is the grid: Enter goes into its cell, Esc closes it") }
        self.grid?.isEntered = false
        if let origin = grid.origin { move(to: origin) }
        self.grid?.origin = nil
        showCell()
        say(gridSentence)
    }

    /// What the cell is, in words.
    var gridSentence: String {
        guard let grid, let place = place(ofRow: grid.row, column: grid.column, in: grid) else { return "" }
        var parts = [methods.indices.contains(place.method) ? methods[place.method].identifier : ""]
        if methods.indices.contains(place.method), methods[place.method].needsClass, let index = place.classIndex {
            parts.append(model.className(index))
        }
        switch place.layer {
        case .layer(let index): parts.append("layer \(index)")
        case .fused: parts.append("fused \(startLayer)-\(model.depth - 1)")
        }
        if let head = place.head { parts.append("head \(head)") }
        if place.picture != picture || grid.rows == .pictures || grid.columns == .pictures {
            parts.append(pictures.indices.contains(place.picture) ? Self.name(ofPath: pictures[place.picture]) : "")
        }
        var text = parts.filter { !$0.isEmpty }.joined(separator: " · ")
        if let value = value(of: place) {
            text += "  \(Numbers.scientific(value.low))…\(Numbers.scientific(value.high))"
        }
        return text
    }

    /// The map of a place, if it is there.
    func value(of place: Place) -> RangedMap? {
        guard let key = mapKey(of: place),
            let maps = store[RecordKey(model: place.model, picture: place.picture)]?.maps[key]
        else { return nil }
        switch place.layer {
        case .layer(let index): return maps.indices.contains(index) ? maps[index] : nil
        case .fused:
            return looking(at: place).fusedValue(of: maps)
        }
    }
}
