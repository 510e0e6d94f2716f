import Glibc

/// A thread that does one thing, with all signals blocked but those of its own faults, so that they reach threads that know them.
package final class WorkerThread: Sendable {
    private let thread: pthread_t

    private final class Work: Sendable {
        let niceness: Int32
        let body: @Sendable () -> Void

        init(_ niceness: Int32, _ body: @escaping @Sendable () -> Void) { (self.niceness, self.body) = (niceness, body) }

        func run() {
            if niceness != 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
            var signals = sigset_t()
            sigfillset(&signals)
            // A fault raised while it is blocked ends the process without its handlers: a terminal would stay raw.
            for fault in [SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGABRT] { sigdelset(&signals, fault) }
            pthread_sigmask(SIG_BLOCK, &signals, nil)
            body()
        }
    }

    /// Starts it; nil where there can be no more threads.
    ///
    /// - Parameter niceness: added to the priority value of the thread (0…19), so that it gives way.
    package init?(niceness: Int32 = 0, _ body: @escaping @Sendable () -> Void) {
        let work = Unmanaged.passRetained(Work(niceness, body))
        var thread = pthread_t()
        let started = pthread_create(&thread, nil, { argument in
            if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run() }
            return nil
        }, work.toOpaque())
        guard started == 0 else {
            work.release()
            return nil
        }
        self.thread = thread
    }

    /// Waits for its end; once only.
    package func join() { pthread_join(thread, nil) }
}
