import Labels

/// By what pictures are sorted.
public enum QueueSort: String, Sendable, Hashable, CaseIterable {
    /// As they were named.
    case list
    case name
    /// Flagged, undecided, accepted, rejected.
    case decision
    /// The least sure first: entropy and margin of the scores, with what the decoder sees otherwise, and areas unlike others'.
    case doubt
    case entropy
    /// The smallest first.
    case margin
    /// Of decoder and maps, the greatest first.
    case disagreement
    /// Areas unlike those of the same class elsewhere first.
    case area
    /// With the truth, the lowest first.
    case iou
    /// Of the most probable class, the lowest first.
    case probability

    /// Whether it goes by what is found in the background.
    var needsFigures: Bool { ![.list, .name, .decision].contains(self) }
    var needsOutliers: Bool { self == .area || self == .doubt }
}

/// Which pictures one goes through, and in which order.
struct Queue: Sendable, Equatable {
    var sort = QueueSort.list
    var filter = QueueFilter("")
    /// The pictures, and what they followed.
    fileprivate(set) var order: [Int] = []
    /// Of all pictures, in lower case.
    fileprivate var names: [String] = []
    fileprivate var basis: Basis?

    /// What the order follows.
    struct Basis: Sendable, Equatable {
        let sort: QueueSort
        let filter: QueueFilter
        let pictures: Int
        let figures: Int
        let decisions: Int
    }

    /// Whether all pictures are gone through as they were named.
    var isPlain: Bool { sort == .list && filter.text.isEmpty }
    var needsFigures: Bool { sort.needsFigures || filter.needsFigures }
    /// Whether it goes by areas unlike others'.
    var needsOutliers: Bool { sort.needsOutliers || filter.terms.contains { if case .number(let sort, _, _) = $0.test { sort.needsOutliers } else { false } } }
}

/// Which pictures are left: all terms must hold, `!` before one means that it must not.
///
/// `accepted`, `rejected`, `flagged`, `undecided`, `noted`, `own`; `iou<50`, `doubt>0.3`, `entropy`, `margin`, `disagreement`, `area` and
/// `probability` alike, of which areas and IoU are percentages; `class=NAME`, `name=TEXT`; any other word is a class's name, or else
/// part of a picture's.
struct QueueFilter: Sendable, Equatable {
    enum Test: Sendable, Equatable {
        case decision(ReviewDecision)
        case noted, own
        case number(QueueSort, isBelow: Bool, Double)
        case className(String)
        case name(String)
        /// Of a class, or part of a name.
        case word(String)
    }

    struct Term: Sendable, Equatable {
        let test: Test
        let isNot: Bool
    }

    let text: String
    let terms: [Term]

    init(_ text: String) {
        self.text = text
        terms = text.split { $0 == " " || $0 == "&" }.map { word in
            let isNot = word.hasPrefix("!")
            return Term(test: Self.test(String(isNot ? word.dropFirst() : word).lowercased()), isNot: isNot)
        }
    }

    /// What names are searched for.
    var words: [String] { terms.compactMap { term in
        switch term.test {
        case .name(let word), .word(let word): word
        default: nil
        }
    } }

    /// Whether it goes by what is found in the background.
    var needsFigures: Bool {
        terms.contains { term in
            switch term.test {
            case .number, .className, .word: true
            case .decision, .noted, .own, .name: false
            }
        }
    }

    private static func test(_ word: String) -> Test {
        if let decision = ReviewDecision.allCases.first(where: { $0.title == word || $0.rawValue == word }) { return .decision(decision) }
        if word == "noted" { return .noted }
        if word == "own" { return .own }
        if let sign = word.firstIndex(where: { "<>".contains($0) }), let sort = QueueSort(rawValue: String(word[..<sign])), sort.needsFigures {
            let number = word[word.index(after: sign)...]
            if let value = Double(number.hasSuffix("%") ? number.dropLast() : number), value.isFinite {
                return .number(sort, isBelow: word[sign] == "<", value)
            }
        }
        if word.hasPrefix("class=") { return .className(String(word.dropFirst(6))) }
        for prefix in ["name=", "name~"] where word.hasPrefix(prefix) { return .name(String(word.dropFirst(prefix.count))) }
        return .word(word)
    }
}

extension ExplorerState {
    /// The pictures one goes through.
    var queueOrder: [Int] { queue.isPlain ? Array(pictures.indices) : queue.order }

    /// Sorts and filters anew where what that follows has changed.
    mutating func settleQueue() {
        guard !queue.isPlain else { return }
        let basis = Queue.Basis(
            sort: queue.sort, filter: queue.filter, pictures: pictures.count, figures: queue.needsFigures ? survey.version : 0,
            decisions: review?.version ?? 0)
        guard basis != queue.basis else { return }
        queue.basis = basis
        if queue.names.count != pictures.count { queue.names = pictures.map { Self.name(ofPath: $0).lowercased() } }
        let names = queue.names
        // Letters with others between them count where no name holds the word itself.
        let loose = Set(queue.filter.words.filter { word in !names.contains { $0.contains(word) } })
        let outliers = queue.needsOutliers ? AreaOutliers(survey.figures.values.map(\.areas)) : nil
        queue.order = sorted(pictures.indices.filter { accepts($0, names, loose, outliers) }, names, outliers)
    }

    // MARK: Sorting

