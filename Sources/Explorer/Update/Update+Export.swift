import Attribution
import Images

extension ExplorerState {
    mutating func askExport() {
        guard canExport() else { return }
        mode = .chooseExport
    }

    mutating func askExportPath(_ kind: ExportKind) {
        mode = .browse
        guard canExport(kind) else { return }
        mode = .prompt(Prompt(.exportPath(kind), text: defaultPath(kind)))
    }

    /// - Parameter line: the path, for labelme's files after `--min-area N|N%` where that is wanted.
    mutating func export(_ kind: ExportKind, line: String, _ effects: inout [Effect]) {
        let limit: AreaLimit, path: String
        do throws(CommandError) { (limit, path) = try Command.areaLimit(line, kind) } catch { return complain(error.message) }
        guard canExport(kind) else { return }
        guard !path.isEmpty else { return refuse("no path, nothing written") }
        if showsGrid, kind == .overlay || kind == .raw {
            if let obstacle = kind.obstacle(to: path) { return complain(obstacle) }
            return order(path, kind == .raw ? .values : .figure(.png))
        }
        guard let request = request(kind, path: path, limit, less: subtracted.map { figureText(of: place(ofPane: $0)) }) else { return }
        effects.append(.export(request))
        if kind.needsLabels || kind == .overlay { strokesUnderWay[picture] = strokes[picture] }
        say("writing \(path) …")
    }

    mutating func answer(_ yes: Bool, _ effects: inout [Effect]) {
        let asked = mode
        mode = .browse
        switch asked {
        case .confirmQuit(let interrupted): if yes { effects.append(interrupted ? .interrupt : .quit) }
        case .confirmOverwrite(let request):
            guard yes else { return say("kept \(request.path), nothing written") }
            switch request {
            case .export(var request):
                request.overwrite = true
                effects.append(.export(request))
            case .marks(var request):
                request.overwrite = true
                effects.append(.saveMarks(request))
            case .figure(var request):
                request.overwrite = true
                effects.append(.writeFigure(request))
            case .session(var request):
                request.overwrite = true
                effects.append(.saveSession(request))
            }
            say("writing \(request.path) …")
        default:
            mode = asked
            refuse("nothing is asked")
        }
    }

    private mutating func canExport(_ kind: ExportKind? = nil) -> Bool {
        guard record != nil else {
            refuseUntraced()
            return false
        }
        if let kind, showsGrid, !kind.needsLabels, kind != .preset {
            if kind == .mask { refuse("a grid has no mask: Enter goes into a cell") }
            return kind != .mask
        }
        guard shownTable != nil || shown.map({ $0.layersThere == $0.layersWanted }) == true else {
            refuse("not yet: the map is not complete")
            return false
        }
        if kind == .mask, shownTable != nil || shown?.map.colors != nil || shown?.map.classes != nil {
            refuse("no mask: \(methodTitle) gives no map that a threshold cuts")
            return false
        }
        let isOfMaps = kind?.needsLabels == true && (adjustments.view != .decoder || kind == .maps)
        if isOfMaps, let labelObstacle {
            refuse(labelObstacle)
            return false
        }
        if isOfMaps, labelClasses.isEmpty, strokesHere.isEmpty {
            refuse(classlessReason + (applied.source == .predicted ? ", “:predict P” lowers the bar" : ""))
            return false
        }
        if kind == .mask, adjustments.cut == 0 {
            refuse(
                adjustments.view.showsLabels
                    ? "no mask of the map: its threshold is off; “masks” are the label's"
                    : "no mask: the threshold is off (Tab makes it active, ] raises it)")
            return false
        }
        return true
    }

