import Attribution

extension ExplorerState {
    /// After every action: asks for what is shown and not yet there, and derives what is drawn.
    mutating func settle(_ effects: inout [Effect]) {
        request(&effects)
        prefetch(&effects)
        if let key = mapKey { store.change(picture) { $0.touch(key) } }
        trimMemory(keeping: mapKey)
        shown = makeShown()
        settleLabels(&effects)
        settleAnswer()
        if case .help = mode { scrollHelp(0) }
    }

    /// What is wanted most and missing; `nil` when all is there, or it failed.
    private var wanted: Work.Task? {
        guard pictures.indices.contains(picture), notes[picture] == nil else { return nil }
        guard record != nil else { return .open(picture: picture) }
        guard let key = mapKey else { return nil }
        guard isComplete(key, picture: picture) else { return .map(picture: picture, key: key) }
        if adjustments.view == .decoder { return decoded?.picture == picture ? nil : .decode(picture: picture) }
        guard adjustments.view.isOfLabel, let request = labelRequest, labelStore[request] == nil else { return nil }
        return .labels(request)
    }

    private mutating func request(_ effects: inout [Effect]) {
        guard let task = wanted else {
            suppressed = nil
            return
        }
        if suppressed != nil, suppressed != task { suppressed = nil }
        guard task != suppressed, task != work?.task, let path = picturePath else { return }
        generation += 1
        switch task {
        case .open(let picture):
            work = Work(task: task, generation: generation, stage: "reading")
            effects.append(.open(picture: picture, path: path, generation: generation))
        case .map(let picture, let key):
            work = Work(task: task, generation: generation, stage: "maps", total: model.depth)
            effects.append(
                .map(picture: picture, path: path, key: key, generation: generation))
        case .labels(let request):
            work = Work(task: task, generation: generation, stage: "labels")
            effects.append(.prepareLabels(request, layerMaps: knownMaps(request), generation: generation))
        case .decode(let picture):
            work = Work(task: task, generation: generation, stage: "decoder")
            effects.append(.decode(picture: picture, path: path, generation: generation))
        }
    }

    /// Once all that is shown is there, has the pictures beside this one read: the next on the way first.
    private mutating func prefetch(_ effects: inout [Effect]) {
        guard prefetchedAround != picture, wanted == nil, pictures.indices.contains(picture) else { return }
        prefetchedAround = picture
        // The engine takes the last wish first.
        for neighbor in [picture - heading, picture + heading]
        where pictures.indices.contains(neighbor) && store[neighbor] == nil && notes[neighbor] == nil {
            effects.append(.prefetch(picture: neighbor, path: pictures[neighbor]))
        }
    }

    /// Every layer's map of a request's classes, of those that are there.
    private func knownMaps(_ request: LabelRequest) -> [Int: [PatchMap]] {
        var known: [Int: [PatchMap]] = [:]
        for index in request.classes {
            let maps = record?.maps[MapKey(classIndex: index, method: adjustments.method)]?.compactMap { $0?.map } ?? []
            if maps.count == model.depth { known[index] = maps }
        }
        return known
    }

    /// The map of the chosen layer, or the sum from the start layer on of those that are there.
    private func makeShown() -> ShownMap? {
        guard let key = mapKey, let maps = record?.maps[key] else { return nil }
        let map: RangedMap, there: Int, wanted: Int
        switch layer {
        case .layer(let index):
            guard maps.indices.contains(index), let own = maps[index] else { return nil }
            (map, there, wanted) = (own, 1, 1)
        case .fused:
            guard let sum = fusedMap(of: maps) else { return nil }
            let parts = method?.fusion == .last ? maps.suffix(1) : maps.dropFirst(adjustments.startLayer)
            there = parts.reduce(0) { $1 == nil ? $0 : $0 + 1 }
            (map, wanted) = (RangedMap(sum), parts.count)
        }
        let scale = scale(of: map, among: maps)
        return ShownMap(
            map: map, layersThere: there, layersWanted: wanted, scale: scale.scale, scaleName: scale.name,
            area: adjustments.cut > 0 ? area(of: map.map, scale.scale) : nil)
    }

    /// The fused map from the start layer on of the maps that are there.
    func fusedMap(of maps: [RangedMap?]) -> PatchMap? {
        let fusion = method?.fusion ?? .sum
        if fusion == .last, maps.last??.map == nil { return nil }
        return fusion.fused(maps.dropFirst(adjustments.startLayer).compactMap { $0?.map })
    }

    /// The raw values of the first and last color of a map, and what they are called.
    func scale(of map: RangedMap, among maps: [RangedMap?]) -> (scale: MapScale, name: String) {
        let what = layer == .fused ? "fused map" : "this layer"
        switch (adjustments.normalization, layer) {
        case (.map, _): return (MapScale(low: map.low, high: map.high), "own min–max, \(what)")
        case (.layers, .fused): return (MapScale(low: min(map.low, 0), high: map.high), "own 0–max, fused map")
        case (.layers, .layer):
            let shared = sharedScale(maps)
            return (MapScale(.shared, low: shared.low, high: shared.high), "shared 0–max, all layers")
        case (.symmetric, _):
            let scale = MapScale(symmetric: max(-map.low, map.high))
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
