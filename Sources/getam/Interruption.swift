import Dispatch
import Foundation
import Synchronization

/// SIGINT, SIGTERM and SIGHUP as a wish to stop soon; the second such signal ends the program at once.
final class Interruption: Sendable {
    private final class Received: Sendable {
        let signal = Atomic<Int32>(0)
    }

    private let received: Received
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]
    private let handled: [Int32]

    /// Whether such a signal has come, for work that can stop within a picture.
    static var hasCome: Bool { pending.load(ordering: .relaxed) }
    private static let pending = Atomic<Bool>(false)

    /// The signal that came; nil before one.
    var signal: Int32? {
        let value = received.signal.load(ordering: .relaxed)
        return value == 0 ? nil : value
    }

    init() {
        let received = Received()
        self.received = received
        handled = [SIGINT, SIGTERM, SIGHUP].filter { number in
            var action = sigaction()
            sigaction(number, nil, &action)
            let handler = action.__sigaction_handler.sa_handler
            // A program started with the signal ignored (nohup) goes on ignoring it.
            return unsafeBitCast(handler, to: Int.self) != unsafeBitCast(SIG_IGN, to: Int.self)
        }
        sources = handled.map { number in
            Glibc.signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                // What is being written has not got its name yet.
                if received.signal.exchange(number, ordering: .relaxed) != 0 { _exit(128 + number) }
                Self.pending.store(true, ordering: .relaxed)
            }
            source.resume()
            return source
        }
    }

    /// What comes after the work that could stop soon is stopped at once again.
    deinit {
        for source in sources { source.cancel() }
        for number in handled { Glibc.signal(number, SIG_DFL) }
    }
}
