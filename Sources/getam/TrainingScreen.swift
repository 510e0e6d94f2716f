import Assets
import Dispatch
import Explorer
import Foundation
import GETAM
import Synchronization
import Terminal
import Training

/// The screen of a run that is watched: drawn on a thread of its own, while the run goes on on the caller's.
///
/// Neither frames nor probe pictures hold a run up: each is made so rarely that they take less than one percent of the time together.
final class TrainingScreen: Sendable {
    /// How the user ended the run.
    enum Stop: Equatable {
        case asked, interrupted
        case signal(Int32)
    }

    private struct Wishes {
        var isPaused = false, saves = false
        var stop: Stop?
    }

    /// Parts of the time that frames and probe pictures may take, unless keys are pressed.
    private static let frameShare = 0.0025, probeShare = 0.0075
    /// Milliseconds from one frame of news to the next at least.
    private static let shortestPeriod = 200.0

    private let wishes = Mutex(Wishes())
    /// Signaled with every wish.
    private let wished = DispatchSemaphore(value: 0)
    private let news = Mailbox<TrainingAction>()
    private let waker: Waker
    private let ended = DispatchSemaphore(value: 0)
    /// When the next frame of news is due, and whether the run is over; of the screen's thread the processor time, in milliseconds.
    private let due = Mutex((frame: 0.0, isOver: false, screen: 0.0))
    private let begin = Timings.now()
    private let probes: [ProbePicture]
    /// The run's own: used on its thread alone.
    private nonisolated(unsafe) var probing = (next: 0, due: 0.0, milliseconds: 0.0)
    private nonisolated(unsafe) var pausedMilliseconds = 0.0

    /// Takes the terminal.
    ///
    /// - Throws: `TerminalError`, with the terminal as it was.
    init(_ trainer: Trainer, run: String) throws {
        waker = try Waker()
        probes = trainer.probePictures()
        let screen = try NcursesScreen(TerminalSettings(
            environment: Environment.variables, descriptions: Assets.terminfo, asksBackground: true, asksGraphics: false))
        let configuration = trainer.model.configuration
        var state = TrainingState(
            run: run, recipe: trainer.recipe.name, steps: trainer.recipe.steps, classNames: configuration.distinctClassNames,
            depth: configuration.depth, fused: trainer.fusedLayers, hasDecoder: trainer.model.parameters.hasDecoder,
            probes: probes.map { TrainingProbe(name: $0.name, picture: PicturePyramid($0.picture)) }, colorDepth: screen.depth,
            columns: screen.size.columns, rows: screen.size.rows, theme: ThemeSetting(colorFGBG: Environment.value("COLORFGBG")),
            finestGlyphs: GlyphSet.finest(environment: Environment.variables))
        for figures in Self.figures(before: trainer.step, in: run) { _ = update(&state, .stepped(figures)) }
        let session = Session(state: state, screen: screen)
        guard JobThread.start({ self.show(session) }) else {
            screen.restore()
            throw CommandFailure(.memory, "no thread for the screen")
        }
    }

    /// What the log says of the steps before a run that is gone on with.
    private static func figures(before step: Int, in folder: String) -> [TrainingFigures] {
        guard step > 0, let log = TrainingRun(path: folder)?.log else { return [] }
        let places = log.columns.indices.filter { log.columns[$0] != "step" && log.columns[$0] != "skipped" }
        return log.rows.prefix(step).enumerated().map { place, row in
            TrainingFigures(step: place + 1, values: places.map { TrainingFigure(log.columns[$0], row[$0] ?? .nan) })
        }
    }

    // MARK: The screen's thread

    /// What only the screen's thread touches.
    private final class Session: @unchecked Sendable {
        var state: TrainingState
        let screen: NcursesScreen
        /// Of the thread, before the frame at hand.
        var processorTime = 0.0

        init(state: TrainingState, screen: NcursesScreen) {
            self.state = state
            self.screen = screen
        }
    }

    private func show(_ session: Session) {
        let end = TerminalLoop.run(screen: session.screen, waker: waker) { handle($0, session) }
        session.screen.restore()
        switch end {
        case .finished: break
        case .endOfInput: wish { $0.stop = $0.stop ?? .signal(SIGHUP) }
        case .signal(let number): wish { $0.stop = $0.stop ?? .signal(number) }
        }
        ended.signal()
    }

