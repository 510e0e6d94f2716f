import CClosures
import Glibc
import Synchronization

/// Threads that share the work of one loop, for loops of a few microseconds to a few milliseconds.
///
/// The calling thread works too. Idle threads spin for some microseconds, then sleep, so that the pool neither burns a
/// processor nor collapses when another program wants it. Indices are handed out one at a time: a thread that is held up
/// delays only what it has begun.
public final class ThreadPool: Sendable {
    /// Threads that take part, the caller included; at least 1.
    public let threads: Int
    private let loop = SharedLoop()
    private let workers: [WorkerThread]

    /// A pool of `threads` threads.
    ///
    /// - Parameter niceness: added to the priority value of the pool's own threads (0…19), so that they give way.
    public init(threads: Int, niceness: Int32 = 0) {
        self.threads = max(1, threads)
        // Without the threads that cannot be had the caller does more of the work. They keep the loop alive, not the pool.
        workers = (1..<max(1, threads)).compactMap { [loop] _ in WorkerThread(niceness: niceness) { loop.serve() } }
    }

    deinit {
        loop.stop()
        for worker in workers { worker.join() }
    }

    /// Calls `body` once with every index in `0..<count`, on several threads at once, and returns when all are done.
    ///
    /// Inside `body`, and where another thread's loop is running, the indices run one after another on the caller.
    public func forEach(_ count: Int, _ body: (Int) -> Void) {
        guard count > 1, !workers.isEmpty, loop.claim() else {
            for index in 0..<max(count, 0) { body(index) }
            return
        }
        lend(body, count, Unmanaged.passUnretained(loop).toOpaque()) { body, count, loop in
            Unmanaged<SharedLoop>.fromOpaque(loop).takeUnretainedValue().run(count, body)
        }
        loop.release()
    }
}

/// Calls `borrower` with a closure that any thread may call until it returns.
@_silgen_name("getam_closure_lend")
private func lend(
    _ closure: (Int) -> Void, _ count: Int, _ context: UnsafeMutableRawPointer,
    _ borrower: @convention(c) (getam_closure, Int, UnsafeMutableRawPointer) -> Void)

/// The loop that a pool's threads share: opened by a caller, joined by workers, closed when its indices are handed out.
private final class SharedLoop: @unchecked Sendable {
    // One word says everything workers must agree on: bit 63 whether the loop is open to join, bits 32–62 its number,
    // bits 0–31 how many workers are inside it.
    private let state = Atomic<UInt64>(0)
    private let next = Atomic<Int>(0)
    private let sleepers = Atomic<Int>(0)
    private let stopping = Atomic<Bool>(false)
    /// Held while a loop runs; a second caller runs its loop alone instead of waiting.
    private let busy = Atomic<Bool>(false)
    // Written only while no worker is inside.
    private var body = getam_closure()
    private var count = 0
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    private static let open: UInt64 = 1 << 63
    private static let inside: UInt64 = 0xFFFF_FFFF

    init() {
        pthread_mutex_init(lock, nil)
        pthread_cond_init(wake, nil)
    }

    deinit {
        pthread_cond_destroy(wake)
        pthread_mutex_destroy(lock)
        lock.deallocate()
        wake.deallocate()
    }

    func claim() -> Bool { !busy.exchange(true, ordering: .acquiring) }
    func release() { busy.store(false, ordering: .releasing) }

    /// Runs a loop with whatever workers come; returns when every index is done.
    func run(_ count: Int, _ body: getam_closure) {
        self.body = body
        self.count = count
        next.store(0, ordering: .relaxed)
        let number = (state.load(ordering: .relaxed) & ~Self.open) >> 32
        state.store(Self.open | ((number + 1) & 0x7FFF_FFFF) << 32, ordering: .sequentiallyConsistent)
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 { wakeAll() }
        work()
        _ = state.bitwiseAnd(~Self.open, ordering: .sequentiallyConsistent)
        // A worker that is inside finishes within one index; one that was taken off its processor needs ours.
        var spins = 0
        while state.load(ordering: .acquiring) & Self.inside != 0 {
            spins += 1
            if spins > 2_000 { sched_yield() } else { atomicMemoryFence(ordering: .acquiring) }
        }
    }

    /// A worker's life: join what is open, spin a while, sleep.
    func serve() {
        var finished: UInt64 = 0
        while !stopping.load(ordering: .relaxed) {
            var joined: UInt64?
            for _ in 0..<10_000 {
                joined = join(after: finished)
                if joined != nil { break }
                atomicMemoryFence(ordering: .sequentiallyConsistent)
            }
            if let joined { finished = joined } else { sleep(after: finished) }
        }
    }

    func stop() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        wakeAll()
    }

    private func work() {
        while true {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            if index >= count { return }
            getam_closure_call(body, index)
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

    private func sleep(after finished: UInt64) {
        pthread_mutex_lock(lock)
        sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        while !stopping.load(ordering: .sequentiallyConsistent) {
            let current = state.load(ordering: .sequentiallyConsistent)
            if current & Self.open != 0, current >> 32 != finished { break }
            pthread_cond_wait(wake, lock)
        }
        sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(lock)
    }

    private func wakeAll() {
        pthread_mutex_lock(lock)
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(lock)
    }
}
