import Synchronization

/// Remarks for the user (what was assumed, what was ignored), kept until the command has succeeded.
enum Notes {
    private static let kept = Mutex<[String]>([])

    static func add(_ note: String) { kept.withLock { $0.append(note) } }

    /// Does what may fail; where it does, what it noted is forgotten.
    static func undoing<Result>(_ body: () throws -> Result) rethrows -> Result {
        let before = kept.withLock { $0.count }
        do { return try body() } catch {
            kept.withLock { $0.removeSubrange(min(before, $0.count)...) }
            throw error
        }
    }

    /// A failing command says one line only.
    static func discard() { kept.withLock { $0 = [] } }

    /// Writes what is kept to standard error.
    static func flush() {
        let notes = kept.withLock { notes in
            defer { notes = [] }
            return notes
        }
        for note in notes { Report.line(note) }
    }
}
