import Glibc
import Synchronization

/// Threads that share the work of one loop, for loops of a few microseconds to a few milliseconds.
///
/// The calling thread works too. Idle threads spin for some microseconds, then sleep, so that the pool neither burns a
/// processor nor collapses when another program wants it. Indices are handed out one at a time: a thread that is held up
/// delays only what it has begun.
public final class ThreadPool: @unchecked Sendable {
    /// Threads that take part, the caller included; at least 1.
    public let threads: Int

    // One word says everything workers must agree on: bit 63 whether a loop is open to join, bits 32–62 its number,
    // bits 0–31 how many workers are inside it.
    private let state = Atomic<UInt64>(0)
    private let next = Atomic<Int>(0)
    private let sleepers = Atomic<Int>(0)
    private let stopping = Atomic<Bool>(false)
    /// Held while a loop runs; a second caller runs its loop alone instead of waiting.
    private let busy = Atomic<Bool>(false)
    private nonisolated(unsafe) var body: ((Int) -> Void)?
    private nonisolated(unsafe) var count = 0
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let wake: UnsafeMutablePointer<pthread_cond_t>
    private nonisolated(unsafe) var workers: [pthread_t] = []

    private static let open: UInt64 = 1 << 63
    private static let insideMask: UInt64 = 0xFFFF_FFFF

    /// A pool of `threads` threads.
    ///
    /// - Parameter niceness: added to the priority value of the pool's own threads (0…19), so that they give way.
    public init(threads: Int, niceness: Int32 = 0) {
        self.threads = max(1, threads)
        lock = .allocate(capacity: 1)
        wake = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
        pthread_cond_init(wake, nil)
        for _ in 1..<max(1, threads) {
            let worker = Worker(state: self, niceness: niceness)
            var thread = pthread_t()
            let started = pthread_create(&thread, nil, { argument in
                let worker = Unmanaged<Worker>.fromOpaque(argument!).takeRetainedValue()
                worker.main()
                return nil
            }, Unmanaged.passRetained(worker).toOpaque())
            // Without the thread the caller simply does more of the work.
            if started == 0 { workers.append(thread) } else { Unmanaged.passUnretained(worker).release() }
        }
    }

    deinit {
        stopping.store(true, ordering: .sequentiallyConsistent)
        pthread_mutex_lock(lock)
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(lock)
        for worker in workers { pthread_join(worker, nil) }
        pthread_cond_destroy(wake)
        pthread_mutex_destroy(lock)
        lock.deallocate()
        wake.deallocate()
    }

    /// Calls `body` once with every index in `0..<count`, on several threads at once, and returns when all are done.
    ///
    /// Inside `body`, and where another thread's loop is running, the indices run one after another on the caller.
    public func forEach(_ count: Int, _ body: (Int) -> Void) {
        guard count > 1, !workers.isEmpty, !busy.exchange(true, ordering: .acquiring) else {
            for index in 0..<max(count, 0) { body(index) }
            return
        }
        withoutActuallyEscaping(body) { escaping in
            self.body = escaping
            self.count = count
            next.store(0, ordering: .relaxed)
            let number = (state.load(ordering: .relaxed) & ~Self.open) >> 32
            state.store(Self.open | ((number + 1) & 0x7FFF_FFFF) << 32, ordering: .sequentiallyConsistent)
            if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
                pthread_mutex_lock(lock)
                pthread_cond_broadcast(wake)
                pthread_mutex_unlock(lock)
            }
            work()
            _ = state.bitwiseAnd(~Self.open, ordering: .sequentiallyConsistent)
            var spins = 0
            while state.load(ordering: .acquiring) & Self.insideMask != 0 {
                spins += 1
                if spins > 2_000 { sched_yield() } else { Self.pause() }
            }
            self.body = nil
        }
        busy.store(false, ordering: .releasing)
    }

    private func work() {
        while true {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            if index >= count { return }
            body!(index)
        }
    }

    /// Joins the open loop unless it was `finished` already; returns its number.
    private func join(after finished: UInt64) -> UInt64? {
        var current = state.load(ordering: .acquiring)
        while current & Self.open != 0, current >> 32 != finished {
            let (exchanged, original) = state.compareExchange(
                expected: current, desired: current + 1, ordering: .acquiringAndReleasing)
            if exchanged {
                work()
                state.wrappingSubtract(1, ordering: .releasing)
                return current >> 32
            }
            current = original
        }
        return nil
    }

    /// A short wait that lets the other hardware thread run.
    @inline(__always)
    private static func pause() {
        atomicMemoryFence(ordering: .acquiring)
    }

    /// One thread of the pool. It keeps nothing of the pool alive: `deinit` joins it.
    private final class Worker: @unchecked Sendable {
        private unowned(unsafe) let pool: ThreadPool
        private let niceness: Int32

        init(state pool: ThreadPool, niceness: Int32) {
            self.pool = pool
            self.niceness = niceness
        }

        func main() {
            if niceness != 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
            var signals = sigset_t()
            sigfillset(&signals)
            pthread_sigmask(SIG_BLOCK, &signals, nil)
            var finished: UInt64 = 0
            while !pool.stopping.load(ordering: .relaxed) {
                if let number = spin(after: finished) {
                    finished = number
                } else {
                    sleep(after: finished)
                }
            }
        }

        private func spin(after finished: UInt64) -> UInt64? {
            for _ in 0..<20_000 {
                if let number = pool.join(after: finished) { return number }
                ThreadPool.pause()
            }
            return nil
        }

        private func sleep(after finished: UInt64) {
            pthread_mutex_lock(pool.lock)
            pool.sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
            while !pool.stopping.load(ordering: .relaxed) {
                let current = pool.state.load(ordering: .sequentiallyConsistent)
                if current & ThreadPool.open != 0, current >> 32 != finished { break }
                pthread_cond_wait(pool.wake, pool.lock)
            }
            pool.sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
            pthread_mutex_unlock(pool.lock)
        }
    }
}
