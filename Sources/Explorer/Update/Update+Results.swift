import Attribution

extension ExplorerState {
    /// What workers bring back.
    mutating func receive(_ action: Action, _ effects: inout [Effect]) {
        switch action {
        case .picturesFound(let paths): pictures += paths
        case .traced(let index, let model, _, let result): receive(result, RecordKey(model: model, picture: index))
        case .openFailed(let index, let generation, let message):
            guard pictures.indices.contains(index), work?.generation == generation else { return }
            notes[index] = DisplayText.sanitized(message)
            work = nil
            if index == picture { complain(message) }
        case .layerMapped(let index, let key, let layer, let map):
            guard let record = record(for: key, picture: index) else { return }
            let depth = models[key.model].depth
            store.change(record) { $0.keep(map, layer: layer, depth: depth, key: key) }
        case .tableMade(let index, let key, let table):
            guard let record = record(for: key, picture: index) else { return }
            let depth = models[key.model].depth
            store.change(record) { $0.keep(table, depth: depth, key: key) }
        case .altered(let index, let model, let ablations, let logits, let probabilities):
            store.change(RecordKey(model: model, picture: index)) { record in
                guard logits.count == record.trace.logits.count, probabilities.count == logits.count else { return }
                record.altered[ablations] = AlteredAnswer(logits: logits, probabilities: probabilities)
            }
        case .perturbed(let key, let perturbation, let generation):
            store.change(key.record) { record in
                guard perturbation.kept.probabilities.count == record.trace.logits.count,
                    perturbation.removed.probabilities.count == record.trace.logits.count
                else { return }
                record.keep(perturbation, key)
            }
            if work?.generation == generation {
                work = nil
                if store[key.record]?.perturbations[key] == nil { suppressed.insert(.perturb(key)) }
            }
        case .judged(let question, let answer, let generation):
            store.change(question.record) { $0.keep(answer, question) }
            if work?.generation == generation { work = nil }
        case .modelLoaded(let summary, let path, let remark): modelLoaded(summary, path, remark)
        case .modelRenewed(let summary, let checkpoint): renew(summary, checkpoint)
        case .classAdded(let summary, let index): classAdded(summary, model: index)
        case .checkpointsKept(let kept): run?.kept = kept
        case .progress(let generation, let stage, let done, let total):
            guard work?.generation == generation else { return }
            work?.stage = DisplayText.sanitized(stage)
            work?.done = max(done, 0)
            work?.total = max(total, 0)
        case .finished(let generation): finish(generation)
        case .failed(let generation, let message):
            guard let work, work.generation == generation else { return }
            suppressed.insert(work.task)
            self.work = nil
            complain(message)
        case .labelsPrepared(let generation, let prepared):
            labelStore.keep(prepared)
            if work?.generation == generation { work = nil }
        case .decoded(let generation, let decoded):
            self.decoded = decoded
            if work?.generation == generation { work = nil }
        case .flashOver(let serial): if flash?.serial == serial { flash = nil }
        case .presetLoaded(let preset, let path):
            presetFiles[preset.name] = path
            apply(preset)
        case .exported(let path, let bytes, let note, let preset):
            savedStrokes.merge(strokesUnderWay) { $1 }
            strokesUnderWay = [:]
            if let preset {
                presetFiles[preset.name] = path
                named(preset)
            }
            say("wrote \(path)" + (bytes.map { ", " + Numbers.bytes($0) } ?? "") + (note.map { "; " + $0 } ?? ""))
        case .exportExists(let request):
            if mode == .browse { mode = .confirmOverwrite(request) } else { refuse("\(request.path) exists; nothing written") }
        case .exportFailed(let message):
            strokesUnderWay = [:]
            complain(message)
        case .sessionRead(let lines): play(lines)
        case .folderListed(let folder, let names): listed(folder, names)
        case .clock(let seconds): tick(seconds)
        case .labelRead(let stored):
            labelRead(stored)
            if work?.task == .labelFile(picture: stored.picture) { work = nil }
        case .labelUnread(let index, let message):
            review?.unreadable.insert(index)
            if work?.task == .labelFile(picture: index) { work = nil }
            if index == picture { complain(message) }
        case .labelWritten(let index, let failure):
            let writing = review?.writing ?? 0
            review?.writing = max(writing - 1, 0)
            if let failure { complain(failure) } else { review?.filed.insert(index) }
        case .surveyed(let found): if pictures.indices.contains(found.picture) { survey.take(found) }
        case .benchProgress(let serial, let done): benchProgress(serial: serial, done: done)
        case .benchEstimated(let serial, let preset, let meanIoU): estimated(serial: serial, preset, meanIoU)
        case .benchJudged(let serial, let preset, let score): judged(serial: serial, preset, score)
        case .journalFailed(let message): complain("decisions are not written: \(message)")
        case .delivered(let text, let remarks): if let first = remarks.first { refuse("\(text); \(first)") } else { say(text) }
        case .engineHolds(let bytes): engineBytes = bytes
        case .notice(let kind, let text): notice(kind, text)
        case .note(let text), .noPictures(let text): refuse(text)
        default: break
        }
    }

    /// The record that a value of a key belongs to; `nil` where there is none, or the key is none of it.
    private func record(for key: MapKey, picture index: Int) -> RecordKey? {
        let place = RecordKey(model: key.model, picture: index)
        guard methods.indices.contains(key.method), models.indices.contains(key.model), let record = store[place],
            key.classIndex.map(record.trace.logits.indices.contains) ?? !methods[key.method].needsClass
        else { return nil }
        return place
    }

    private mutating func receive(_ result: TraceResult, _ key: RecordKey) {
        let index = key.picture
        guard pictures.indices.contains(index), models.indices.contains(key.model) else { return }
        if work?.task == .open(key) { work = nil }
        guard result.isSound, result.logits.isEmpty != models[key.model].hasClasses else {
            notes[index] = "\(Self.name(ofPath: pictures[index])): the model gave no usable answer"
            return
        }
        notes[index] = nil
        if store[key] == nil { store.insert(PictureRecord(result), key) }
        if key == recordKey {
            if let wanted = classToSelect, result.logits.indices.contains(wanted) {
                store.change(key) { $0.selectedClass = wanted }
            }
            classToSelect = nil
            arrived()
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
        if case .map(let index, let keys, .each) = work.task {
            let heads = { [self] (key: MapKey) in
                models[key.model].heads(of: methods.indices.contains(key.method) ? methods[key.method] : nil)
            }
            if keys.contains(where: { key in !(0..<heads(key)).allSatisfy { isComplete(key.of(head: $0), picture: index) } }) {
                suppressed.insert(work.task)
            }
        } else if case .map(let index, let keys, _) = work.task, keys.contains(where: { !isComplete($0, picture: index) }) {
            suppressed.insert(work.task)
        }
    }

    func isComplete(_ key: MapKey, picture: Int) -> Bool {
        store[RecordKey(model: key.model, picture: picture)]?.isComplete(key) ?? false
    }
}
