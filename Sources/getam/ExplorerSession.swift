import Explorer
import Foundation
import GETAM
import Terminal

/// The explorer at work on a screen: events and results in, frames and effects out. On the screen's thread.
final class ExplorerSession {
    private var state: ExplorerState
    private let engine: Engine
    private let screen: any Screen
    private let record: SessionRecord?
    private var started = false
    /// Whether it was left as with Ctrl-C.
    private(set) var wasInterrupted = false

    init(state: ExplorerState, engine: Engine, screen: any Screen, record: SessionRecord?) {
        self.record = record
        self.state = state
        self.engine = engine
        self.screen = screen
    }

    /// What the loop does after a batch of events and of results.
    func handle(_ events: [Event], _ results: [Action]) -> LoopStep {
        var step: LoopStep?
        func apply(_ action: Action) {
            for effect in update(&state, action) {
                switch effect {
                case .setMouse(let on): screen.setMouse(on)
                case .setSynchronized(let on): screen.setSynchronized(on)
                case .copy(let text):
                    if !screen.copy(text) { apply(.note("not copied: this terminal has no clipboard")) }
                case .askBackground: screen.askBackground()
                case .askGraphics: screen.askGraphics()
                case .dropPictures: screen.dropPictures()
                case .examine: apply(.examined(screen.facts))
                case .snap(let frame, let path):
                    guard let path else {
                        apply(.note("snap: a file is needed, such as screen.txt"))
                        continue
                    }
                    apply(Snapshot.write(frame, to: path, depth: state.colorDepth))
                case .redraw: _ = screen.resized()
                case .suspend: step = .suspend
                case .quit: step = .finish
                case .interrupt:
                    step = .finish
                    wasInterrupted = true
                default: engine.run(effect)
                }
            }
        }
        if !started {
            started = true
            screen.setMouse(state.mouse)
            apply(.start)
        }
        for result in results { apply(result) }
        if state.isReviewing, !events.isEmpty { apply(.clock(Date().timeIntervalSince1970)) }
        for event in events {
            if let action = state.action(for: event) { apply(action) }
        }
        screen.setTitle(state.windowTitle)
        record?.follow(state.session)
        return step ?? .draw(view(state, columns: state.columns, rows: state.rows))
    }

    /// To be called when the loop has ended.
    func end() { record?.follow(state.session, isOver: true) }
}
