import Files
import Foundation
import Labels

/// Writes decisions to the log on a thread of its own, so that nobody waits for the disk: at once when there is time, what comes while the
/// disk is busy together, of a picture what is so at last.
final class ReviewJournal: @unchecked Sendable {
    private let writer: ReviewWriter
    private let failed: @Sendable (String) -> Void
    /// Guards all below.
    private let condition = NSCondition()
    private var waiting: [ReviewEntry] = []
    private var isWriting = false
    private var isFinished = false

    /// Seconds that a change may wait for others of its picture.
    private static let patience = 0.1

    /// - Parameter failed: takes a line, on the journal's thread.
    init(_ writer: ReviewWriter, failed: @escaping @Sendable (String) -> Void) {
        self.writer = writer
        self.failed = failed
        let thread = Thread { [weak self] in while self?.writeOnce() == true {} }
        thread.name = "journal"
        thread.start()
    }

    /// Takes an entry; returns at once.
    func add(_ entry: ReviewEntry) {
        condition.withLock {
            waiting.removeAll { $0.picture == entry.picture }
            waiting.append(entry)
            condition.broadcast()
        }
    }

    /// Writes all that waits; returns when it is on the disk.
    func finish() {
        condition.withLock {
            isFinished = true
            condition.broadcast()
            while isWriting || !waiting.isEmpty { condition.wait() }
        }
    }

    /// - Returns: false when all is written and no more is to come.
    private func writeOnce() -> Bool {
        condition.lock()
        while waiting.isEmpty, !isFinished { condition.wait() }
        if waiting.isEmpty {
            condition.unlock()
            return false
        }
        let end = Date(timeIntervalSinceNow: Self.patience)
        while !isFinished, condition.wait(until: end) {}
        let entries = waiting
        waiting = []
        isWriting = true
        condition.unlock()
        do throws(FileError) { try writer.append(entries) } catch { failed("\(error)") }
        condition.withLock {
            isWriting = false
            condition.broadcast()
        }
        return true
    }
}
