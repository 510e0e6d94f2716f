/// What was looked at, to go back to: no work is lost or undone by it.
struct Look: Sendable, Equatable {
    var place: Place
    var layout: PaneLayout?
    var overlayShown: Bool
    var focus: Int

    /// What differs, where it is one thing: steps along it are one step back.
    func axis(to other: Look) -> PaneAxis? {
        guard layout == other.layout, overlayShown == other.overlayShown, focus == other.focus else { return nil }
        var axes: [PaneAxis] = []
        for axis in PaneAxis.allCases {
            var there = place
            axis.copy(other.place, to: &there)
            if there != place { axes.append(axis) }
        }
        // Every picture and model has a class of its own that is looked at.
        if let first = axes.first, [.picture, .model].contains(first) { axes.removeAll { $0 == .class } }
        return axes.count == 1 ? axes[0] : nil
    }
}

/// The way of looking, back and forward.
struct LookHistory: Sendable, Equatable {
    static let limit = 200
    var earlier: [Look] = []
    var later: [Look] = []
    /// What the last step was along.
    var axis: PaneAxis?

    /// Keeps where one stood before a step.
    mutating func left(_ old: Look, for new: Look) {
        let step = old.axis(to: new)
        later = []
        if let step, step == axis, !earlier.isEmpty { return }
        axis = step
        earlier.append(old)
        if earlier.count > Self.limit { earlier.removeFirst() }
    }
}

extension ExplorerState {
    var look: Look {
        Look(place: place, layout: adjustments.layout, overlayShown: adjustments.overlayShown, focus: panes.focus)
    }

    mutating func back() {
        guard let earlier = looks.earlier.popLast() else { return refuse("nothing was looked at before") }
        looks.later.append(look)
        looks.axis = nil
        go(to: earlier, "back")
    }

    mutating func forward() {
        guard let later = looks.later.popLast() else { return refuse("nothing was looked at after this") }
        looks.earlier.append(look)
        looks.axis = nil
        go(to: later, "forward")
    }

    private mutating func go(to look: Look, _ way: String) {
        if panes.all.indices.contains(look.focus), look.focus != panes.focus { focusPane(look.focus) }
        let old = recordKey
        adjustments.layout = look.layout
        adjustments.overlayShown = look.overlayShown
        place = look.place
        if recordKey != old {
            viewport = Viewport()
            arrived()
        } else if let selectedClass {
            showInList(selectedClass)
        }
        say("\(way) to \(pictureName) · \(mapOwner) · \(layerLabel) · \(adjustments.view.rawValue)")
    }
}
