/// Looks for a better preset one coordinate after the other: pure, so that a run which is gone on with takes the same way.
///
/// In every round each knob's moves from the best preset so far are tried; one that is better is taken at once, and its knob goes on from
/// there. After a round that found nothing steps are halved, and after the last halving nothing is left to be tried. What was tried is
/// never proposed again; of equal presets the earlier stays.
public struct CoordinateSearch: Sendable {
    /// The best preset so far, and its score; nil before the first was told.
    public private(set) var best: (preset: Preset, score: Double)?
    /// The knob whose move was proposed last; nil for the start.
    public private(set) var knob: String?
    private let start: Preset
    private let knobs: [PresetKnob]
    private let depth: Int
    /// How often steps were halved.
    private var halvings = 0
    private static let mostHalvings = 2
    private var place = 0
    private var hasImproved = false
    private var waiting: [Preset] = []
    private var tried: Set<Preset> = []
    private var proposed: Preset?

    /// - Parameters:
    ///   - depth: blocks of the model.
    public init(from start: Preset, knobs: [PresetKnob], depth: Int) {
        self.start = start.nameless
        self.knobs = knobs
        self.depth = depth
    }

    /// What is to be scored next, without a name; nil where nothing is left. To be followed by ``tell(_:)``.
    public mutating func next() -> Preset? {
        guard let best else { return propose(start, nil) }
        if knobs.isEmpty || halvings > Self.mostHalvings { return nil }
        while true {
            while !waiting.isEmpty {
                let candidate = waiting.removeFirst()
                if !tried.contains(candidate) { return propose(candidate, knobs[place].name) }
            }
            place += 1
            if place == knobs.count {
                place = 0
                if !hasImproved { halvings += 1 }
                guard halvings <= Self.mostHalvings else { return nil }
                hasImproved = false
            }
            waiting = moves(from: best.preset)
        }
    }

    /// Takes the score of what was proposed, the more the better; nil where it cannot be had.
    public mutating func tell(_ score: Double?) {
        guard let proposed else { return }
        self.proposed = nil
        guard let score else { return }
        guard let best else {
            self.best = (proposed, score)
            place = -1
            return
        }
        guard score > best.score else { return }
        self.best = (proposed, score)
        hasImproved = true
        waiting = moves(from: proposed)
    }

    private mutating func propose(_ preset: Preset, _ knob: String?) -> Preset {
        tried.insert(preset)
        (proposed, self.knob) = (preset, knob)
        return preset
    }

    private func moves(from preset: Preset) -> [Preset] {
        guard knobs.indices.contains(place) else { return [] }
        return knobs[place].moves(preset, depth, 1 / Double(1 << halvings)).map(\.nameless)
    }
}

extension Preset {
    /// The preset without what changes no label.
    public var nameless: Preset {
        var preset = recordless
        (preset.name, preset.model) = ("", "")
        return preset
    }

    /// The preset without what it once reached, for notes of what is made by it.
    public var recordless: Preset {
        var preset = self
        preset.reached = nil
        return preset
    }
}
