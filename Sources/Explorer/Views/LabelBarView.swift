import Labels

/// In label views, in place of the map's color bar: the scale of what has one, the areas where no class list shows them, and how
/// the label is made. On screens without a title line the thresholds instead.
enum LabelBarView {
    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        guard let rect = layout.colorBar else { return }
        let theme = writer.theme
        let limit = rect.column + rect.columns
        let view = state.adjustments.view
        var x = rect.column + 1
        guard layout.titleRow != nil else { return drawThresholds(state, rect, column: x, &writer) }
        if let shown = state.shownLabels, view == .refined || shown.mask != nil && view == .saliency {
            x = drawScale(state, shown, rect, column: x, &writer) + 2
        } else if layout.legend == nil {
            for row in LegendView.rows(state) {
                guard let share = row.share, share > 0 else { continue }
                let text = " \(DisplayText.truncated(row.name, to: 10)) \(Numbers.percent(share))  "
                guard x + 1 + DisplayText.width(of: text) <= limit else { break }
                LegendView.drawSwatch(row.number, LabelView.letters(state), state, column: x, row: rect.row, &writer)
                x = writer.write(text, column: x + 1, row: rect.row, limit: limit, look: theme.text)
            }
        }
        let preset = state.adjustments.preset
        let hand = state.shownLabels?.byHand.map { [("by hand", Numbers.percent(Float($0)))] } ?? []
        var facts = [("preset", state.preset.name), ("refined by", preset.refiners.map(word).joined(separator: ", "))]
        if preset.decoder > 0 { facts.insert(("of", state.sourceText), at: 1) }
        if let level = state.foundLevel { facts.insert(("level", Numbers.fixed(Float(level), digits: 2)), at: 0) }
        if view == .decoder { facts = [("asked at", state.model.decoder ?? "")] }
        if view == .label { facts = BrushView.facts(state) + hand + (state.tool == nil ? facts : []) }
        if state.truthLook == .error, let errors = state.figures?.errors {
            facts.insert(("missed", Numbers.percent(Float(errors.missed)) + " · too much " + Numbers.percent(Float(errors.excess))
                + " · ignored " + Numbers.percent(Float(errors.ignored))), at: 0)
        }
        for (name, value) in facts {
            guard !value.isEmpty, x + DisplayText.width(of: name + value) + 1 <= limit else { continue }
            if !name.isEmpty { x = writer.write(name + " ", column: x, row: rect.row, limit: limit, look: theme.dim) }
            x = writer.write(value, column: x, row: rect.row, limit: limit, look: theme.text) + 2
        }
    }

    /// The colors from 0 to 1; of saliency also the level and the area that reaches it. - Returns: the column after it.
    private static func drawScale(
        _ state: ExplorerState, _ shown: ShownLabels, _ rect: CellRect, column: Int, _ writer: inout FrameWriter
    ) -> Int {
        let limit = rect.column + rect.columns
        let width = min(max(rect.columns / 3, 8), 64)
        var x = writer.write("0", column: column, row: rect.row, look: writer.theme.text) + 1
        ColorBarView.drawBar(state, cut: 0, column: x, row: rect.row, width: width, &writer)
        x = writer.write("1", column: x + width + 1, row: rect.row, limit: limit, look: writer.theme.text)
        guard state.adjustments.view == .saliency, let mask = shown.mask else { return x }
        let area = Float(mask.values.reduce(0) { $1 == 0 ? $0 : $0 + 1 }) / Float(max(mask.values.count, 1))
        return writer.write(
            "  salient: \(Numbers.percent(area)) area", column: x, row: rect.row, limit: limit, look: writer.theme.mark)
    }

    /// Without a title line: the active one, then the others as far as there is room.
    private static func drawThresholds(_ state: ExplorerState, _ rect: CellRect, column: Int, _ writer: inout FrameWriter) {
        let theme = writer.theme
        let limit = rect.column + rect.columns
        for (threshold, start) in placed(state, rect, column: column) {
            let active = threshold == state.activeThreshold
            let x = writer.write(threshold.shortTitle + " ", column: start, row: rect.row, limit: limit, look: active ? theme.accent : theme.dim)
            writer.write(
                threshold.text(in: state.adjustments, isShort: true), column: x, row: rect.row, limit: limit, look: active ? theme.accent : theme.text)
        }
    }

    /// The thresholds that have room, and where each begins.
    private static func placed(_ state: ExplorerState, _ rect: CellRect, column: Int) -> [(threshold: Threshold, column: Int)] {
        var x = column, result: [(threshold: Threshold, column: Int)] = []
        for threshold in [state.activeThreshold] + state.thresholds.filter({ $0 != state.activeThreshold }) {
            let width = DisplayText.width(of: threshold.shortTitle + " " + threshold.text(in: state.adjustments, isShort: true))
            guard x + width <= rect.column + rect.columns else { break }
            result.append((threshold, x))
            x += width + 2
        }
        return result
    }

    /// The threshold under a column, where they stand here.
    static func threshold(atColumn column: Int, _ state: ExplorerState, _ layout: Layout) -> Threshold? {
        guard layout.titleRow == nil, let rect = layout.colorBar else { return nil }
        return placed(state, rect, column: rect.column + 1).last { $0.column <= column }?.threshold
    }

    private static func word(_ refiner: RefinerSetting) -> String {
        switch refiner {
        case .patchAffinity(_, _, let steps): steps == 1 ? "affinity" : "affinity ×\(steps)"
        case .classAffinity: "boxed affinity"
        case .affinityWalk: "walk"
        case .coupledDiffusion: "diffusion"
        case .imagePrototypes: "prototypes"
        case .pamr(let iterations, _): "PAMR ×\(iterations)"
        case .par(let iterations, _): "PAR ×\(iterations)"
        case .geodesic: "geodesic"
        case .denseCRF: "CRF"
        }
    }
}
