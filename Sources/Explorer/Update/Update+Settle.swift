import Attribution

extension ExplorerState {
    /// After every action: asks for what is shown and not yet there, and derives what is drawn.
    mutating func settle(_ effects: inout [Effect]) {
        settleReview(&effects)
        settleQueue()
        // The brush is the label view's.
        if adjustments.view != .label || showsGrid { tool = nil }
        settleList()
        settleMaps()
        settleFigure(&effects)
        let tasks = wanted
        request(tasks, &effects)
        if tasks.isEmpty { prefetch(&effects) }
        if let key = mapKey { store.change(recordKey) { $0.touch(key) } }
        trimMemory()
        settleLabels(&effects)
        settleAnswer()
        settlePanes()
        settleBench(&effects)
        settleSurvey(&effects)
        settleListing(&effects)
        switch mode {
        case .report: scrollReport(0)
        case .palette(let palette): stepPalette(palette, by: 0)
        default: break
        }
    }

    /// All that is missing of what is shown, what is wanted most first: a grid's cells, the pane that keys act on, then the others.
    var wanted: [Work.Task] {
        var tasks = wantedByFigure
        // Beside a grid the filmstrip and the status line tell of the pane that keys act on.
        if showsGrid, record != nil { return tasks + wantedByGrid + missing + [missingCurve].compactMap(\.self) }
        let own = missing
        // The curve is a few products a layer: it does not wait for what takes seconds.
        tasks += own.filter { !$0.isSlow } + [missingCurve].compactMap(\.self) + own.filter(\.isSlow)
        tasks += panes.all.indices.filter { $0 != panes.focus }.flatMap(missing(ofPane:))
        if showsProbe, let task = missingOfProbe { tasks.append(task) }
        // Last: it takes passes by the dozen.
        if tasks.isEmpty, let task = missingOfQuality { tasks.append(task) }
        return tasks
    }

    /// What a pane lacks. One answer of the decoder is kept: another pane's would take turns with it for ever.
    func missing(ofPane index: Int) -> [Work.Task] {
        if index == panes.focus { return missing }
        return looking(at: place(ofPane: index)).missing.filter { if case .decode(let key) = $0 { key == recordKey } else { true } }
    }

    /// What is missing of the place looked at, what is wanted most first; none where all is there, or cannot be had.
    var missing: [Work.Task] {
        guard pictures.indices.contains(picture), notes[picture] == nil else { return [] }
        guard record != nil else { return [.open(recordKey)] }
        if wantsFile { return [.labelFile(picture: picture)] }
        // What heads left out do is estimated at once; then comes the pass itself.
        var tasks = effectKeys.filter { !isComplete($0.key, picture: picture) }
            .map { Work.Task.map(picture: picture, keys: [$0.key], heads: .mean) }
        if let key = perturbationKey, perturbation == nil, mapKey.map({ isComplete($0, picture: picture) }) ?? true {
            tasks.append(.perturb(key))
        }
        guard let key = mapKey else { return tasks }
        guard isComplete(key, picture: picture) else { return tasks + [.map(picture: picture, keys: [key], heads: key.heads)] }
        if adjustments.view == .decoder, decoded?.key != recordKey { tasks.append(.decode(recordKey)) }
        // What strokes have changed is told from the label without them.
        if wantsLabel, shownFile == nil, let request = labelRequest, let plain = plainLabelRequest, labelStore[request] == nil || labelStore[plain] == nil {
            tasks.append(.labels(labelStore[plain] == nil ? plain : request))
        }
        return tasks
    }

    private var missingCurve: Work.Task? {
        guard let key = curveKey, record != nil, Layout(self).curve != nil, !isComplete(key, picture: picture) else { return nil }
        return .map(picture: picture, keys: [key], heads: .mean)
    }

    /// The class's logit layer by layer, as the logit lens reads it; `nil` where the model or the methods lack that.
    var curveKey: MapKey? {
        guard let method = methods.firstIndex(where: { $0.identifier == "lens-curve" }), model.obstacles["lens-curve"] == nil,
            let selectedClass
        else { return nil }
        return MapKey(model: modelIndex, target: .logit(selectedClass), method: method, ablations: ablations)
    }

    /// What is missing of the cells that are seen.
    private var wantedByGrid: [Work.Task] {
        guard let grid, let geometry = GridGeometry(self) else { return [] }
        return missing(in: places(seenIn: grid, geometry), allHeads: grid.rows == .heads || grid.columns == .heads)
    }