    private func handle(_ events: [Event], _ session: Session) -> LoopStep {
        var step: LoopStep?
        func apply(_ action: TrainingAction) {
            for effect in update(&session.state, action) {
                switch effect {
                case .pause(let isPaused): wish { $0.isPaused = isPaused }
                case .save: wish { $0.saves = true }
                case .stop(let isInterrupted): wish { $0.stop = isInterrupted ? .interrupted : .asked }
                case .abandon:
                    session.screen.restore()
                    _exit(128 + SIGINT)
                case .redraw: _ = session.screen.resized()
                case .suspend: step = .suspend
                }
            }
        }
        news.take().forEach(apply)
        // What a key means may follow from the one before.
        for event in events {
            if let action = session.state.action(for: event) { apply(action) }
        }
        let processor = Self.processorTime(), last = processor - session.processorTime
        session.processorTime = processor
        let isOver = due.withLock { due in
            // What the frame before took says how soon news may bring the next.
            due.frame = Timings.now() + max(last / Self.frameShare, Self.shortestPeriod)
            due.screen = processor
            return due.isOver
        }
        if isOver { return .finish }
        session.screen.setTitle(session.state.windowTitle)
        return step ?? .draw(view(session.state))
    }

    /// Of the calling thread, in milliseconds.
    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
    }

    private func wish(_ change: (inout Wishes) -> Void) {
        wishes.withLock { change(&$0) }
        wished.signal()
    }

    // MARK: The run's thread

    /// Tells the screen something; what is urgent is shown at once.
    func tell(_ action: TrainingAction, isUrgent: Bool = false) {
        news.post(action)
        if isUrgent || due.withLock({ Timings.now() >= $0.frame }) { waker.wake() }
    }

    /// Asks the model about the next probe picture where that is due; about all of them after the first step.
    func look(_ trainer: Trainer) {
        guard !probes.isEmpty, Timings.now() >= probing.due else { return }
        let isFirst = probing.due == 0
        for _ in 0..<(isFirst ? probes.count : 1) { lookAtNext(trainer) }
        tell(.spent(cost), isUrgent: isFirst)
    }

    private func lookAtNext(_ trainer: Trainer) {
        let start = Timings.now(), place = probing.next
        // An answer that is no number is the run's to tell.
        if let reading = try? trainer.reading(of: probes[place]) {
            tell(.read(probe: place, TrainingReading(reading, named: probes[place].classes.count)))
        }
        let now = Timings.now()
        probing = ((place + 1) % probes.count, now + (now - start) / Self.probeShare, probing.milliseconds + now - start)
    }

    /// Whether the run is to stop; waits while it is to pause, and saves where that is asked for.
    func stops(_ trainer: Trainer, onward: () -> Void) throws -> Bool {
        var start: Double?
        while true {
            let wish = wishes.withLock { wishes in
                defer { wishes.saves = false }
                return wishes
            }
            if wish.stop != nil { return true }
            if wish.saves {
                tell(.began(.saving), isUrgent: true)
                try trainer.saveNow()
                tell(.began(start == nil ? .training : .paused))
                tell(.saved(step: trainer.step), isUrgent: true)
            }
            guard wish.isPaused else {
                if let start {
                    pausedMilliseconds += Timings.now() - start
                    tell(.began(.training), isUrgent: true)
                    onward()
                }
                return false
            }
            if start == nil {
                start = Timings.now()
                tell(.began(.paused), isUrgent: true)
                // Nothing waits for these.
                let spent = probing.milliseconds
                for _ in probes { lookAtNext(trainer) }
                probing.milliseconds = spent
                tell(.spent(cost), isUrgent: true)
            }
            wished.wait()
        }
    }

    /// What being watched has taken of the time, pauses left out.
    var cost: TrainingCost {
        let elapsed = max(Timings.now() - begin - pausedMilliseconds, 1)
        return TrainingCost(screen: due.withLock { $0.screen } / elapsed, probes: probing.milliseconds / elapsed)
    }

    /// Why the run is to stop; nil where the user has not said so.
    var stop: Stop? { wishes.withLock { $0.stop } }

    /// Gives the terminal back; returns when that is done.
    func close() {
        due.withLock { $0.isOver = true }
        waker.wake()
        ended.wait()
        ended.signal()
    }
}

extension TrainingReading {
    init(_ reading: ProbePicture.Reading, named: Int) {
        self.init(
            step: reading.step, classes: reading.classes, named: named, probabilities: reading.probabilities, maps: reading.maps,
            label: reading.label, answer: reading.answer)
    }
}
