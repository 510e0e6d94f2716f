/// A line that is being typed.
public struct Prompt: Sendable, Equatable {
    enum Kind: Sendable, Hashable {
        case command, find
        /// The words that rows of the list of keys and commands must have.
        case palette
        case exportPath(ExportKind)
        /// The label file for the marks, and how the explorer ends then.
        case marksPath(MarksRequest.End?)
        /// Of the picture, and of the queue.
        case note, queueFilter
    }

    let kind: Kind
    public private(set) var text: [Character]
    /// Characters before the cursor.
    public private(set) var cursor: Int
    /// What `tab` goes through, and where it stands.
    var completions: [String] = []
    var completionIndex: Int?
    /// Where in the history it stands; `nil` is the line being typed, kept in `draft`.
    var historyIndex: Int?
    var draft: [Character] = []

    init(_ kind: Kind, text: String = "") {
        self.kind = kind
        self.text = Array(text)
        cursor = self.text.count
    }

    var string: String { String(text) }

    var label: String {
        switch kind {
        case .command: ":"
        case .find: "/"
        case .palette: "› "
        case .exportPath(let kind): "export \(kind.title) to: "
        case .marksPath: "save marks to: "
        case .note: "note: "
        case .queueFilter: "pictures: "
        }
    }

    mutating func replace(with line: String) {
        text = Array(line)
        cursor = text.count
    }

    /// Applies an edit that concerns the text alone.
    mutating func apply(_ edit: Edit) {
        switch edit {
        case .insert(let string):
            let added = Array(DisplayText.sanitized(string))
            guard text.count + added.count <= 4096 else { return }
            text.insert(contentsOf: added, at: cursor)
            cursor += added.count
        case .deleteBackward:
            if cursor > 0 {
                cursor -= 1
                text.remove(at: cursor)
            }
        case .deleteForward:
            if cursor < text.count { text.remove(at: cursor) }
        case .deleteWord:
            var start = cursor
            while start > 0, text[start - 1] == " " { start -= 1 }
            while start > 0, text[start - 1] != " " { start -= 1 }
            text.removeSubrange(start..<cursor)
            cursor = start
        case .deleteLine:
            text.removeSubrange(0..<cursor)
            cursor = 0
        case .left: cursor = max(cursor - 1, 0)
        case .right: cursor = min(cursor + 1, text.count)
        case .start: cursor = 0
        case .end: cursor = text.count
        case .complete, .history, .accept: return
        }
        completions = []
        completionIndex = nil
    }
}