    /// What is missing of cells: the classes of a method in one go, and all heads where they are an axis.
    func missing(in places: [[Place?]], allHeads: Bool) -> [Work.Task] {
        var tasks: [Work.Task] = []
        for case let place? in places.joined() where notes[place.picture] == nil {
            let recordKey = RecordKey(model: place.model, picture: place.picture)
            guard let record = store[recordKey] else {
                if !tasks.contains(.open(recordKey)) { tasks.append(.open(recordKey)) }
                continue
            }
            guard var key = mapKey(of: place), !record.isComplete(key) else { continue }
            let heads: HeadSelection = key.head != nil && allHeads ? .each : key.heads
            if heads == .each { key.head = nil }
            let like = tasks.firstIndex { $0.map(picture: place.picture, like: key, heads: heads) != nil }
            if let like, let keys = tasks[like].map(picture: place.picture, like: key, heads: heads) {
                if !keys.contains(key) { tasks[like] = .map(picture: place.picture, keys: keys + [key], heads: heads) }
            } else {
                tasks.append(.map(picture: place.picture, keys: [key], heads: heads))
            }
        }
        return tasks
    }

    private mutating func request(_ tasks: [Work.Task], _ effects: inout [Effect]) {
        suppressed.formIntersection(tasks)
        guard let task = tasks.first(where: { !suppressed.contains($0) }) else { return }
        if let under = work?.task, under.serves(task) { return }
        generation += 1
        work = Work(task: task, generation: generation, stage: task.stage, total: task.isOfMaps ? model.depth : 0)
        switch task {
        case .open(let key): effects.append(.open(picture: key.picture, path: pictures[key.picture], model: key.model, generation: generation))
        case .map(let picture, let keys, let heads):
            effects.append(.map(picture: picture, path: pictures[picture], keys: keys, heads: heads, generation: generation))
        case .labels(let request):
            effects.append(.prepareLabels(request, layerMaps: knownMaps(request), generation: generation))
        case .perturb(let key):
            effects.append(.perturb(key, path: pictures[key.picture], generation: generation))
        case .judge(let question):
            effects.append(.judge(question, path: pictures[question.record.picture], generation: generation))
        case .labelFile(let picture):
            guard let label = review?.label(of: picture) else { break }
            effects.append(.readLabel(picture: picture, label: label.path, path: pictures[picture], generation: generation))
        case .decode(let key):
            effects.append(.decode(picture: key.picture, path: pictures[key.picture], model: key.model, generation: generation))
        }
    }

    /// Once all that is shown is there, has the pictures beside this one read: the next on the way first.
    private mutating func prefetch(_ effects: inout [Effect]) {
        guard isFocused, prefetchedAround != recordKey, pictures.indices.contains(picture) else { return }
        prefetchedAround = recordKey
        // The engine takes the last wish first.
        for neighbor in [picture - heading, picture + heading]
        where pictures.indices.contains(neighbor) && store[RecordKey(model: modelIndex, picture: neighbor)] == nil && notes[neighbor] == nil {
            effects.append(.prefetch(picture: neighbor, path: pictures[neighbor], model: modelIndex))
        }
    }

    /// Every layer's map of a request's classes, of those that are there.
    private func knownMaps(_ request: LabelRequest) -> [Int: [PatchMap]] {
        var known: [Int: [PatchMap]] = [:]
        guard request.model == modelIndex, request.picture == picture else { return known }
        for index in request.classes {
            let key = MapKey(
                model: modelIndex, target: .logit(index), method: adjustments.method,
                start: method?.dependsOnStart == true ? startLayer : 0)
            let maps = record?.maps[key]?.compactMap { $0?.map } ?? []
            if maps.count == model.depth { known[index] = maps }
        }
        return known
    }

    // MARK: What the panes show

    /// Derives the maps of all panes.
    private mutating func settleMaps() {
        guard panes.all.count > 1 else {
            shown = makeShown()
            if adjustments.normalization == .panes { adjustments.normalization = .map }
            return
        }
        var maps = panes.all.indices.map { $0 == panes.focus ? makeShown() : looking(at: place(ofPane: $0)).makeShown() }
        let plain = maps
        for (index, pane) in panes.all.enumerated() {
            guard let less = pane.less, plain.indices.contains(less) else { continue }
            maps[index] = plain[index].flatMap { own in
                plain[less].map { ShownMap(own, less: $0, isLike: isLike(place(ofPane: index), place(ofPane: less))) }
            }
        }
        if adjustments.normalization == .panes { share(&maps) }
        shown = maps[panes.focus]
        paneContents = maps.indices.map { index in
            PaneContent(shown: maps[index], labels: paneContents.indices.contains(index) ? paneContents[index].labels : nil)
        }
    }

    /// Whether raw values of two places are of one kind.
    private func isLike(_ a: Place, _ b: Place) -> Bool { a.method == b.method && a.model == b.model && (a.layer == .fused) == (b.layer == .fused) }

    /// One scale for the maps of all panes; differences have one of their own.
    private func share(_ maps: inout [ShownMap?]) {
        for isDiverging in [false, true] {
            let places = maps.indices.filter { maps[$0].map { $0.scale.isDiverging == isDiverging } ?? false }
            guard places.count > 1 else { continue }
            let high = places.reduce(-Float.infinity) { max($0, maps[$1]?.high ?? $0) }
            let low = isDiverging ? -high : places.reduce(0) { min($0, maps[$1]?.map.low ?? $0) }
            for place in places {
                maps[place]?.scale = isDiverging ? MapScale(symmetric: high) : MapScale(.shared, low: low, high: high)
                maps[place]?.scaleName = isDiverging ? "symmetric ±\(Numbers.scientific(high)), \(places.count) panes" : "shared 0–max, \(places.count) panes"
            }
        }
    }

