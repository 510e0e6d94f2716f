import Files
import Synchronization

/// Standard output of a batch: what each picture has to say, in the order of the list whatever the jobs.
final class OrderedOutput: Sendable {
    private struct State {
        var waiting: [Int: String] = [:]
        /// The first position whose text is not out.
        var next = 0
        var failure: (any Error & Sendable)?
    }

    private let positions: [NameKey: Int]
    private let state = Mutex(State())

    /// - Parameter names: of the pictures, each once.
    init(_ names: [String]) {
        positions = Dictionary(names.enumerated().map { (NameKey($0.element), $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    /// Takes a picture's text, and writes it once that of all before it is out.
    func post(_ text: String, of name: String) {
        guard let position = positions[NameKey(name)] else { return }
        state.withLock { state in
            state.waiting[position] = text
            while let text = state.waiting.removeValue(forKey: state.next) {
                write(text, &state)
                state.next += 1
            }
        }
    }

    /// Takes a picture's report as a line of JSON.
    func post(_ report: PictureReport) {
        do {
            post(try Output.json(report) + "\n", of: report.name)
        } catch { state.withLock { $0.failure = $0.failure ?? error } }
    }

    /// Writes what still waits because the run ended before the pictures between.
    ///
    /// - Throws: why standard output took no more.
    func finish() throws {
        try state.withLock { state in
            for position in state.waiting.keys.sorted() { write(state.waiting[position] ?? "", &state) }
            state.waiting = [:]
            if let failure = state.failure { throw failure }
        }
    }

    private func write(_ text: String, _ state: inout State) {
        guard state.failure == nil else { return }
        do { try Output.data(text) } catch { state.failure = error }
    }
}
