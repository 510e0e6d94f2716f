import Synchronization

/// Remarks for the user (what was assumed, what was ignored), kept until the command has succeeded.
enum Notes {
    private static let kept = Mutex<[String]>([])

    static func add(_ note: String) { kept.withLock { $0.append(note) } }

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