    /// `cat-tabby-fused_6-11.png`, in the current directory.
    private func defaultPath(_ kind: ExportKind) -> String {
        let stem = pictureName.split(separator: ".").dropLast().joined(separator: ".")
        let base = stem.isEmpty ? pictureName : stem
        switch kind {
        case .label: return base + "-label.png"
        case .masks: return base + "-mask.png"
        case .labelme: return base + ".json"
        case .maps: return base + "-maps.npz"
        case .preset:
            let name = adjustments.origin.name.isEmpty ? "preset" : adjustments.origin.name
            return name + (preset == adjustments.origin ? "" : "-changed") + ".json"
        case .overlay, .raw, .mask: break
        default: return base + "-" + kind.rawValue + (kind.fileExtension.isEmpty ? "" : "." + kind.fileExtension)
        }
        if showsGrid, let grid, kind != .mask { return "\(base)-\(methodName)-\(grid.rows.rawValue)-\(grid.columns.rawValue).\(kind.fileExtension)" }
        let name = method?.needsClass == false ? "" : selectedClass.map(model.className) ?? "class"
        let slug = name.split(separator: ",").first.map(String.init) ?? name
        let safe = name.isEmpty ? "" : String(slug.map { $0.isLetter || $0.isNumber ? $0 : "_" }) + "-"
        let layers = shownTable != nil ? "" : "-" + layerLabel.split(separator: " ").joined().filter { $0 != "*" }
        let suffix = (subtracted == nil ? "" : "-difference") + (kind == .mask ? "-mask" : "")
        return "\(base)-\(safe)\(methodName)\(layers)\(suffix).\(kind.fileExtension)"
    }

    /// What is shown, however it is drawn; `nil` until it is there.
    private var shownValue: QuantityValue? {
        if let table = shownTable { return .table(table) }
        guard let shown else { return nil }
        return shown.map.colors.map(QuantityValue.colors) ?? shown.map.classes.map(QuantityValue.classes) ?? .map(shown.map.map)
    }

    /// - Parameter less: what was taken from the map, in words.
    func request(_ kind: ExportKind, path: String, _ limit: AreaLimit = .pixels(0), less: String? = nil) -> ExportRequest? {
        guard let record, let key = mapKey, let value = shownValue, let picturePath else { return nil }
        let last = model.depth - 1
        let single: Int? = if case .layer(let index) = layer { index } else { nil }
        let source = applied.source, classes = labelClasses
        let screen = ScreenView(
            viewport: viewport, probe: probe, layout: effectiveLayout, histogram: histogramShown, quality: qualityShown, filter: filter)
        return ExportRequest(
            kind: kind, path: path, overwrite: false, model: modelIndex, picture: picture, picturePath: picturePath,
            width: record.trace.originalWidth, height: record.trace.originalHeight, key: key,
            className: key.classIndex.map(model.className) ?? "", method: adjustments.method, layer: single,
            layers: single.map { $0...$0 } ?? min(startLayer, last)...last, value: value, title: methodTitle, isDiverging: method?.scale == .diverging, query: key.query == .picture ? nil : queryWord,
            contrast: key.target.flatMap(contrastWord), less: less,
            scale: shown?.scale ?? MapScale(low: 0, high: 1), cut: adjustments.cut, blend: Blend(adjustments.blend, opacity: adjustments.opacity),
            fill: adjustments.fill, palette: adjustments.palette, colorMap: adjustments.colorMap, sampling: adjustments.sampling,
            normalization: adjustments.normalization,
            view: adjustments.view == .overlay && !adjustments.overlayShown ? .picture : adjustments.view, screen: screen,
            areaLimit: limit, preset: kind == .preset ? preset(savedTo: path) : preset, labelSource: source, prediction: adjustments.predict,
            strokes: numbered(strokesHere), appliedClasses: applied.classes, labelClasses: classes, labelNumbers: classes.compactMap { labelSetup.numbers[$0] },
            answer: adjustments.view == .decoder
                ? .init(classes: answerClasses, numbers: answerClasses.compactMap { labelSetup.numbers[$0] }) : nil,
            scope: adjustments.scope, labelNames: labelSetup.names)
    }
}
