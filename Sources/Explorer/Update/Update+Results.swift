import Attribution

extension ExplorerState {
    /// What workers bring back.
    mutating func receive(_ action: Action, _ effects: inout [Effect]) {
        switch action {
        case .picturesFound(let paths): pictures += paths
        case .traced(let index, _, let result): receive(result, picture: index)
        case .openFailed(let index, let generation, let message):
            guard pictures.indices.contains(index), work?.generation == generation else { return }
            notes[index] = DisplayText.sanitized(message)
            work = nil
            if index == picture { complain(message) }
        case .layerMapped(let index, let key, let layer, let map):
            guard methods.indices.contains(key.method), let record = store[index],
                key.classIndex.map(record.trace.logits.indices.contains) ?? !methods[key.method].needsClass
            else { return }
            let depth = model.depth
            store.change(index) { $0.keep(map, layer: layer, depth: depth, key: key) }
        case .progress(let generation, let stage, let done, let total):
            guard work?.generation == generation else { return }
            work?.stage = DisplayText.sanitized(stage)
            work?.done = max(done, 0)
            work?.total = max(total, 0)
        case .finished(let generation): finish(generation)
        case .failed(let generation, let message):
            guard let work, work.generation == generation else { return }
            suppressed = work.task
            self.work = nil
            complain(message)
        case .labelsPrepared(let generation, let prepared):
            labelStore.keep(prepared)
            if work?.generation == generation { work = nil }
        case .decoded(let generation, let decoded):
            self.decoded = decoded
            if work?.generation == generation { work = nil }
        case .flashOver(let serial): if flash?.serial == serial { flash = nil }
        case .presetLoaded(let preset): apply(preset)
        case .exported(let path, let bytes, let note, let preset):
            if let preset { named(preset) }
            say("wrote \(path), \(Numbers.bytes(bytes))" + (note.map { "; " + $0 } ?? ""))
        case .exportExists(let request):
            if mode == .browse { mode = .confirmOverwrite(request) } else { refuse("\(request.path) exists; nothing written") }
        case .exportFailed(let message): complain(message)
        case .engineHolds(let bytes): engineBytes = bytes
        case .notice(let kind, let text): notice(kind, text)
        case .note(let text): refuse(text)
        default: break
        }
    }

    private mutating func receive(_ result: TraceResult, picture index: Int) {
        guard pictures.indices.contains(index) else { return }
        if work?.task == .open(picture: index) { work = nil }
        guard result.isSound, result.logits.isEmpty != model.hasClasses else {
            notes[index] = "\(Self.name(ofPath: pictures[index])): the model gave no usable answer"
            return
        }
        notes[index] = nil
        if store[index] == nil { store.insert(PictureRecord(result), picture: index) }
        if index == picture {
            store.touch(index)
            if let wanted = classToSelect, result.logits.indices.contains(wanted) {
                store.change(index) { $0.selectedClass = wanted }
            }
            classToSelect = nil
            if let probe, probe.column >= result.gridColumns || probe.row >= result.gridRows { self.probe = nil }
            relist()
            noticeNames()
        }
    }

    /// Says something the first time, and counts it from then on.
    mutating func notice(_ kind: String, _ text: String) {
        noticed[kind, default: 0] += 1
        if noticed[kind] == 1 { refuse(text + "; said once, “:labels” counts") }
    }

    /// What is wrong with what the label file says of the picture shown, the first time it is shown.
    mutating func noticeNames() {
        if let named = record?.trace.named, let note = named.note, noticedPictures.insert(picture).inserted { notice(named.classes == nil ? "unread labels" : "unknown names", note) }
    }

    private mutating func finish(_ generation: Int) {
        guard let work, work.generation == generation else { return }
        self.work = nil
        // Not all layers came: asking again would ask for ever.
        if case .map(let index, let key) = work.task, !isComplete(key, picture: index) { suppressed = work.task }
    }

    func isComplete(_ key: MapKey, picture: Int) -> Bool {
        store[picture]?.maps[key]?.allSatisfy { $0 != nil } ?? false
    }
}
