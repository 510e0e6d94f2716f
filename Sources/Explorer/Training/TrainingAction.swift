/// Everything that can happen on the screen of a training run: what the user wants, and what the run tells.
public enum TrainingAction: Sendable, Equatable {
    // MARK: Intents

    case stepLayer(Int)
    case toggleFused
    /// Among the classes of each picture.
    case stepClass(Int)
    /// Among the probe pictures.
    case stepProbe(Int)
    case togglePause
    case save
    /// Asks first.
    case stop
    /// As Ctrl-C: without a question, and the process ends as one that was interrupted; again, at once.
    case interrupt
    case answer(Bool)
    case redraw, suspend

    // MARK: The screen

    case resized(columns: Int, rows: Int)
    case background(Color)

    // MARK: News

    /// A step was taken, or the steps before a run that is gone on with.
    case stepped(TrainingFigures)
    case read(probe: Int, TrainingReading)
    case began(TrainingPhase)
    /// One line.
    case said(String)
    /// The model and the state were written.
    case saved(step: Int)
    case spent(TrainingCost)
}

/// What being watched has taken of a run's time, as parts of it, 0 to 1.
public struct TrainingCost: Sendable, Equatable {
    /// Drawing and sending frames, in processor time.
    public let screen: Double
    /// The passes of the probe pictures, and their labels.
    public let probes: Double

    public init(screen: Double, probes: Double) {
        self.screen = screen
        self.probes = probes
    }

    /// `screen 0.1%, probes 0.5%`.
    public var text: String {
        "screen \(Numbers.fixed(Float(screen * 100), digits: 2))%, probes \(Numbers.fixed(Float(probes * 100), digits: 2))%"
    }
}

/// A figure of a step.
public struct TrainingFigure: Sendable, Equatable {
    public let name: String
    /// Not a number for a step that was left out.
    public let value: Double

    public init(_ name: String, _ value: Double) {
        self.name = name
        self.value = value
    }
}

/// What a step of a run tells.
public struct TrainingFigures: Sendable, Equatable {
    /// Steps taken.
    public let step: Int
    /// The loss, then its parts, then what else is followed.
    public let values: [TrainingFigure]
    /// Pictures a second; nil where that is not known yet.
    public let rate: Double?
    /// Seconds to the end of the run; nil where that is not known yet.
    public let left: Double?

    public init(step: Int, values: [TrainingFigure], rate: Double? = nil, left: Double? = nil) {
        self.step = step
        self.values = values
        self.rate = rate
        self.left = left
    }
}

/// What a run is at.
public enum TrainingPhase: Sendable, Equatable {
    case training, paused, saving
    /// Pseudo labels are made: so many of so many.
    case labeling(Int, of: Int)
    /// The model is judged on pictures that do not train.
    case judging(Int, of: Int)
}

/// What the run must do.
public enum TrainingEffect: Sendable, Equatable {
    case pause(Bool)
    case save
    /// After the step under way, the state saved.
    case stop(isInterrupted: Bool)
    /// At once, whatever is lost.
    case abandon
    case redraw, suspend
}
