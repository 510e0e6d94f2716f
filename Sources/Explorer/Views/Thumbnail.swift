import Attribution

/// A value in few characters: in the filmstrip and in the cells of a grid.
enum Thumbnail {
    static func draw(
        _ value: RangedMap, _ scale: MapScale, in box: CellRect, _ state: ExplorerState, _ writer: inout FrameWriter
    ) {
        // The grid's own shape, in the middle of the box.
        let fit = min(Double(box.columns) / Double(value.map.columns), Double(box.rows * 2) / Double(value.map.rows))
        let width = min(max(Int((Double(value.map.columns) * fit).rounded()), 1), box.columns)
        let height = min(max(Int((Double(value.map.rows) * fit).rounded()), 1), box.rows * 2)
        let column = box.column + (box.columns - width) / 2, row = box.row + (box.rows - (height + 1) / 2) / 2
        if value.colors != nil || value.classes != nil {
            let area = PixelArea(width: width, height: height, .half), painter = PanePainter(state)
            if let colors = value.colors { painter.colors(colors, over: nil, area).draw(into: &writer, column: column, row: row) }
            if let classes = value.classes { painter.classes(classes, over: nil, area, letters: state.letters(of: classes)).draw(into: &writer, column: column, row: row) }
            return
        }
        let raster = MapRaster(map: value.map, scale: scale, sampling: .smooth, width: width, height: height)
        let colors = MapColors(state.adjustments.colorMap, state.colorDepth, isDiverging: scale.isDiverging)
        PixelGrid(width: width, height: height, pixels: colors.pixels(raster.levels)).draw(
            into: &writer, column: column, row: row, mono: writer.theme.mono)
    }
}

extension ExplorerState {
    /// Whether the values shown are of both signs, zero in the middle of their colors.
    var isDiverging: Bool { isDiverging(adjustments.method) }

    /// The same of a method's values.
    func isDiverging(_ method: Int) -> Bool {
        adjustments.normalization == .symmetric || methods.indices.contains(method) && methods[method].scale == .diverging
    }
}
