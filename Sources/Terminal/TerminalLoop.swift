import CTerminal
import Explorer
import Glibc

/// What the handler wants after a batch of events.
public enum LoopStep: Sendable {
    /// Show this.
    case draw(Frame)
    /// Nothing changed.
    case idle
    /// Give the terminal back and stop, as Ctrl-Z does; then carry on.
    case suspend
    case finish
}

/// Why the loop ended.
public enum LoopEnd: Sendable, Hashable {
    case finished
    /// The keyboard has ended.
    case endOfInput
    /// INT, TERM, HUP or QUIT, or the terminal went away (HUP).
    case signal(Int32)

    /// What the process should exit with.
    public var exitStatus: Int32 {
        switch self {
        case .finished, .endOfInput: 0
        case .signal(let number): 128 + number
        }
    }
}

/// The screen thread's life: wait; take all that happened; hand it on in one batch; draw once.
public enum TerminalLoop {
    /// Runs until the handler finishes, a signal ends it, or the keyboard is gone. The screen is not restored: that is
    /// the caller's, who made it.
    ///
    /// - Parameters:
    ///   - waker: wakes the loop; the handler then gets an empty batch, if nothing else happened.
    ///   - onEvents: called first with the screen's size. Must not wait for anything.
    public static func run(
        screen: any Screen, waker: Waker, onEvents: ([Event]) -> LoopStep
    ) -> LoopEnd {
        var pending: Frame?
        var batch: [Event] = [.resize(columns: screen.size.columns, rows: screen.size.rows, cell: screen.cell)]
        var turn = true

        while true {
            if turn {
                switch onEvents(batch) {
                case .draw(let frame): pending = frame
                case .idle: break
                case .finish: return .finished
                case .suspend:
                    suspend(screen)
                    batch = [screen.resized()]
                    continue
                }
            }
            batch = []
            turn = false

            // While one frame is on its way, of all that come only the newest is kept.
            if let frame = pending, screen.isReady {
                screen.start(frame)
                pending = nil
            }

            var waiting = [
                pollfd(fd: screen.descriptors.input, events: Int16(POLLIN), revents: 0),
                pollfd(fd: screen.descriptors.signals, events: Int16(POLLIN), revents: 0),
                pollfd(fd: waker.reading, events: Int16(POLLIN), revents: 0),
            ]
            if let sending = screen.sending { waiting.append(pollfd(fd: sending, events: Int16(POLLOUT), revents: 0)) }
            let ready = poll(&waiting, nfds_t(waiting.count), screen.patience ?? -1)
            if ready < 0 {
                if errno == EINTR { continue }
                return .endOfInput
            }
            if ready == 0 {
                // What was begun on the keyboard is not going on.
                batch = screen.nextEvents()
                turn = !batch.isEmpty
                continue
            }

            if waiting.count > 3, waiting[3].revents != 0 { screen.send() }
            if waiting[1].revents != 0 {
                switch answer(drainPipe(screen.descriptors.signals), screen) {
                case .end(let number): return .signal(number)
                case .events(let events):
                    batch += events
                    turn = turn || !events.isEmpty
                }
            }
            if waiting[2].revents != 0 {
                _ = drainPipe(waker.reading)
                turn = true
            }
            let input = Int32(waiting[0].revents)
            if input != 0 {
                let hungUp = input & (POLLHUP | POLLERR | POLLNVAL) != 0
                let empty = !hungUp && terminal_bytes_waiting(screen.descriptors.input) == 0
                let events = screen.nextEvents()
                batch += events
                turn = turn || !events.isEmpty
                if hungUp { return .signal(SIGHUP) }
                if empty, events.isEmpty { return .endOfInput }
            }
        }
    }

    private enum Answer {
        case end(Int32)
        case events([Event])
    }

    private static func answer(_ signals: [UInt8], _ screen: any Screen) -> Answer {
        var events: [Event] = []
        for byte in signals {
            let number = Int32(byte)
            switch number {
            case SIGTSTP:
                suspend(screen)
                events = [screen.resized()]
            case SIGCONT:
                // After a stop that could not be caught, the shell has set its own modes.
                screen.suspend()
                screen.resume()
                events = [screen.resized()]
            case SIGWINCH: events = [screen.resized()]
            default: return .end(number)
            }
        }
        return .events(events)
    }

    private static func suspend(_ screen: any Screen) {
        screen.suspend()
        terminal_stop_self()
        screen.resume()
    }
}
