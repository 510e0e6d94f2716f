import Labels

extension ExplorerState {
    // MARK: After every action

    /// Keeps the settings of each picture apart, and writes down what changed.
    mutating func settleReview(_ effects: inout [Effect]) {
        guard let current = review?.current ?? (pictures.isEmpty ? nil : picture) else { return }
        guard review != nil else { return }
        nameNewPictures()
        if review?.current == nil { enter(picture) }
        if current != picture {
            leave(current, &effects)
            enter(picture)
        }
        writeDown(picture, &effects)
        // What the log has is not lost at the end.
        savedMarks = adjustments.marks
    }

    private mutating func leave(_ old: Int, _ effects: inout [Effect]) {
        let kept = settings(of: old), base = base(of: old)
        writeDown(old, &effects)
        let isAccepted = review?.entries[old]?.preset != nil
        review?.own[old] = kept != base || isAccepted ? kept : nil
        review?.histories[old] = undoStack.isEmpty && redoStack.isEmpty ? nil : (undoStack, redoStack)
    }

    private mutating func enter(_ new: Int) {
        guard let wanted = review?.own[new] ?? base(of: new) else { return }
        let looked = adjustments.method
        adjustments.take(wanted)
        // A method that is looked at stays, unless the label is seen.
        if !adjustments.view.isOfLabel { adjustments.method = looked }
        (undoStack, redoStack) = review?.histories[new] ?? ([], [])
        review?.current = new
        if let entry = review?.entries[new], entry.decision != .undecided || !entry.note.isEmpty, message == nil {
            say(entry.decision.title + (entry.note.isEmpty ? "" : ": \(entry.note)"))
        }
    }

    /// Pictures that came by hand have names of their own, where those are free.
    private mutating func nameNewPictures() {
        guard let names = review?.names, names.count < pictures.count else { return }
        var taken = Set(names.compactMap(\.self))
        for path in pictures[names.count...] {
            let name = PictureNames.name(of: path.lastPart)
            review?.names.append(taken.insert(name).inserted ? name : nil)
        }
    }

    /// Brings a picture's entry to what is so, and has it written where that is news.
    private mutating func writeDown(_ picture: Int, _ effects: inout [Effect]) {
        guard let name = review?.name(of: picture) else { return }
        let before = review?.entries[picture] ?? ReviewEntry(picture: name)
        var entry = before
        let making = making(of: picture)
        if entry.decision == .accept, entry.label == ReviewEntry.onFile ? !followsFile(picture) : entry.labelMark != entry.marked(by: making) {
            entry.decision = .undecided
            refuse("changed after it was accepted: A accepts it as it is now")
        }
        if entry.decision != .accept {
            (entry.preset, entry.classes, entry.strokes) = (making.preset, making.classes, making.strokes)
            entry.label = nil
        }
        guard !entry.saysSame(as: before) else { return }
        record(entry, of: picture, &effects)
    }

    private mutating func record(_ changed: ReviewEntry, of picture: Int, _ effects: inout [Effect]) {
        var entry = changed
        entry.time = review?.clock ?? 0
        review?.entries[picture] = entry
        review?.version += 1
        survey.forget(picture, unlessSame: entry)
        effects.append(.journal(entry))
    }

    /// What a picture's label is made by, as far as it is its own.
    private func making(of picture: Int) -> (preset: Preset?, classes: [String]?, strokes: LabelStrokes?) {
        let strokes = self.strokes[picture].flatMap { $0.strokes.isEmpty ? nil : $0 }
        let isAccepted = review?.entries[picture].map { $0.decision == .accept && $0.preset != nil } ?? false
        let settings = settings(of: picture)
        let own = settings.flatMap { $0 != base(of: picture) || isAccepted ? preset(of: $0) : nil }
        return (own, adjustments.marks[picture].map { classWords($0.sorted()) }, strokes)
    }

    private func classWords(_ classes: [Int]) -> [String] { classes.map(models[0].className) }

    // MARK: Deciding

    /// Decides about the picture shown, or those chosen in the sheet, and goes on to the next that is not decided.
    mutating func decide(_ decision: ReviewDecision, _ effects: inout [Effect]) {
        guard review != nil else { return refuse(Self.noReview) }
        guard !pictures.isEmpty else { return refuse("no pictures") }
        if sheet != nil { return decideInSheet(decision, &effects) }
        let decided = picture
        if let reason = decide(decision, of: decided, &effects) { return refuse(reason) }
        guard decision != .undecided else { return say("undecided again") }
        guard let next = nextUndecided(from: decided, 1) else {
            return say("\(decision.title); all are decided: “:deliver DIR” writes what was accepted")
        }
        showPicture(next)
        say("\(Self.name(ofPath: pictures[decided])) \(decision.title)")
    }