    private func sorted(_ places: [Int], _ names: [String], _ outliers: AreaOutliers?) -> [Int] {
        switch queue.sort {
        case .list: return places
        case .name: return places.sorted { (names[$0], $0) < (names[$1], $1) }
        case .decision:
            func rank(_ picture: Int) -> Int {
                switch review?.decision(of: picture) ?? .undecided {
                case .flag: 0
                case .undecided: 1
                case .accept: 2
                case .reject: 3
                }
            }
            return places.sorted { (rank($0), $0) < (rank($1), $1) }
        default:
            // What is not known yet comes last, in the order of the list.
            let isFalling = [.doubt, .entropy, .disagreement, .area].contains(queue.sort)
            let known = places.map { (picture: $0, value: figure(queue.sort, of: $0, outliers)) }
            return known.sorted { a, b in
                switch (a.value, b.value) {
                case (let x?, let y?): x == y ? a.picture < b.picture : isFalling ? x > y : x < y
                case (nil, nil): a.picture < b.picture
                case (nil, _): false
                case (_, nil): true
                }
            }.map(\.picture)
        }
    }

    /// What pictures are sorted by; `nil` where it is not known.
    func figure(_ sort: QueueSort, of picture: Int, _ outliers: AreaOutliers? = nil) -> Double? {
        guard let known = survey.figures[picture] else { return nil }
        switch sort {
        case .list, .name, .decision: return nil
        case .entropy: return known.doubt?.entropy
        case .margin: return known.doubt?.margin
        case .disagreement: return known.disagreement
        case .area: return outliers?.distance(known.areas)
        case .iou: return known.overlap
        case .probability: return known.top.map { Double($0.probability) }
        case .doubt:
            guard let doubt = known.doubt else { return nil }
            // Each of the signs adds what it has, none of them hides another.
            var value = doubt.value
            if let disagreement = known.disagreement { value += disagreement }
            if let distance = outliers?.distance(known.areas), distance > 3.5 { value += min((distance - 3.5) / 10, 1) }
            return value
        }
    }

    // MARK: Filtering

    private func accepts(_ picture: Int, _ names: [String], _ loose: Set<String>, _ outliers: AreaOutliers?) -> Bool {
        queue.filter.terms.allSatisfy { term in accepts(picture, names, loose, outliers, term.test) != term.isNot }
    }

    private func accepts(_ picture: Int, _ names: [String], _ loose: Set<String>, _ outliers: AreaOutliers?, _ test: QueueFilter.Test) -> Bool {
        func isNamed(_ part: String) -> Bool { loose.contains(part) ? Self.isLike(names[picture], part) : names[picture].contains(part) }
        switch test {
        case .decision(let decision): return (review?.decision(of: picture) ?? .undecided) == decision
        case .noted: return review?.entries[picture]?.note.isEmpty == false
        case .own: return review?.entries[picture]?.hasOwnSettings == true
        case .number(let sort, let isBelow, let limit):
            guard var value = figure(sort, of: picture, outliers) else { return false }
            if sort == .iou { value *= 100 }
            return isBelow ? value < limit : value > limit
        case .className(let name): return has(picture, className: name)
        case .name(let part): return isNamed(part)
        case .word(let word):
            let isClass = models[0].classNames.contains { $0.lowercased().hasPrefix(word) }
            return isClass && has(picture, className: word) || isNamed(word)
        }
    }

    /// Whether a class whose name begins so is in the picture's label.
    private func has(_ picture: Int, className: String) -> Bool {
        let classes = adjustments.marks[picture].map(Array.init) ?? survey.figures[picture]?.classes ?? []
        return classes.contains { models[0].className($0).lowercased().hasPrefix(className) }
    }

    /// Whether a name holds the characters of a text in this order.
    private static func isLike(_ name: String, _ text: String) -> Bool {
        // Few digits are in many names.
        guard text.count >= 3, text.contains(where: \.isLetter) else { return false }
        var rest = text[...]
        for character in name where character == rest.first { rest = rest.dropFirst() }
        return rest.isEmpty
    }

    // MARK: Changing

    mutating func sortQueue(_ sort: QueueSort) {
        if sort == .iou, !labelSetup.hasTruth { return refuse("no truth is known: --truth DIR names it") }
        if sort == .disagreement, model.decoder == nil { return refuse(ModelSummary.decoderless) }
        queue.sort = sort
        settleQueue()
        say("pictures by \(sort.rawValue)" + (sort.needsFigures && survey.figures.count < pictures.count ? ", as it becomes known" : ""))
        showInSheet(picture)
    }

    mutating func cycleQueueSort() {
        var next = Self.next(queue.sort)
        while next == .iou && !labelSetup.hasTruth || next == .disagreement && model.decoder == nil { next = Self.next(next) }
        sortQueue(next)
    }

    mutating func filterQueue(_ text: String) {
        queue.filter = QueueFilter(DisplayText.sanitized(text))
        settleQueue()
        if queue.filter.text.isEmpty { say("all \(pictures.count) pictures") } else {
            let count = queueOrder.count, known = survey.figures.count
            let part = queue.filter.needsFigures && known < pictures.count ? ", \(known) looked at" : ""
            if count == 0 { refuse("no picture of \(pictures.count) fits “\(queue.filter.text)”\(part)") } else { say("\(count) of \(pictures.count) pictures\(part)") }
        }
        showInSheet(picture)
    }

    /// The picture so many steps on in the queue; `nil` at its ends.
    func queued(from start: Int, _ step: Int) -> Int? {
        let order = queueOrder
        guard let place = order.firstIndex(of: start) else { return step > 0 ? order.first : order.last }
        let target = min(max(place + step, 0), order.count - 1)
        return target == place ? nil : order[target]
    }
}
