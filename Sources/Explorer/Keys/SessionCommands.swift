extension Command {
    /// The commands that sessions are made of beside all others, and that write and replay them.
    static let sessionCommands: [Command] = [
        Command("session", "save FILE|play FILE", "write what was done as command lines, or do what a file's lines say",
                path: .afterWord, candidates: { _ in ["save", "play"] }) {
            (text, _) throws(CommandError) in
            let word = String(text.prefix { $0 != " " })
            let path = String(text.dropFirst(word.count).drop { $0 == " " })
            guard word == "save" || word == "play" else { throw CommandError("session: “\(word)” is none of save, play") }
            guard !path.isEmpty else { throw CommandError("session \(word): a file is needed, such as session.txt") }
            return word == "save" ? .saveSession(path: path) : .playSession(path: path)
        },
        Command("snap", "[FILE.txt|FILE.ansi]",
                "write the screen as text, without colors or with; in a session that is played, alone, print it", path: .whole) {
            (text, _) throws(CommandError) in
            guard text.isEmpty || [".txt", ".ansi"].contains(where: text.hasSuffix) else {
                throw CommandError("snap: \(text): name the file .txt, or .ansi for colors")
            }
            return .snap(path: text.isEmpty ? nil : text)
        },
        Command("press", "KEY …", "press keys, named as the help names them: j, ^L or Ctrl-L, space, Enter, Up", isWhole: true) {
            (text, _) throws(CommandError) in
            let words = text.split(separator: " ").map(String.init)
            if words.isEmpty { throw CommandError("press: a key is needed, such as j or Enter") }
            return .press(try words.map { word throws(CommandError) in
                guard let key = Key(named: word) else { throw CommandError("press: “\(word)” is no key") }
                return key
            })
        },
        Command("type", "TEXT", "type into the line that is open", isWhole: true) { (text, _) throws(CommandError) in
            if text.isEmpty { throw CommandError("type: a text is needed") }
            return .edit(.insert(text))
        },
        Command("click", "BUTTON COLUMN ROW", "press a button of the mouse at a cell of the screen, counted from 0: " + buttons,
                isWhole: true,
                candidates: { _ in Event.MouseButton.allCases.map(\.rawValue) }) { (text, _) throws(CommandError) in
            let words = text.split(separator: " ")
            guard words.count == 3, let button = Event.MouseButton(rawValue: String(words[0])), let column = cell(words[1]),
                let row = cell(words[2])
            else {
                throw CommandError("click: “\(text)” is no button (\(buttons)), column and row")
            }
            return .mouse(button, column: column, row: row)
        },
        Command("drag", "COLUMN ROW", "move the mouse to a cell with its left button held", isWhole: true) { (text, _) throws(CommandError) in
            let words = text.split(separator: " ")
            guard words.count == 2, let column = cell(words[0]), let row = cell(words[1]) else {
                throw CommandError("drag: “\(text)” is no column and row")
            }
            return .drag(column: column, row: row)
        },
        Command("screen", "COLUMNS ROWS", "the size of the screen, where a session is played without a terminal", isWhole: true) {
            (text, _) throws(CommandError) in
            let words = text.split { $0 == " " || $0 == "x" || $0 == "×" }
            guard words.count == 2, let columns = cell(words[0]), let rows = cell(words[1]), columns > 0, rows > 0 else {
                throw CommandError("screen: “\(text)” is no pair of columns and rows up to 1000")
            }
            return .setScreen(columns: columns, rows: rows)
        },
        Command("yes", "the answer to what is asked", isWhole: true, .answer(true)),
        Command("no", "the answer to what is asked", isWhole: true, .answer(false)),
    ]

    private static let buttons = Event.MouseButton.allCases.map(\.rawValue).joined(separator: ", ")

    private static func cell(_ text: Substring) -> Int? {
        guard let value = Int(text), (0...1000).contains(value) else { return nil }
        return value
    }
}