    /// - Returns: why nothing was decided; `nil` where it was.
    mutating func decide(_ decision: ReviewDecision, of picture: Int, _ effects: inout [Effect]) -> String? {
        guard let name = review?.name(of: picture) else { return "this picture has the name of another: it is not reviewed" }
        var entry = review?.entries[picture] ?? ReviewEntry(picture: name)
        let making = making(of: picture)
        (entry.preset, entry.classes, entry.strokes, entry.label) = (making.preset, making.classes, making.strokes, nil)
        entry.decision = decision
        if decision == .accept {
            if followsFile(picture) {
                entry.label = ReviewEntry.onFile
            } else {
                if let labelObstacle { return labelObstacle }
                guard let classes = classes(of: picture) else { return "not yet: the picture is still being read" }
                guard !classes.isEmpty else { return "no class applies: space marks one" }
                guard let settings = settings(of: picture) else { return Self.noReview }
                entry.preset = preset(of: settings)
                entry.classes = classWords(classes)
                entry.label = entry.labelMark
                adjustments.marks[picture] = Set(classes)
                if picture != self.picture { review?.own[picture] = settings }
            }
        }
        record(entry, of: picture, &effects)
        if let request = labelRequest(entry, of: picture) {
            review?.writing += 1
            effects.append(.writeLabel(request))
        }
        return nil
    }

    /// The classes of a picture's label; `nil` where they are not known yet.
    private func classes(of picture: Int) -> [Int]? {
        if let marks = adjustments.marks[picture] { return marks.filter(labelSetup.has).sorted() }
        if picture == self.picture { return record == nil ? nil : applied.classes }
        return survey.figures[picture]?.classes
    }

    /// What writes the label of an entry; `nil` where none is to be written.
    func labelRequest(_ entry: ReviewEntry, of picture: Int) -> ReviewLabelRequest? {
        guard entry.decision == .accept, entry.label != ReviewEntry.onFile, let preset = entry.preset, let label = review?.label(of: picture),
            pictures.indices.contains(picture)
        else { return nil }
        let strokes = numbered(entry.strokes ?? LabelStrokes())
        let named = (entry.classes ?? []).compactMap { name in models[0].classNames.firstIndex(of: DisplayText.sanitized(name)) }.filter(labelSetup.has)
        // As in the label view: also the classes that strokes give have maps.
        let classes = Set(named + paintedClasses(strokes.strokes)).sorted()
        return ReviewLabelRequest(
            picture: picture, path: pictures[picture], entry: entry, preset: preset, classes: classes,
            numbers: classes.compactMap { labelSetup.numbers[$0] }, label: label, strokes: strokes)
    }

    mutating func setNote(_ text: String, _ effects: inout [Effect]) {
        guard let name = review?.name(of: picture) else { return refuse(Self.noReview) }
        var entry = review?.entries[picture] ?? ReviewEntry(picture: name)
        var note = DisplayText.sanitized(text)
        while note.last == " " { note.removeLast() }
        guard note != entry.note else { return say(note.isEmpty ? "no note" : "note: \(note)") }
        entry.note = note
        record(entry, of: picture, &effects)
        say(note.isEmpty ? "no note any more" : "note: \(note)")
    }

    mutating func askNote() {
        guard review != nil else { return refuse(Self.noReview) }
        mode = .prompt(Prompt(.note, text: review?.entries[picture]?.note ?? ""))
    }

    // MARK: Going on

    /// The next picture of the queue that is not decided, around its end; `nil` where all others are.
    func nextUndecided(from start: Int, _ step: Int) -> Int? {
        let order = queueOrder
        guard let review, !order.isEmpty else { return nil }
        let place = order.firstIndex(of: start) ?? (step > 0 ? -1 : order.count)
        for distance in 1...order.count {
            let index = order[((place + step * distance) % order.count + order.count) % order.count]
            if index != start, review.decision(of: index) == .undecided { return index }
        }
        return nil
    }

    mutating func stepUndecided(_ step: Int) {
        guard review != nil else { return refuse(Self.noReview) }
        guard let next = nextUndecided(from: picture, step) else {
            return refuse(queue.isPlain ? "all others are decided: “:deliver DIR” writes what was accepted" : "all others of the queue are decided")
        }
        showPicture(next)
    }

    // MARK: Time

    /// Takes the time of day; what passed since counts for the picture unless nobody was there.
    mutating func tick(_ clock: Double) {
        guard let before = review?.clock, let name = review?.name(of: picture) else { return }
        review?.clock = clock
        let passed = clock - before
        guard before > 0, passed > 0, passed <= Review.longestPause else { return }
        if review?.entries[picture] == nil { review?.entries[picture] = ReviewEntry(picture: name) }
        review?.entries[picture]?.seconds += passed
    }

