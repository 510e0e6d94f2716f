import Images

/// Everything the screen of a training run knows. Changed by ``update(_:_:)-(TrainingState,_)`` alone, drawn by
/// ``view(_:)-(TrainingState)``.
public struct TrainingState: Sendable, Equatable {
    // What there is.
    /// The run's name, made safe to draw.
    public let run: String
    public let recipe: String
    public let steps: Int
    public let classNames: [String]
    /// Of the model.
    public let depth: Int
    /// The layers whose sum the fused map is.
    public let fused: ClosedRange<Int>
    /// Whether the model has a decoder, whose answers stand beside the labels.
    public let hasDecoder: Bool
    public internal(set) var probes: [TrainingProbe]

    // The screen.
    public let colorDepth: ColorDepth
    public internal(set) var columns: Int
    public internal(set) var rows: Int
    public var theme: ThemeSetting
    public var finestGlyphs: GlyphSet

    // The run.
    public internal(set) var step = 0
    public internal(set) var curves: [TrainingCurve] = []
    public internal(set) var rate: Double?
    public internal(set) var left: Double?
    public internal(set) var phase = TrainingPhase.training
    /// Whether it is to pause, and whether it is to end.
    public internal(set) var isPaused = false
    public internal(set) var isStopping = false
    var cost: TrainingCost?

    // What is looked at.
    public internal(set) var layer = LayerChoice.fused
    /// The layer that `f` goes back to.
    var lastLayer: Int
    /// A place among each picture's classes.
    var classPlace = 0
    /// The probe picture shown first.
    var firstProbe = 0
    /// Whether the user is asked if the run is to stop.
    var asksToStop = false
    var message: Message?

    /// - Parameters:
    ///   - classNames: of the model's classes.
    ///   - fused: layers of the model.
    public init(
        run: String, recipe: String, steps: Int, classNames: [String], depth: Int, fused: ClosedRange<Int>, hasDecoder: Bool,
        probes: [TrainingProbe], colorDepth: ColorDepth, columns: Int, rows: Int, theme: ThemeSetting = ThemeSetting(),
        finestGlyphs: GlyphSet = .quadrant
    ) {
        self.run = DisplayText.sanitized(run)
        self.recipe = DisplayText.sanitized(recipe)
        self.steps = max(steps, 1)
        self.classNames = classNames.map(DisplayText.sanitized)
        self.depth = max(depth, 1)
        self.fused = fused
        self.hasDecoder = hasDecoder
        self.probes = probes
        self.colorDepth = colorDepth
        self.columns = columns
        self.rows = rows
        self.theme = theme
        self.finestGlyphs = finestGlyphs
        lastLayer = self.depth - 1
    }

    // MARK: Derived

    /// `layer 7`, or `fused 6-11`.
    var layerLabel: String {
        switch layer {
        case .layer(let index): "layer \(index)"
        case .fused: "fused \(fused.lowerBound)-\(fused.upperBound)"
        }
    }

    /// The name of a class, its index where it has none.
    func className(_ index: Int) -> String {
        classNames.indices.contains(index) && !classNames[index].isEmpty ? classNames[index] : "\(index)"
    }

    /// The class of a picture that is looked at, by its place in the reading.
    func classPlace(in reading: TrainingReading) -> Int { min(classPlace, max(reading.classes.count - 1, 0)) }

    /// What the run is at, in words.
    var phaseText: String {
        if isStopping { return "stopping after this step" }
        switch phase {
        case .training: return isPaused ? "pausing after this step" : "training"
        case .paused: return "paused"
        case .saving: return "saving"
        case .labeling(let done, let count): return "pseudo labels \(done)/\(count)"
        case .judging(let done, let count): return "judged \(done)/\(count)"
        }
    }

    /// For the window's title.
    public var windowTitle: String { "getam train \(run) \(step)/\(steps)" }
}
