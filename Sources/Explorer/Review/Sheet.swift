import Labels

/// Pictures with their labels side by side, or a line each, to decide many at once.
struct Sheet: Sendable, Equatable {
    /// The picture that keys act on.
    var picture: Int
    /// Where in the queue what is seen begins.
    var top = 0
    var chosen: Set<Int> = []
    /// A line a picture.
    var isList = false
}

/// Where the cells of a sheet stand.
struct SheetGeometry {
    let columns: Int
    let rows: Int
    let cellColumns: Int
    let cellRows: Int
    /// Below the line with the sheet's name.
    let top = 1

    init(_ state: ExplorerState) { self.init(isList: state.sheet?.isList ?? false, columns: state.columns, rows: state.rows) }

    init(isList: Bool, columns width: Int, rows height: Int) {
        let room = max(height - 3, 1)
        if isList {
            (columns, rows, cellColumns, cellRows) = (1, max(room - 1, 1), width, 1)
        } else {
            columns = max(width / (width >= 160 ? 20 : 19), 1)
            rows = max(room / 9, 1)
            cellColumns = width / columns
            cellRows = room / rows
        }
    }

    var count: Int { columns * rows }

    /// The characters of a cell that is seen.
    func box(_ place: Int, isList: Bool) -> CellRect {
        CellRect(
            column: place % columns * cellColumns, row: top + (isList ? 1 : 0) + place / columns * cellRows, columns: cellColumns - (isList ? 0 : 1),
            rows: cellRows)
    }

    /// The cell under a character.
    func place(column: Int, row: Int, isList: Bool) -> Int? {
        let line = row - top - (isList ? 1 : 0)
        guard line >= 0, column >= 0, column / cellColumns < columns, line / cellRows < rows else { return nil }
        return line / cellRows * columns + column / cellColumns
    }
}

extension ExplorerState {
    /// The pictures that the sheet shows.
    var sheetPictures: [Int] {
        guard let sheet else { return [] }
        return Array(queueOrder.dropFirst(sheet.top).prefix(SheetGeometry(self).count))
    }

    mutating func toggleSheet() {
        if sheet != nil { return sheet = nil }
        guard !pictures.isEmpty else { return refuse("no pictures") }
        sheet = Sheet(picture: picture)
        showInSheet(picture)
    }

    /// Goes to a picture of the sheet, as far as it is in the queue.
    mutating func showInSheet(_ picture: Int) {
        guard sheet != nil else { return }
        let order = queueOrder, geometry = SheetGeometry(self)
        let place = order.firstIndex(of: picture) ?? 0
        if order.indices.contains(place) { sheet?.picture = order[place] }
        var top = sheet?.top ?? 0
        let line = place / geometry.columns
        top = min(max(top / geometry.columns, line - geometry.rows + 1), line) * geometry.columns
        sheet?.top = max(min(top, (max(order.count - 1, 0) / geometry.columns - geometry.rows + 1) * geometry.columns), 0)
    }

    mutating func moveInSheet(_ steps: Int) {
        guard let sheet else { return refuse("no sheet is open: P opens it") }
        let order = queueOrder
        guard !order.isEmpty else { return refuse("no picture fits the filter") }
        let place = order.firstIndex(of: sheet.picture) ?? 0
        let target = min(max(place + steps, 0), order.count - 1)
        if target == place { return refuse(steps < 0 ? "this is the first picture" : "this is the last picture") }
        showInSheet(order[target])
    }

    mutating func moveInSheet(_ direction: Direction) { moveInSheet(direction.dx + direction.dy * SheetGeometry(self).columns) }
    mutating func pageInSheet(_ pages: Int) { moveInSheet(pages * SheetGeometry(self).count) }

    mutating func chooseInSheet() {
        guard let picture = sheet?.picture else { return refuse("no sheet is open: P opens it") }
        if sheet?.chosen.remove(picture) == nil { sheet?.chosen.insert(picture) }
        if let next = queued(from: picture, 1) { showInSheet(next) }
    }

    /// Chooses all that are seen, or none where all of them are.
    mutating func choosePage() {
        guard let sheet else { return refuse("no sheet is open: P opens it") }
        let page = Set(sheetPictures)
        self.sheet?.chosen = page.isSubset(of: sheet.chosen) ? sheet.chosen.subtracting(page) : sheet.chosen.union(page)
        say("\(self.sheet?.chosen.count ?? 0) chosen")
    }

    mutating func toggleList() {
        guard sheet != nil else { return refuse("no sheet is open: P opens it") }
        sheet?.isList.toggle()
        sheet?.top = 0
        showInSheet(sheet?.picture ?? picture)
    }

    /// - Parameter picture: nil for the one that keys act on.
    mutating func enterSheet(_ picture: Int? = nil) {
        guard let open = sheet else { return refuse("no sheet is open: P opens it") }
        if let picture, !pictures.indices.contains(picture) { return refuse("there are \(pictures.count) pictures") }
        sheet = nil
        showPicture(picture ?? open.picture)
    }

    mutating func goInSheet(_ picture: Int) {
        guard sheet != nil else { return refuse("no sheet is open: P opens it") }
        guard pictures.indices.contains(picture) else { return refuse("there are \(pictures.count) pictures") }
        guard queueOrder.contains(picture) else { return refuse("\(Self.name(ofPath: pictures[picture])) does not fit the filter") }
        showInSheet(picture)
    }

    /// Decides about what is chosen, else about the picture that keys act on.
    mutating func decideInSheet(_ decision: ReviewDecision, _ effects: inout [Effect]) {
        guard let sheet else { return }
        let wanted = sheet.chosen.isEmpty ? [sheet.picture] : sheet.chosen.sorted()
        var reasons: [String] = [], done = 0
        for picture in wanted {
            if let reason = decide(decision, of: picture, &effects) { reasons.append(reason) } else { done += 1 }
        }
        self.sheet?.chosen = []
        if sheet.chosen.isEmpty, reasons.isEmpty, let next = queued(from: sheet.picture, 1) { showInSheet(next) }
        if let first = reasons.first {
            refuse(wanted.count == 1 ? first : "\(done) \(decision.title), \(reasons.count) not: \(first)")
        } else {
            say("\(done == 1 ? Self.name(ofPath: pictures[wanted[0]]) : "\(done) pictures") \(decision.title)")
        }
    }
}
