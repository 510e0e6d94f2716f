import Labels

/// What is painted and decided, as lines of a session.
extension ExplorerState {
    func line(of action: PaintAction) -> String? {
        switch action {
        case .toggle, .set: "paint " + (tool == nil ? "off" : "on")
        case .move(let direction): "paint \(direction.rawValue)"
        case .goTo(let point): "paint \(point.x) \(point.y)"
        case .resize(let steps): "brush " + (steps < 0 ? "\(steps)" : "+\(steps)")
        case .setRadius(let radius): "brush \(radius)"
        case .setTarget(let target): "target " + Self.word(for: target)
        case .setListedTarget(let place): "target listed \(place)"
        case .toggleSpread: "spread toggle"
        case .setSpread(let isOn): "spread " + (isOn ? "on" : "off")
        case .dot: "paint dot"
        case .line: "paint line"
        case .fill: "paint fill"
        case .box: "paint box"
        case .delete: "paint delete"
        case .only: "paint only"
        case .more: "paint more"
        case .less: "paint less"
        case .undo: "paint undo"
        case .redo: "paint redo"
        case .clear: "paint clear"
        case .tidy(let tidying): "tidy " + Self.word(for: tidying)
        case .tidyAll(let tidying): "tidy " + Self.word(for: tidying) + " all"
        case .add(let stroke): Self.line(of: stroke)
        case .ofRegion(let place, .delete): "regions \(place) delete"
        case .ofRegion(let place, .only): "regions \(place) only"
        case .ofRegion(let place, .become(let target)): "regions \(place) as " + Self.word(for: target)
        case .list: nil
        }
    }

    /// A line of a review; `nil` for what only asks or looks.
    func reviewLine(of action: Action) -> String? {
        switch action {
        case .decide(let decision): "decide \(decision.rawValue)"
        case .setNote(let text): text.isEmpty ? "note none" : "note \(text)"
        case .stepUndecided: pictures.isEmpty ? nil : "image " + word(forPicture: picture)
        case .setOwn(let change): "own \(change.rawValue)"
        case .sortQueue, .cycleQueueSort: "queue by \(queue.sort.rawValue)"
        case .filterQueue(let text): text.isEmpty ? "queue all" : "queue \(text)"
        case .deliver(let path, let exports, let report):
            (["deliver " + Session.name(ofFile: path)]
                + exports.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.rawValue)=" + Session.name(ofFile: $0.value) }
                + (report.map { ["report=" + Session.name(ofFile: $0)] } ?? [])).joined(separator: " ")
        default: KeyMap.bindings.first { $0.action == action }?.command
        }
    }

    /// The line of a move in the sheet, by the picture one came to: its order is that of the queue, which may be another elsewhere.
    func sheetLine(of action: Action) -> String? {
        switch action {
        case .mouse(_, _, let row) where row >= rows - 2: return nil
        case .mouse, .moveInSheet, .goInSheet, .pageInSheet, .stepInSheet, .enterSheet: break
        default: return nil
        }
        return sheet.map { "sheet at " + word(forPicture: $0.picture) } ?? "sheet enter " + word(forPicture: picture)
    }

    static func line(of action: SweepAction) -> String {
        switch action {
        case .begin(let knobs, let values):
            "sweep " + (Command.knobGroup(knobs) ?? knobs.joined(separator: " ")) + values.map { " " + $0.word }.joined()
        case .take(let knob): "sweep take" + (knob.map { " " + $0 } ?? "")
        case .step(let step): step < 0 ? "sweep previous" : "sweep next"
        case .choose(let row): "sweep row \(row + 1)"
        case .list: "sweep list"
        case .close: "sweep off"
        }
    }

    private static func word(for target: StrokeTarget) -> String {
        switch target {
        case .named(let name): name
        case .background: "background"
        case .ignored: "ignore"
        case .automatic: "automatic"
        }
    }

    private static func word(for tidying: LabelTidying) -> String {
        switch tidying {
        case .largest: "largest"
        case .least(let area): "least \(area)"
        case .holes: "holes"
        case .smooth(let radius): "smooth \(radius)"
        }
    }

    /// `nil` for what no command adds as such.
    private static func line(of stroke: LabelStroke) -> String? {
        func text(_ point: StrokePoint) -> String { "\(point.x),\(point.y)" }
        let shape: String
        switch stroke.shape {
        case .line(let points, let radius): shape = "line " + points.map(text).joined(separator: " ") + " radius=\(radius)"
        case .rectangle(let first, let last): shape = "box \(text(first)) \(text(last))"
        case .region(let point): shape = "fill \(text(point))"
        case .othersThan, .tidied: return nil
        }
        return "stroke \(shape) mode=\(stroke.mode.rawValue) as " + word(for: stroke.target)
    }
}
