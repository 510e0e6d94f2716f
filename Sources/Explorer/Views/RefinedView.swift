import Attribution

/// The refined class map of the class looked at, or of the first that applies.
enum RefinedView {
    static func image(_ state: ExplorerState, _ area: PixelArea) -> PaneImage {
        let painter = PanePainter(state)
        guard let shown = state.shownLabels, let position = position(state) else { return painter.nothing(area) }
        let maps = shown.prepared.maps
        let levels = maps.values.withUnsafeBufferPointer { values in
            let plane = position * maps.width * maps.height
            return PixelLookup(area, width: maps.width, height: maps.height).map { pixel, _, _ -> Int16 in
                let value = values[plane + pixel]
                return Int16(value > 0 ? min(value * 256, 255) : 0)
            }
        }
        return painter.levels(levels, over: nil, area)
    }

    /// The plane of the maps that is shown.
    static func position(_ state: ExplorerState) -> Int? {
        guard let classes = state.shownLabels?.prepared.maps.classes, !classes.isEmpty else { return nil }
        return state.selectedClass.flatMap { classes.firstIndex(of: $0) } ?? 0
    }
}
