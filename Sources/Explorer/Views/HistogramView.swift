import Labels

/// How often each value of the active map is, and where the cut lies: below the class list, or where that leaves no room a box in
/// the lower right corner of the view's pane.
enum HistogramView {
    /// Rows below the class list, of so many that are free: its name, the bars, the ends of the values; `nil` where those are too few.
    static func footRows(_ room: Int) -> Int? { room >= 5 ? min(room, 7) : nil }

    /// How it stands out from what is around it, or does not.
    private struct Looks {
        let ground: Cell, bars: Cell, dim: Cell, mark: Cell

        static func box(_ theme: Theme) -> Looks { Looks(ground: theme.bar, bars: theme.bar, dim: theme.barDim, mark: theme.barMark) }
        static func foot(_ theme: Theme) -> Looks { Looks(ground: theme.text, bars: theme.amount, dim: theme.dim, mark: theme.mark) }
    }

    /// A line in the histogram.
    private struct Mark {
        /// 0 to 1 along the values.
        let place: Float
        let name: String
    }

    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        guard state.histogramShown, !state.showsGrid else { return }
        if let rect = layout.histogram { return drawFoot(state, rect, &writer) }
        guard let box = box(state, layout) else { return }
        let looks = Looks.box(writer.theme)
        writer.fill(box, with: looks.ground)
        guard let (values, title, marks) = content(state) else {
            return writer.writeCentered(state.absence, in: box, row: box.row + box.rows / 2, look: looks.ground)
        }
        writer.write(DisplayText.truncated(" " + title, to: box.columns - 1), column: box.column, row: box.row, look: writer.theme.barStrong)
        drawBars(values, box, box.rows - 2, looks, &writer)
        drawMarks(marks, box, box.rows - 2, looks, &writer)
    }

    /// Where the histogram covers the picture; `nil` where it does not.
    static func box(_ state: ExplorerState, _ layout: Layout) -> CellRect? {
        guard state.histogramShown, layout.histogram == nil, let pane = layout.main(state)?.rect, pane.columns >= 24, pane.rows >= 7 else { return nil }
        let columns = min(pane.columns - 4, 42), bars = min(max(pane.rows / 4, 3), 8)
        return CellRect(
            column: pane.column + pane.columns - columns - 1, row: pane.row + pane.rows - bars - 3, columns: columns, rows: bars + 2)
    }

    private static func drawFoot(_ state: ExplorerState, _ rect: CellRect, _ writer: inout FrameWriter) {
        let looks = Looks.foot(writer.theme), known = content(state)
        writer.rule(known?.title ?? "histogram", over: rect)
        guard let known else {
            writer.write(state.absence, column: rect.column + 1, row: rect.row + 1, limit: rect.column + rect.columns, look: looks.dim)
            return
        }
        drawBars(known.values, rect, rect.rows - 2, looks, &writer)
        drawMarks(known.marks, rect, rect.rows - 2, looks, &writer)
    }

    /// Values from 0 to 1, what they are, and the cuts.
    private static func content(_ state: ExplorerState) -> (values: [Float], title: String, marks: [Mark])? {
        if state.adjustments.view == .saliency {
            guard let shown = state.shownLabels, let map = shown.prepared.saliencyMap(state.preset) else { return nil }
            // The other two are cut each by itself: no one place would be true.
            if case .computed(let kind) = state.preset.saliency, kind == .intersection || kind == .union {
                return (map.values, "saliency, mean of both", [])
            }
            let otsu = Otsu.level(map.image.samples).map { Float($0) / 255 }
            let level = state.preset.saliencyLevel.map { Float($0) } ?? otsu
            return (map.values, "saliency", level.map { [Mark(place: $0, name: "level")] } ?? [])
        }
        if state.adjustments.view.isOfLabel {
            guard let shown = state.shownLabels, let position = RefinedView.position(state) else { return nil }
            let maps = shown.prepared.maps
            let completion = shown.completion
            var marks = [Mark(place: completion.highestBackground, name: "bg")]
            let number = shown.prepared.request.numbers[position]
            if let cut = completion.completionCut,
                let place = shown.prepared.activation.labels.firstIndex(of: number),
                let value = shown.prepared.activation.quantile(place, cut: cut)
            {
                marks.append(Mark(place: value, name: "cut"))
            }
            return (Array(maps.plane(position)), "refined " + state.model.className(maps.classes[position]), marks)
        }
        guard let shown = state.shown else { return nil }
        let cut = state.adjustments.cut
        return (
            shown.map.map.values.map(shown.level), state.layerLabel + ", patches",
            cut > 0 ? [Mark(place: cut, name: "threshold")] : []
        )
    }

    private static func drawBars(_ values: [Float], _ box: CellRect, _ rows: Int, _ looks: Looks, _ writer: inout FrameWriter) {
        let bins = box.columns - 2
        guard bins > 0 else { return }
        var counts = [Int](repeating: 0, count: bins)
        for value in values where value.isFinite { counts[min(max(Int(value * Float(bins)), 0), bins - 1)] += 1 }
        // Square roots, so that the few high values are seen beside the many low ones.
        let highest = Float(counts.max() ?? 0).squareRoot()
        guard highest > 0 else { return }
        BarChart.draw(
            counts.map { Float($0).squareRoot() / highest }, in: CellRect(column: box.column + 1, row: box.row + 1, columns: bins, rows: rows),
            look: looks.bars, &writer)
    }

    private static func drawMarks(_ marks: [Mark], _ box: CellRect, _ rows: Int, _ looks: Looks, _ writer: inout FrameWriter) {
        let bins = box.columns - 2
        let foot = box.row + box.rows - 1
        writer.write("0", column: box.column + 1, row: foot, look: looks.dim)
        writer.writeRight("1", before: box.column + box.columns - 1, row: foot, look: looks.dim)
        let look = looks.mark
        var taken = box.column + 2
        for mark in marks.sorted(by: { $0.place < $1.place }) {
            let x = box.column + 1 + min(max(Int(mark.place * Float(bins)), 0), bins - 1)
            for row in 0..<rows {
                var cell = look
                cell.scalar = "│"
                writer.write("│", column: x, row: box.row + 1 + row, look: cell)
            }
            let text = mark.name + " " + Numbers.fixed(mark.place, digits: 2)
            let width = DisplayText.width(of: text)
            let start = max(min(x, box.column + box.columns - 3 - width), taken)
            guard start + width < box.column + box.columns - 2 else { continue }
            taken = writer.write(text, column: start, row: foot, look: look) + 1
        }
    }
}