    /// The counters and the time left, before them how far the background has come where the queue waits for it; then with fewer words.
    var reviewTexts: [String] {
        let seen = queue.needsFigures && survey.complete < pictures.count ? "\(survey.complete * 100 / pictures.count)% looked at" : nil
        guard let counts = review?.counts else { return seen.map { [$0] } ?? [] }
        let made = "✓\(counts.accepted) ✗\(counts.rejected) ⚑\(counts.flagged)", left = "\(counts.undecided) left"
        let time = counts.undecided > 0 ? counts.timeLeft.map { " " + Numbers.duration($0) } ?? "" : ""
        let texts = ["\(made)  \(left)\(time)", "\(made)  \(left)", left + time, left]
        return (seen.map { seen in texts.map { "\(seen)  \($0)" } } ?? []) + texts
    }

    // MARK: Beginning

    /// Has labels made that were accepted and are not there.
    mutating func startReview(_ effects: inout [Effect]) {
        guard let review else { return }
        for (picture, entry) in review.entries.sorted(by: { $0.key < $1.key }) {
            guard let request = labelRequest(entry, of: picture) else { continue }
            self.review?.writing += 1
            effects.append(.writeLabel(request))
        }
    }

    /// What concerns decisions, the queue and the sheet.
    mutating func applyToReview(_ action: Action, _ effects: inout [Effect]) {
        switch action {
        case .decide(let decision): decide(decision, &effects)
        case .askNote: askNote()
        case .setNote(let text): setNote(text, &effects)
        case .stepUndecided(let step): stepUndecided(step)
        case .setOwn(let change): setOwn(change)
        case .sortQueue(let sort): sortQueue(sort)
        case .cycleQueueSort: cycleQueueSort()
        case .askQueueFilter: mode = .prompt(Prompt(.queueFilter, text: queue.filter.text))
        case .filterQueue(let text): filterQueue(text)
        case .toggleSheet: toggleSheet()
        case .enterSheet(let picture): enterSheet(picture)
        case .goInSheet(let picture): goInSheet(picture)
        case .chooseInSheet: chooseInSheet()
        case .choosePage: choosePage()
        case .toggleSheetList: toggleList()
        case .moveInSheet(let direction): moveInSheet(direction)
        case .pageInSheet(let pages): pageInSheet(pages)
        case .stepInSheet(let steps): moveInSheet(steps)
        case .deliver(let path, let exports, let report):
            deliver(to: path, exports.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key, $0.value) }, report: report, &effects)
        default: break
        }
    }

    // MARK: Results

    mutating func labelRead(_ stored: StoredLabel) {
        review?.stored.removeAll { $0.picture == stored.picture }
        review?.stored.append(stored)
        if let count = review?.stored.count, count > Review.storedLimit { review?.stored.removeFirst() }
        let isUntouched = followsFile(stored.picture)
        if let preset = stored.preset, let settings = settings(of: preset) { review?.fileSettings[stored.picture] = settings }
        if let names = stored.classes {
            restoredClasses[stored.picture] = names.compactMap { models[0].classNames.firstIndex(of: DisplayText.sanitized($0)) }
        }
        // What is changed from now on is changed from what the label was made by.
        if isUntouched, stored.picture == review?.current, let base = base(of: stored.picture) { adjustments.take(base) }
    }

    // MARK: Delivery

    mutating func deliver(to path: String, _ exports: [(format: LabelFormat, path: String)], report: String?, _ effects: inout [Effect]) {
        guard let review else { return refuse(Self.noReview) }
        guard review.counts.accepted > 0 else { return refuse("nothing was accepted yet: A accepts the label shown") }
        let subjects = pictures.indices.compactMap { picture -> DeliveryRequest.Subject? in
            guard let name = review.name(of: picture) else { return nil }
            return .init(name: name, path: pictures[picture], entry: review.entries[picture] ?? ReviewEntry(picture: name))
        }
        effects.append(.deliver(DeliveryRequest(
            path: path, exports: exports.map { .init(format: $0.format, path: $0.path) }, report: report, folder: review.folder, subjects: subjects,
            classNames: labelSetup.names)))
        say("delivering \(review.counts.accepted) labels to \(path) …")
    }
}

extension ReviewEntry {
    /// What ``labelMark`` would be if the label were made so.
    fileprivate func marked(by making: (preset: Preset?, classes: [String]?, strokes: LabelStrokes?)) -> String {
        var entry = self
        (entry.preset, entry.classes, entry.strokes) = making
        return entry.labelMark
    }
}