    /// Derives the labels of the panes that keys do not act on.
    private mutating func settlePanes() {
        guard panes.all.count > 1 else { return paneContents = [] }
        for index in panes.all.indices where index != panes.focus {
            var seen = looking(at: place(ofPane: index))
            guard seen.wantsLabel else {
                paneContents[index].labels = nil
                continue
            }
            // What was made of the same is not made again.
            seen.shownLabels = paneContents[index].labels
            var ignored: [Effect] = []
            seen.settleLabels(&ignored)
            paneContents[index].labels = seen.shownLabels
        }
    }

    /// The map of the chosen layer, or the sum from the start layer on of those that are there.
    func makeShown() -> ShownMap? {
        guard let key = mapKey, let maps = record?.maps[key] else { return nil }
        let map: RangedMap, there: Int, wanted: Int
        switch layer {
        case .layer(let index):
            guard maps.indices.contains(index), let own = maps[index] else { return nil }
            (map, there, wanted) = (own, 1, 1)
        case .fused:
            let fusion = method?.fusion ?? .sum
            let parts = fusion == .last ? maps.suffix(1) : fusedLayers.map { maps[$0] }[...]
            guard let fused = fusedValue(of: maps) else { return nil }
            map = fused
            there = parts.reduce(0) { $1 == nil ? $0 : $0 + 1 }
            wanted = parts.count
        }
        let scale = scale(of: map, among: maps)
        return ShownMap(
            map: map, layersThere: there, layersWanted: wanted, scale: scale.scale, scaleName: scale.name,
            area: adjustments.cut > 0 ? area(of: map.map, scale.scale) : nil)
    }

    /// What stands for all layers of those that are there: the last one's value, colors and classes too, or the fused map.
    func fusedValue(of maps: [RangedMap?]) -> RangedMap? {
        method?.fusion == .last ? maps.last ?? nil : fusedMap(of: maps, by: .sum).map { RangedMap($0) }
    }

    /// The fused map from the start layer on of the maps that are there.
    func fusedMap(of maps: [RangedMap?], by fusion: MapFusion) -> PatchMap? {
        if fusion == .last { return maps.last??.map }
        var there: [Int: PatchMap] = [:]
        for layer in startLayer..<max(maps.count, startLayer) { there[layer] = maps[layer]?.map }
        return adjustments.preset.layerFusion(of: startLayer...model.depth - 1).fused(there)
    }

    /// The raw values of the first and last color of a map, and what they are called.
    func scale(of map: RangedMap, among maps: [RangedMap?]) -> (scale: MapScale, name: String) {
        let what = layer != .fused ? "this layer" : method?.fusion == .last ? "last layer" : "fused map"
        if method?.scale == .diverging {
            guard adjustments.normalization == .layers, layer != .fused else {
                let limit = max(-map.low, map.high)
                return (MapScale(symmetric: limit), "symmetric ±\(Numbers.scientific(limit)), \(what)")
            }
            let shared = sharedScale(maps), limit = max(-shared.low, shared.high)
            return (MapScale(symmetric: limit), "symmetric ±\(Numbers.scientific(limit)), all layers")
        }
        switch (adjustments.normalization, layer) {
        case (.map, _), (.panes, _): return (MapScale(low: map.low, high: map.high), "own min–max, \(what)")
        case (.layers, .fused): return (MapScale(low: min(map.low, 0), high: map.high), "own 0–max, \(what)")
        case (.layers, .layer):
            let shared = sharedScale(maps)
            return (MapScale(.shared, low: shared.low, high: shared.high), "shared 0–max, all layers")
        case (.symmetric, _):
            let scale = MapScale(low: map.low, high: map.high, isDiverging: true)
            return (scale, "symmetric ±\(Numbers.scientific(scale.high)), \(what)")
        }
    }

    func sharedScale(_ maps: [RangedMap?]) -> (low: Float, high: Float) {
        maps.reduce((low: Float(0), high: -Float.infinity)) { scale, map in
            guard let map else { return scale }
            return (min(scale.low, map.low), max(scale.high, map.high))
        }
    }

    /// The part of the picture where the map, as it is drawn, reaches the display threshold.
    private func area(of map: PatchMap, _ scale: MapScale) -> Float {
        let fine = adjustments.sampling == .smooth ? 8 : 1
        let raster = MapRaster(
            map: map, scale: scale, cut: adjustments.cut, sampling: adjustments.sampling, width: map.columns * fine,
            height: map.rows * fine)
        let inside = raster.levels.reduce(0) { $1 >= 0 ? $0 + 1 : $0 }
        return Float(inside) / Float(max(raster.levels.count, 1))
    }
}
