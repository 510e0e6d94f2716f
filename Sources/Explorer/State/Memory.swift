import Labels

extension ExplorerState {
    /// Bytes of the pictures, maps and labels kept.
    var heldBytes: Int { store.byteCount + labelBytes }
    private var labelBytes: Int { labelStore.byteCount + (decoded?.byteCount ?? 0) }

    /// What is held, of the one limit there is.
    var memoryText: String {
        let held = heldBytes, all = held + engineBytes
        return "memory: \(Numbers.bytes(all)) of \(Numbers.bytes(memoryLimit)): passes \(Numbers.bytes(engineBytes)), pictures and maps "
            + "\(Numbers.bytes(store.byteCount)) (\(store.records.count) of \(pictures.count)), labels \(Numbers.bytes(labelBytes))"
    }

    /// Forgets what was used longest ago until the rest fits: labels within a half, pictures and maps within what they leave.
    mutating func trimMemory() {
        if labelBytes > cacheLimit / 2 { labelStore.trim(to: cacheLimit / 2, keeping: labelsOfPanes) }
        store.limit = cacheLimit - min(labelBytes, cacheLimit / 2)
        store.trim(keeping: keysOnScreen)
    }

    /// What the labels of all panes are made from.
    private var labelsOfPanes: Set<LabelRequest> {
        Set(panes.all.indices.flatMap { index -> [LabelRequest] in
            let seen = looking(at: place(ofPane: index))
            return seen.wantsLabel ? [seen.labelRequest, seen.plainLabelRequest].compactMap(\.self) : []
        })
    }

    /// The maps that are shown, and of which pictures.
    private var keysOnScreen: [RecordKey: Set<MapKey>] {
        var keys: [RecordKey: Set<MapKey>] = [recordKey: []]
        func add(_ place: Place) {
            let record = RecordKey(model: place.model, picture: place.picture)
            if let key = mapKey(of: place) {
                keys[record, default: []].insert(key)
            } else if keys[record] == nil {
                keys[record] = []
            }
        }
        for index in panes.all.indices { add(place(ofPane: index)) }
        if showsProbe { keys[recordKey, default: []].formUnion(probeKeys.heads + probeKeys.classes) }
        if let grid, !grid.isEntered, let geometry = GridGeometry(self) {
            for case let place? in places(seenIn: grid, geometry).joined() { add(place) }
        }
        for case let place? in (figureOrder?.cells?.places ?? []).joined() { add(place) }
        return keys
    }
}
