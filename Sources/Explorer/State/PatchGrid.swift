import Attribution

/// How many patches a picture has, as a model sees it.
struct PatchGrid: Sendable, Equatable {
    let columns: Int
    let rows: Int

    /// The patch of another grid that lies where a patch of this one has its middle.
    func carried(_ patch: PatchPosition, to other: PatchGrid) -> PatchPosition {
        PatchPosition(
            column: min((2 * patch.column + 1) * other.columns / (2 * columns), other.columns - 1),
            row: min((2 * patch.row + 1) * other.rows / (2 * rows), other.rows - 1))
    }

    /// The same of a token that looks; one that is no patch of this grid becomes what stands for the picture.
    func carried(_ query: QueryToken, to other: PatchGrid) -> QueryToken {
        guard case .patch(let index) = query else { return query }
        guard index >= 0, index < columns * rows else { return .picture }
        let patch = carried(PatchPosition(column: index % columns, row: index / columns), to: other)
        return .patch(patch.row * other.columns + patch.column)
    }
}

extension ExplorerState {
    func grid(of key: RecordKey) -> PatchGrid? {
        store[key].map { PatchGrid(columns: $0.trace.gridColumns, rows: $0.trace.gridRows) }
    }

    /// The query of the place looked at as a place of another picture or model has it.
    func carriedQuery(to place: Place) -> QueryToken {
        guard let own = grid(of: recordKey), let other = grid(of: RecordKey(model: place.model, picture: place.picture)), own != other
        else { return query }
        return own.carried(query, to: other)
    }

    /// Probe and region stay where they are in the picture when another grid is looked at.
    ///
    /// - Parameter withQuery: whether the query is of the grid looked at before, too.
    mutating func followGrid(withQuery: Bool) {
        guard let grid = grid(of: recordKey) else { return }
        defer { patchGrid = grid }
        guard let old = patchGrid, old != grid else { return }
        probe = probe.map { old.carried($0, to: grid) }
        if let start = region?.start { region?.start = old.carried(start, to: grid) }
        if let end = region?.end { region?.end = old.carried(end, to: grid) }
        if withQuery { query = old.carried(query, to: grid) }
    }
}
