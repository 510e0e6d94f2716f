/// Command lines to be run one after the other, each once what it acts on is there.
public struct Script: Sendable, Equatable {
    /// A line, and where it stands in the file that it came from.
    public struct Line: Sendable, Equatable {
        public let text: String
        public let number: Int?

        public init(_ text: String, number: Int? = nil) {
            self.text = text
            self.number = number
        }
    }

    /// Why lines were not followed to their end.
    public struct Failure: Sendable, Equatable {
        /// The number of the line, of one that came from a file.
        public let number: Int?
        /// The line that could not be followed, and why; those behind it were not run.
        public let text: String
    }

    /// Those that are still to come.
    var lines: [Line] = []
    /// Whether what the lines ask for is still to come.
    var isUnderWay = false
    /// Whether work begins with what the lines make: nothing of it is to be undone or saved.
    var isOpening = false
    /// How many files of lines were read into it: more than a few call each other.
    var filesRead = 0
    /// The line run last, and whether it typed or clicked.
    var last: Line?
    var isByHand = false
    public internal(set) var failure: Failure?
}

extension ExplorerState {
    /// Has lines run as if they were typed, from the first picture on. For a state that has not been started.
    public mutating func begin(with lines: [Script.Line]) { script = Script(lines: lines, isUnderWay: !lines.isEmpty, isOpening: true) }

    /// Puts lines before those that are still to come.
    mutating func insert(_ lines: [Script.Line]) {
        if !script.isUnderWay { script = Script() }
        script.lines.insert(contentsOf: lines, at: 0)
        script.isUnderWay = true
    }

    /// Runs the lines whose turn has come.
    ///
    /// - Parameters:
    ///   - action: what happened.
    ///   - effects: what it led to, to which that of the lines is added.
    mutating func followScript(_ action: Action, _ effects: inout [Effect]) {
        guard script.isUnderWay else { return }
        if action.answersFiles { noteFailure(of: "", nil) }
        while script.isUnderWay, work == nil, figureOrder == nil, filesUnderWay == 0, !isBenchBusy,
            record != nil || notes[picture] != nil || pictures.isEmpty {
            // What a change let flash up has gone out before the next line.
            flash = nil
            guard !script.lines.isEmpty else {
                script.isUnderWay = false
                if script.isOpening {
                    undoStack = []
                    looks = LookHistory()
                    savedMarks = adjustments.marks
                }
                return
            }
            follow(script.lines.removeFirst(), &effects)
        }
    }

    private mutating func follow(_ line: Script.Line, _ effects: inout [Effect]) {
        let action = try? Command.action(of: line.text, in: self)
        // Between keys, too, what one asks for comes before the next.
        if case .press(let keys)? = action, keys.count > 1 {
            return script.lines.insert(contentsOf: keys.map { Script.Line("press " + $0.plainName, number: line.number) }, at: 0)
        }
        let before = effects.count, told = noticed
        let isTyping = action?.isTyping == true, isByHand = action?.isByHand == true
        // Keys go on with what was begun, which may be looked at; commands leave it.
        if !isTyping { mode = .browse }
        (script.last, script.isByHand) = (line, isByHand)
        run(line.text, &effects)
        settle(&effects)
        filesUnderWay += effects[before...].count { $0.isOfFiles }
        // What is wrong with a label file is no fault of the line.
        if noticed == told, !isByHand, !isTyping { noteFailure(of: line.text, line.number) }
    }

    /// Ends the script where something could not be done.
    private mutating func noteFailure(of line: String, _ number: Int?) {
        // What keys have begun may ask, or fail, before their end.
        if line.isEmpty, script.isByHand { return }
        switch mode {
        case .confirmOverwrite(let request): refuse("\(request.path) exists; nothing written")
        case .confirmQuit, .prompt, .chooseExport, .chooseCopy, .chooseLock:
            // An answer of files finds what keys have begun.
            if !line.isEmpty { refuse("asks for more, which a line must say") }
        case .browse, .palette, .report: break
        }
        guard let said = message, said.tone != .plain else { return }
        mode = .browse
        let text = line.isEmpty ? said.text : "“\(DisplayText.sanitized(line))”: \(said.text)"
        script = Script(failure: Script.Failure(number: number ?? script.last?.number, text: text))
        complain(text)
    }
}

extension Action {
    /// Whether it goes on with what is being typed or asked, or looks at it.
    fileprivate var isTyping: Bool {
        switch self {
        case .press, .edit, .snap: true
        default: false
        }
    }

    /// Whether it is what hands do, which may well have no effect.
    fileprivate var isByHand: Bool {
        switch self {
        case .press, .edit, .mouse, .drag: true
        default: false
        }
    }

    /// Whether it is the answer to an effect that concerns files.
    var answersFiles: Bool {
        switch self {
        case .exported, .exportExists, .exportFailed, .marksSaved, .presetLoaded, .modelLoaded, .classAdded, .picturesOpened, .noPictures, .sessionRead,
            .folderListed, .delivered:
            true
        default: false
        }
    }
}

extension Effect {
    /// Whether it is answered once, when a file was read or written.
    var isOfFiles: Bool {
        switch self {
        case .export, .writeFigure, .saveMarks, .saveSession, .readSession, .listFolder, .loadPreset, .loadModel, .addClass, .find, .deliver: true
        case .snap(_, let path): path != nil
        default: false
        }
    }
}
