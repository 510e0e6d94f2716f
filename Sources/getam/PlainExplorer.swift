import Explorer
import Files
import Foundation

/// The explorer in sentences: commands come in from standard input, a line each, and answers go out as lines of text.
struct PlainExplorer {
    private let explorer: HeadlessExplorer
    private let record: SessionRecord?
    private let isTyped = isatty(STDIN_FILENO) == 1
    /// What was said last of each thing shown.
    private var said: [Fact] = []
    /// Lines that were not followed.
    private var failures = 0

    init(_ explorer: HeadlessExplorer, record: SessionRecord?) {
        self.explorer = explorer
        self.record = record
    }

    /// Follows lines up to the end of input, or the one that leaves.
    ///
    /// - Throws: where lines of a script were not followed, once all are through.
    mutating func run() throws {
        try explorer.take(.start)
        try answer()
        if let failure = explorer.state.script.failure { throw CommandFailure(.usage, "--do \(failure.text)") }
        if isTyped { try Output.line("A command a line, please: describe says what is shown, help lists commands, quit leaves.") }
        while !explorer.isOver {
            if isTyped { try Output.write("> ") }
            guard let line = readLine() else { break }
            guard !line.allSatisfy(\.isWhitespace), !line.hasPrefix("#") else { continue }
            try follow(line)
            record?.follow(explorer.state.session)
        }
        record?.follow(explorer.state.session, isOver: true)
        if !explorer.isOver, explorer.state.hasUnsavedMarks { Notes.add("the marks were not saved") }
        guard failures > 0, !isTyped else { return }
        throw CommandFailure(.badData, "\(failures) \(failures == 1 ? "line was" : "lines were") not followed")
    }

    private mutating func follow(_ line: String) throws {
        let word = line.split(separator: " ").first.map(String.init) ?? ""
        // Whatever else is said leaves a question as it was.
        if explorer.state.question != nil, word != "yes", word != "no" { try explorer.take(.cancel) }
        try explorer.take(.run(line))
        try answer()
    }

    /// Says what came of a line: its answer, what is asked, and whatever is shown now and was not before.
    private mutating func answer() throws {
        let state = explorer.state
        let lines = state.listedLines
        for line in lines { try say(line) }
        if !lines.isEmpty { try explorer.take(.cancel) }
        // What waits for an answer is not under way.
        if let message = state.message, state.question == nil || message.tone != .plain {
            if message.tone != .plain { failures += 1 }
            try say((message.tone == .failure ? "Error: " : message.tone == .warning ? "No: " : "") + message.text)
        }
        if let question = state.question {
            try say(question)
            switch state.mode {
            case .confirmOverwrite, .confirmQuit: break
            default: try explorer.take(.cancel)
            }
        }
        let now = explorer.state.sentences
        for fact in now where !said.contains(fact) { try say(fact.text) }
        said = now
    }

    private func say(_ text: String) throws {
        let sentence = text.prefix(1).uppercased() + text.dropFirst()
        try Output.line(sentence.printable + (".?!:…".contains(sentence.last ?? ".") ? "" : "."))
    }
}
