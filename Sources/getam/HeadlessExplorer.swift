import Explorer
import Files
import Foundation
import GETAM
import Terminal

/// The explorer without a terminal: actions go in, all work is waited for, and frames are printed as text.
final class HeadlessExplorer {
    private(set) var state: ExplorerState
    private let engine: Engine
    private let arrived = Mailbox<Action>()
    private let depth: ColorDepth
    /// Takes what is printed.
    private let output: (String) throws -> Void
    /// What could not be shown, or made, last.
    private(set) var failure: String?
    /// Whether it was left.
    private(set) var isOver = false

    init(
        _ state: ExplorerState, _ models: [EngineModel], _ settings: Engine.Settings, depth: ColorDepth,
        output: @escaping (String) throws -> Void
    ) {
        self.state = state
        self.state.context.isHeadless = true
        self.depth = depth
        self.output = output
        engine = Engine(models: models, settings: settings) { [arrived] in arrived.post($0) }
    }

    func stop() { engine.stop() }

    /// Lets something happen, and all that follows from it.
    func take(_ action: Action) throws {
        if state.isReviewing { try run(update(&state, .clock(Date().timeIntervalSince1970))) }
        try run(update(&state, action))
        // Done when nothing that was asked for is under way.
        while !state.isIdle, !isOver {
            for action in arrived.wait() {
                if case .openFailed(_, _, let message) = action { failure = message }
                if case .failed(_, let message) = action { failure = message }
                try run(update(&state, action))
            }
        }
    }

    private func run(_ effects: [Effect]) throws {
        for effect in effects {
            switch effect {
            case .prefetch, .survey: continue
            case .examine: try run(update(&state, .examined([])))
            case .snap(let frame, let path):
                guard let path else {
                    try output(frame.text(depth: depth))
                    continue
                }
                try run(update(&state, Snapshot.write(frame, to: path, depth: state.colorDepth)))
            case .quit, .interrupt: isOver = true
            default: engine.run(effect)
            }
        }
    }

    /// The screen as it is.
    func putFrame() throws { try output(view(state).text(depth: depth)) }
}

/// The screen as text in a file.
enum Snapshot {
    /// Writes a frame to a path: with colors where that ends in `.ansi`.
    ///
    /// - Returns: what to say of it.
    static func write(_ frame: Frame, to path: String, depth: ColorDepth) -> Action {
        if AtomicFile.exists(path) { return .exportFailed(message: "\(path): exists; name another") }
        let text = frame.text(depth: path.hasSuffix(".ansi") ? depth : .mono)
        do throws(FileError) {
            try AtomicFile.write(Array(text.utf8), to: path, replaces: false)
            return .exported(path: path, bytes: text.utf8.count)
        } catch { return .exportFailed(message: "\(error)") }
    }
}
