import Attribution

/// One of the panes.
struct Pane: Sendable, Equatable {
    /// What it shows. Of the pane that keys act on the state itself says so, and of the others what they have in common with it.
    var place: Place
    /// The pane whose map is taken from this one's.
    var less: Int?
}

/// The panes of the screen, at least one, and what goes for all of them.
struct Panes: Sendable, Equatable {
    static let most = 4
    /// In the order of the screen.
    var all: [Pane]
    /// The one that keys act on.
    var focus = 0
    /// The one that had it before: what differences and blinking go against.
    var anchor = 0
    var locked: Set<PaneAxis> = [.picture, .layer, .head, .query, .view]
    /// Whether the anchor is drawn in the place of the one that keys act on.
    var isBlinking = false
    /// Whether the bare picture is drawn in all of them.
    var isPeeking = false
}

extension ExplorerState {
    /// What a pane shows.
    func place(ofPane index: Int) -> Place {
        guard index != panes.focus, panes.all.indices.contains(index) else { return place }
        var place = panes.all[index].place
        for axis in panes.locked { axis.copy(self.place, to: &place) }
        if panes.locked.contains(.query) { place.query = carriedQuery(to: place) }
        return place
    }

    /// The state as if a pane were the one that keys act on.
    func seen(byPane index: Int) -> ExplorerState {
        guard panes.all.indices.contains(index) else { return self }
        let source = panes.isBlinking && index == panes.focus ? panes.anchor : index
        var seen = source == panes.focus ? self : looking(at: place(ofPane: source))
        guard source != panes.focus || panes.isPeeking else { return seen }
        if source != panes.focus {
            seen.shown = paneContents.indices.contains(source) ? paneContents[source].shown : nil
            seen.shownLabels = paneContents.indices.contains(source) ? paneContents[source].labels : nil
            if seen.shownAnswer?.key != seen.recordKey { seen.shownAnswer = nil }
            seen.flash = nil
        }
        if panes.isPeeking { seen.adjustments.view = .picture }
        return seen
    }

    // MARK: Adding and closing

    mutating func addPane() {
        guard panes.all.count < Panes.most else { return refuse("no more than \(Panes.most) panes: X closes one") }
        guard Layout.holds(panes: panes.all.count + 1, columns: columns, rows: rows) else {
            return refuse("no room for another pane on \(columns)×\(rows)")
        }
        panes.all[panes.focus].place = place
        panes.all.insert(Pane(place: place), at: panes.focus + 1)
        for index in panes.all.indices {
            if let less = panes.all[index].less, less > panes.focus { panes.all[index].less = less + 1 }
        }
        panes.anchor = panes.focus
        panes.focus += 1
        panes.isBlinking = false
        say("pane \(panes.focus + 1) of \(panes.all.count): its \(freeAxes) may differ; w goes on, ; locks and frees")
    }

    mutating func closePane() {
        guard panes.all.count > 1 else { return refuse("this is the only pane") }
        let closed = panes.focus
        let next = closed == 0 ? 1 : closed - 1
        let left = place(ofPane: next)
        panes.all.remove(at: closed)
        for index in panes.all.indices {
            guard let less = panes.all[index].less else { continue }
            panes.all[index].less = less == closed ? nil : less > closed ? less - 1 : less
        }
        panes.focus = closed == 0 ? 0 : closed - 1
        panes.anchor = panes.all.count > 1 ? (panes.focus == 0 ? 1 : 0) : 0
        panes.isBlinking = false
        if panes.all[panes.focus].less == panes.focus { panes.all[panes.focus].less = nil }
        place = left
        arrived()
        say(panes.all.count == 1 ? "one pane" : "\(panes.all.count) panes")
    }

    // MARK: Choosing

    mutating func stepPane(_ step: Int) {
        let count = panes.all.count
        guard count > 1 else { return refuse("this is the only pane: | adds one") }
        focusPane(((panes.focus + step) % count + count) % count)
    }

    mutating func focusPane(_ index: Int) {
        guard panes.all.indices.contains(index) else {
            return refuse("no pane \(index + 1): " + (panes.all.count == 1 ? "there is one" : "they go from 1 to \(panes.all.count)"))
        }
        guard index != panes.focus else { return }
        let target = place(ofPane: index)
        panes.all[panes.focus].place = place
        panes.anchor = panes.focus
        panes.focus = index
        panes.isBlinking = false
        move(to: target)
    }

    /// Looks at another place.
    mutating func move(to target: Place) {
        let old = recordKey
        place = target
        if recordKey != old { arrived() } else if let selectedClass { showInList(selectedClass) }
    }

    /// After another picture or model came to be looked at.
    mutating func arrived() {
        store.touch(recordKey)
        followGrid(withQuery: true)
        relist()
        followPicture()
        noticeNames()
    }

    // MARK: Together or apart

    private var freeAxes: String {
        PaneAxis.allCases.filter { !panes.locked.contains($0) }.map(\.rawValue).joined(separator: ", ")
    }

    /// What panes share and what not, in words.
    var lockText: String {
        func list(_ axes: [PaneAxis]) -> String { axes.isEmpty ? "nothing" : axes.map(\.rawValue).joined(separator: " ") }
        let own = PaneAxis.allCases.filter { !panes.locked.contains($0) }
        return "locked: \(list(PaneAxis.allCases.filter(panes.locked.contains))) · free: \(list(own))"
    }

    mutating func setLock(_ axes: Set<PaneAxis>, _ on: Bool) {
        if on {
            panes.locked.formUnion(axes)
        } else {
            // Each pane stays where it is.
            for index in panes.all.indices { panes.all[index].place = place(ofPane: index) }
            panes.locked.subtract(axes)
        }
        mode = .browse
        say(lockText)
    }

    mutating func toggleLock(_ axis: PaneAxis) { setLock([axis], !panes.locked.contains(axis)) }

    // MARK: Comparing

    /// Whether the pane that keys act on shows a difference.
    var subtracted: Int? { panes.all.indices.contains(panes.focus) ? panes.all[panes.focus].less : nil }

    mutating func toggleDifference() {
        if subtracted != nil {
            panes.all[panes.focus].less = nil
            return say("no difference any more")
        }
        subtract(panes.anchor)
    }

    /// Takes a pane's map from the one that keys act on.
    mutating func subtract(_ index: Int) {
        guard panes.all.count > 1 else { return refuse("a difference needs two panes: | adds one") }
        guard panes.all.indices.contains(index), index != panes.focus else {
            return refuse("no other pane \(index + 1): they go from 1 to \(panes.all.count)")
        }
        panes.all[panes.focus].less = index
        say("pane \(panes.focus + 1) less pane \(index + 1)")
    }

    mutating func toggleBlink() {
        guard panes.all.count > 1 else { return refuse("blinking goes between two panes: | adds one") }
        panes.isBlinking.toggle()
        say(panes.isBlinking ? "pane \(panes.anchor + 1) in the place of pane \(panes.focus + 1); . goes back" : "pane \(panes.focus + 1) itself")
    }

    mutating func togglePeek() {
        panes.isPeeking.toggle()
        say(panes.isPeeking ? "the bare picture; O goes back" : "")
    }
}
