/// What a key does on the screen of a training run.
public struct TrainingKey: Sendable {
    public let keys: [Key]
    public let action: TrainingAction
    /// For the manual.
    public let description: String
    /// A word for the line of keys; nil keeps it out.
    let hint: String?
    /// Whether it answers the question if the run is to stop.
    let isAnswer: Bool

    init(_ keys: [Key], _ action: TrainingAction, _ description: String, hint: String? = nil, isAnswer: Bool = false) {
        self.keys = keys
        self.action = action
        self.description = description
        self.hint = hint
        self.isAnswer = isAnswer
    }
}

/// The keys of a training run's screen: the line of keys and the manual are made from it.
public enum TrainingKeyMap {
    public static let keys: [TrainingKey] = [
        TrainingKey([.character("h"), .left], .stepLayer(-1), "previous layer", hint: "layer"),
        TrainingKey([.character("l"), .right], .stepLayer(1), "next layer; the fused map comes after the last", hint: "layer"),
        TrainingKey([.character("f")], .toggleFused, "fused map, or back to the layer", hint: "fused"),
        TrainingKey(
            [.character("j"), .down], .stepClass(1), "next class of each picture: those of its labels, then the most probable other",
            hint: "class"),
        TrainingKey([.character("k"), .up], .stepClass(-1), "previous class", hint: "class"),
        TrainingKey([.character("n")], .stepProbe(1), "next probe picture first", hint: "picture"),
        TrainingKey([.character("p")], .stepProbe(-1), "previous probe picture first", hint: "picture"),
        TrainingKey([.character(" ")], .togglePause, "pause after the step under way, or go on", hint: "pause"),
        TrainingKey([.character("s")], .save, "write the model and the state now", hint: "save"),
        TrainingKey([.character("q")], .stop, "stop after the step under way, the state saved; asks first", hint: "stop"),
        TrainingKey([.control("c")], .interrupt, "stop without a question, as an interrupt does; again, end at once"),
        TrainingKey([.control("l")], .redraw, "paint the screen again"),
        TrainingKey([.control("z")], .suspend, "suspend, the run too"),
        TrainingKey([.character("y"), .enter], .answer(true), "yes, stop", hint: "yes", isAnswer: true),
        TrainingKey([.character("n"), .character("q"), .escape], .answer(false), "no, go on", hint: "no", isAnswer: true),
        TrainingKey([.control("c")], .interrupt, "stop", isAnswer: true),
    ]

    /// The keys as items of an mdoc list, those that answer a question left out.
    public static func manPage() -> String {
        let items = keys.filter { !$0.isAnswer }.flatMap { [KeyMap.item($0.keys), KeyMap.escaped(KeyMap.sentence($0.description))] }
        return ([".Bl -tag -width \"h, Left\" -compact"] + items + [".El"]).joined(separator: "\n") + "\n"
    }

    /// The words of the line of keys, with the first key of each binding of a word.
    static func hints(isAsking: Bool) -> [(keys: String, word: String)] {
        var hints: [(keys: String, word: String)] = []
        for key in keys where key.isAnswer == isAsking {
            guard let word = key.hint, let name = key.keys.first?.name else { continue }
            if let place = hints.firstIndex(where: { $0.word == word }) {
                hints[place].keys += "/" + name
            } else {
                hints.append((name, word))
            }
        }
        return hints
    }
}

extension TrainingState {
    /// What an event means now; nil where it means nothing.
    public func action(for event: Event) -> TrainingAction? {
        switch event {
        case .key(let key): TrainingKeyMap.keys.first { $0.isAnswer == asksToStop && $0.keys.contains(key) }?.action
        case .background(let color): .background(color)
        case .resize(let columns, let rows, _): .resized(columns: columns, rows: rows)
        case .mouse, .drag, .paste, .focus, .graphics: nil
        }
    }
}
