import Attribution

/// What is shown, in sentences: for who hears the explorer, and for scripts.
extension ExplorerState {
    /// A sentence about each thing that is shown, under its name.
    public var sentences: [Fact] {
        var facts = [Fact("picture", pictureSentence)]
        guard let record else { return facts }
        if model.hasClasses {
            if let index = selectedClass { facts.append(Fact("class", classSentence(index, record))) }
            if !listed.isEmpty { facts.append(Fact("list", listSentence)) }
        }
        facts.append(Fact("map", mapSentence))
        if head != nil || query != .picture || against != .none || !ablations.isEmpty { facts.append(Fact("of", asideSentence)) }
        facts.append(Fact("view", viewSentence))
        if adjustments.cut > 0, let area = shown?.area {
            let cut = Numbers.fixed(adjustments.cut, digits: 2)
            facts.append(Fact("threshold", "The threshold \(cut) is reached in \(Numbers.percent(area)) of the picture."))
        }
        if let probe { facts.append(Fact("probe", sentence(of: probe))) }
        if !marks.isEmpty { facts.append(Fact("marks", "Marked: " + Self.listing(marks.sorted().map(model.className)) + ".")) }
        if adjustments.view.showsLabels { facts.append(Fact("label", labelSentence)) }
        if panes.all.count > 1 { facts.append(Fact("panes", "Of \(panes.all.count) panes, commands act on number \(panes.focus + 1).")) }
        if showsGrid, let grid {
            let names = [(grid.rows, grid.row), (grid.columns, grid.column)].map { axis, index in "\(axis.rawValue) number \(index)" }
            facts.append(Fact("grid", "A grid of \(grid.rows.rawValue) by \(grid.columns.rawValue), at \(names.joined(separator: ", "))."))
        }
        return facts
    }

    /// What is asked, and how it may be answered; `nil` where nothing is.
    public var question: String? {
        switch mode {
        case .browse, .palette, .report: nil
        case .confirmOverwrite(let request): "There is a file \(DisplayText.sanitized(request.path)) already. Replace it? Say yes or no."
        case .confirmQuit: "Marks are not saved. Leave without them? Say yes or no, or labels save FILE."
        case .prompt(let prompt):
            switch prompt.kind {
            case .exportPath(let kind): "Where to? Say export \(kind.rawValue) FILE."
            case .marksPath: "Where to? Say labels save FILE."
            case .find: "Which classes? Say find TEXT."
            case .note: "Which note? Say note TEXT."
            case .queueFilter: "Which pictures? Say queue FILTER."
            case .command, .palette: "Say a command."
            }
        case .chooseExport: "Export what? Say export " + Self.listing(ExportKind.allCases.map(\.rawValue), "or") + ", and a file."
        case .chooseCopy: "Copy what? Say copy " + Self.listing(CopyKind.allCases.map(\.rawValue), "or") + "."
        case .chooseLock: "Lock what? Say lock " + Self.listing(PaneAxis.allCases.map(\.rawValue), "or") + "."
        }
    }

    /// What a list or a report over the screen says, a line each; empty where there is none.
    public var listedLines: [String] {
        switch mode {
        case .report: report.map { "\($0.name): \($0.text)" }
        case .palette(let palette):
            PaletteRow.rows(self, for: palette.prompt.string).filter { !$0.isHeading }.compactMap { row in
                let name = row.left.hasPrefix(":") ? String(row.left.dropFirst()) : row.command
                return name.isEmpty ? nil : name + (row.usage.isEmpty ? "" : " " + row.usage) + ": " + row.description
            }
        default: []
        }
    }

    // MARK: Sentences

    private var pictureSentence: String {
        guard !pictures.isEmpty else { return "There are no pictures." }
        let place = "Picture \(picture + 1) of \(pictures.count) is \(pictureName)"
        if let note = notes[picture] { return "\(place), which cannot be shown: \(note)." }
        guard let trace = record?.trace else { return place + ", not read yet." }
        return place + ", \(trace.originalWidth) by \(trace.originalHeight) pixels, \(trace.gridColumns) by \(trace.gridRows) patches"
            + (models.count > 1 ? ", seen by \(modelTitle(modelIndex))." : ".")
    }

    private func classSentence(_ index: Int, _ record: PictureRecord) -> String {
        let rank = record.ranking.firstIndex(of: index).map { ", number \($0 + 1) of \(record.ranking.count)" } ?? ""
        return "The class is \(model.className(index)), probability \(Numbers.percent(shownProbabilities[index]))\(rank)."
    }

    private var listSentence: String {
        let names = listed.prefix(5).map { "\(model.className($0)) \(Numbers.percent(shownProbabilities[$0]))" }
        let what = filter.isEmpty ? marksOnly ? "Marked classes" : "Classes" : "Classes with “\(filter)”"
        return "\(what): \(names.joined(separator: ", "))" + (listed.count > 5 ? " and \(listed.count - 5) more." : ".")
    }

    private var mapSentence: String {
        let what = "The map is \(methodName) of \(mapOwner), \(layerLabel)"
        if let table = shownTable { return "\(what): a table of \(table.rows.count) layers by \(table.columns.count) columns." }
        guard let shown else { return "\(what), not there yet." }
        let map = shown.map.map, best = map.values.indices.max { map.values[$0] < map.values[$1] } ?? 0
        let range = "from \(Numbers.scientific(shown.map.low)) to \(Numbers.scientific(shown.map.high))"
        return "\(what), \(range), highest at column \(best % max(map.columns, 1)), row \(best / max(map.columns, 1))."
    }

    private var asideSentence: String {
        var parts: [String] = []
        if let head { parts.append("head \(head) of \(headCount)") }
        if query != .picture { parts.append("as \(name(of: query)) looks") }
        switch against {
        case .none: break
        case .nearest: parts.append("against the three nearest classes")
        case .other(let index): parts.append("against \(model.className(index))")
        case .all: parts.append("by soft-max against all classes")
        }
        if !ablations.isEmpty { parts.append("without the heads \(ablations.words.joined(separator: " "))") }
        let text = Self.listing(parts)
        return text.prefix(1).uppercased() + text.dropFirst() + "."
    }

    private var viewSentence: String {
        let layout = effectiveLayout == .split && panes.all.count == 1 && adjustments.view != .picture ? ", the picture beside it" : ""
        return "The view is \(adjustments.view.rawValue)\(layout)."
    }

    private func sentence(of probe: PatchPosition) -> String {
        let place = "The probe is at column \(probe.column), row \(probe.row)"
        guard let known = probeValue else { return place + "." }
        return "\(place): \(Numbers.scientific(known.value, digits: 3)), rank \(known.rank) of \(known.patches)."
    }

    private var labelSentence: String {
        let source = LegendView.sourceText(self)
        guard figures != nil else { return "The label, \(source), is not there: \(labelObstacle ?? classlessReason)." }
        let parts = LegendView.rows(self).map { row in
            row.name + " " + (row.share.map(Numbers.percent) ?? "nowhere")
                + (row.overlap.map { ", IoU \(Numbers.fixed(Float($0 * 100), digits: 1))" } ?? "") + (row.absence.map { ", \($0)" } ?? "")
        }
        let mean = figures?.meanOverlap.map { "; mean IoU \(Numbers.fixed(Float($0 * 100), digits: 1))" } ?? ""
        return "The label, \(source): \(parts.joined(separator: "; "))\(mean)."
    }

    private static func listing(_ parts: [String], _ last: String = "and") -> String {
        parts.count < 2 ? parts.joined() : parts.dropLast().joined(separator: ", ") + " \(last) " + parts[parts.count - 1]
    }
}
