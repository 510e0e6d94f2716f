import Attribution
import Files
import Images

extension ExplorerState {
    /// The axes along which panes stand, as the columns of one row; `nil` where they differ in more than one thing, or in another.
    func figureAxes(panes places: [Place]) -> (rows: GridAxis, columns: GridAxis)? {
        guard let first = places.first else { return nil }
        let axes = [GridAxis.pictures, .methods, .classes].filter { axis in
            places.contains { place in
                switch axis {
                case .pictures: place.picture != first.picture
                case .methods: place.method != first.method
                default: place.classIndex != first.classIndex
                }
            }
        }
        guard axes.count <= 1 || (axes == [.pictures, .classes] && places.allSatisfy(isMostProbable)),
            places.allSatisfy({ place in
                var place = place
                (place.picture, place.method, place.classIndex) = (first.picture, first.method, first.classIndex)
                return place == first
            })
        else { return nil }
        let columns = axes.first ?? .methods
        let isOfClass = places.contains { methods[$0.method].needsClass }
        return (columns == .methods ? (isOfClass ? .classes : .pictures) : .methods, columns)
    }

    private func isMostProbable(_ place: Place) -> Bool {
        guard let record = store[RecordKey(model: place.model, picture: place.picture)] else { return false }
        return (place.classIndex ?? record.selectedClass) == record.ranking.first
    }

    /// The `getam figure` that makes the same of cells; `nil` where none does, as it lacks something shown.
    ///
    /// - Parameters:
    ///   - places: row by row.
    ///   - rows, columns: what they go through.
    ///   - isShared: whether each method has one scale.
    func figureCommand(_ places: [[Place?]], rows: GridAxis, columns: GridAxis, isShared: Bool) -> String? {
        let axes: Set<GridAxis> = [rows, columns]
        let all = places.joined().compactMap(\.self)
        guard all.count == places.joined().count, let first = all.first, canSayFigure(first, axes, all, isShared: isShared) else { return nil }
        func distinct<Value: Hashable>(_ values: [Value]) -> [Value] {
            var seen: Set<Value> = []
            return values.filter { seen.insert($0).inserted }
        }
        let shownMethods = distinct(all.map(\.method)), last = model.depth - 1
        var words = ["getam", "figure"] + distinct(all.map(\.picture)).map { pictures[$0].lastPart }
        func add(_ option: String, _ value: String?) { if let value { words += [option, value] } }
        if shownMethods.contains(where: { methods[$0].needsClass }) {
            let named = distinct(all.map { $0.classIndex ?? store[RecordKey(model: $0.model, picture: $0.picture)]?.selectedClass })
            if !all.allSatisfy(isMostProbable) || axes.contains(.classes) {
                guard named.count == 1 || axes.contains(.classes) else { return nil }
                for case let index? in named { add("-c", model.word(forClass: index)) }
            }
        }
        for method in shownMethods { add("--method", methods[method].identifier) }
        switch first.layer {
        case _ where axes.contains(.layers):
            add("--layers", "0-\(last)")
            words.append("--no-fused")
        case .layer(let index):
            add("--layers", methods[shownMethods[0]].dependsOnStart ? "\(startLayer)-\(index)" : "\(index)")
        case .fused: add("--layers", isMethod || shownMethods.count > 1 ? "\(startLayer)-\(last)" : "\(last)")
        }
        add("--heads", axes.contains(.heads) ? "each" : first.head.map(String.init))
        add("--query", queryWord)
        switch first.against {
        case .none: break
        case .nearest: add("--contrast", "auto")
        case .all: add("--contrast", "soft-max")
        case .other(let index): add("--contrast", model.word(forClass: index))
        }
        add("--rows", rows.rawValue)
        add("--columns", columns.rawValue)
        if isShared { add("--scale", "shared") }
        if adjustments.colorMap != .default { add("--colormap", adjustments.colorMap.rawValue) }
        if first.view == .map {
            words += ["--blend", "flat", "--opacity", "1"]
        } else {
            if adjustments.blend != Blend.standard.kind { add("--blend", adjustments.blend.rawValue) }
            if adjustments.opacity != Blend.standardOpacity { add("--opacity", "\(adjustments.opacity)") }
        }
        addModel(first.model, to: &words)
        for head in first.ablations.words { add("--ablate", head) }
        return words.map(\.shellQuoted).joined(separator: " ")
    }

    /// Whether `getam figure` knows all that is shown.
    private func canSayFigure(_ first: Place, _ axes: Set<GridAxis>, _ all: [Place], isShared: Bool) -> Bool {
        let shown = Set(all.map(\.method)).map { methods[$0] }
        // Of a table there is no figure, nor of labels; a bare picture stands in each anyway.
        guard first.view == .overlay && adjustments.overlayShown || first.view == .map, shown.allSatisfy({ $0.axes.contains(.layer) })
        else { return false }
        guard adjustments.cut == 0, adjustments.sampling == .smooth else { return false }
        if adjustments.normalization == .symmetric, shown.contains(where: { $0.scale != .diverging }) { return false }
        if adjustments.normalization == .layers, !isShared { return false }
        if first.head != nil || axes.contains(.heads), shown.contains(where: { !$0.axes.contains(.head) }) { return false }
        if first.query != .picture, shown.contains(where: { !$0.axes.contains(.query) }) { return false }
        if first.against != .none, axes.contains(.classes), all.contains(where: { $0.against == .other($0.classIndex ?? -1) }) { return false }
        let isFused = first.layer == .fused && !axes.contains(.layers)
        let preset = adjustments.preset, isPlain = preset.fusion == .sum && preset.weights.allSatisfy { $0 == 1 }
        if isFused, !isPlain, shown.contains(where: { $0.fusion != .last }) { return false }
        guard shown.contains(where: \.dependsOnStart), !isFused else { return true }
        // The command's layers go for all methods, the explorer's start for these alone.
        if axes.contains(.layers) { return startLayer == 0 }
        if case .layer(let index) = first.layer { return shown.count == 1 && index >= startLayer }
        return true
    }

    /// The model and its input, by names without their folders.
    private func addModel(_ index: Int, to words: inout [String]) {
        if context.namesModel || index > 0, context.modelNames.indices.contains(index) { words += ["-m", context.modelNames[index]] }
        for place in stride(from: 0, to: context.options.count - 1, by: 2) {
            let (option, value) = (context.options[place], context.options[place + 1])
            switch option {
            case "--head": words += [option, value.nameAlone]
            case "--resize", "--size": words += [option, value]
            default: break
            }
        }
    }
}
