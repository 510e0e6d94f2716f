import ArgumentParser
import Explorer
import Files

/// The explorer's options for sessions: what was done, as lines.
struct SessionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Write what is done to a file, as command lines; one that exists is not touched.", valueName: "file"),
        completion: .file())
    var record: String?
    @Option(
        help: ArgumentHelp("Do what a session's lines say, without a terminal, and print the screen as text.", valueName: "file"),
        completion: .file())
    var play: String?
    @Option(help: ArgumentHelp("With --play: write what it prints to a file.", valueName: "file"), completion: .file())
    var snapshot: String?
    @Option(help: ArgumentHelp("With --play: columns of the screen. (default: the session's, 80)", valueName: "n"))
    var columns: Int?
    @Option(help: ArgumentHelp("With --play: rows of the screen. (default: the session's, 24)", valueName: "n"))
    var rows: Int?

    @Flag(help: "Take commands from standard input, a line each, and answer in sentences: no boxes, no screen of its own.")
    var plain = false

    func validate() throws {
        if plain, play != nil { throw ValidationError("--plain takes commands from standard input, --play from a file: give one.") }
        let ofPlay = [("--snapshot", snapshot != nil), ("--columns", columns != nil), ("--rows", rows != nil)]
        for (option, isGiven) in ofPlay where isGiven && play == nil {
            throw ValidationError("\(option) goes with --play.")
        }
        for (option, number) in [("--columns", columns), ("--rows", rows)] {
            guard let number, !(1...1000).contains(number) else { continue }
            throw ValidationError("\(option) \(number): from 1 to 1000.")
        }
    }

    /// The lines to play; a size that is asked for goes before those that they say.
    func lines() throws -> [Script.Line] {
        guard let play else { return [] }
        let lines = try SessionFile.read(play)
        return columns == nil && rows == nil ? lines : lines.filter { !$0.text.hasPrefix("screen ") }
    }

    /// The file that is written while work goes on.
    func recording(_ state: ExplorerState) throws -> SessionRecord? { try record.map { try SessionRecord(path: $0, state.session) } }
}

/// A session in a file, which grows while it is made.
final class SessionRecord {
    private let path: String
    private let file: AppendedFile
    private var written = 0
    private var hasFailed = false

    /// - Throws: `FileError` where something stands at the path, or nothing can.
    init(path: String, _ session: Session) throws {
        guard !AtomicFile.exists(path) else { throw FileError(.blocked, path: path, "is there already; name another file to record") }
        self.path = path
        file = try AppendedFile(path: path, keeping: 0)
        try file.append(session.opening.map { $0 + "\n" }.joined())
    }

    /// Writes what was done since.
    ///
    /// - Parameter isOver: whether no more is to come, and the last line is final too.
    func follow(_ session: Session, isOver: Bool = false) {
        let end = session.lines.count - (isOver ? 0 : 1)
        guard written < end, !hasFailed else { return }
        do throws(FileError) {
            try file.append(session.lines[written..<end].map { $0 + "\n" }.joined())
            written = end
        } catch {
            // Work goes on without it; it is told at the end.
            hasFailed = true
            Notes.add("\(error); what was done after that is not recorded")
        }
    }
}
