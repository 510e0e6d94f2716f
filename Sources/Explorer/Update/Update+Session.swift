extension ExplorerState {
    /// One key at once; of several each once what the one before asked for is there.
    mutating func press(_ keys: [Key], _ effects: inout [Effect]) {
        guard let key = keys.first else { return }
        guard keys.count == 1 else { return insert(keys.map { Script.Line("press " + $0.plainName) }) }
        if let action = action(for: .key(key)) { take(action, &effects) }
    }

    /// Runs the lines of a file before those that are still to come.
    mutating func play(_ lines: [Script.Line]) {
        guard script.filesRead < 20 else { return complain("sessions that play each other without end") }
        insert(lines)
        script.filesRead += 1
    }

    mutating func resize(columns: Int, rows: Int, cell: CellSize?) {
        self.cell = cell
        if columns != self.columns || rows != self.rows { session.add("screen \(max(columns, 1)) \(max(rows, 1))") }
        self.columns = max(columns, 0)
        self.rows = max(rows, 0)
        if let selectedClass { showInList(selectedClass) }
        showCell()
    }
}
