/// Command lines to be run one after the other, each once what it acts on is there.
public struct Script: Sendable, Equatable {
    /// Those that are still to come.
    var lines: [String] = []
    /// Work on files that is not answered yet.
    var filesUnderWay = 0
    /// Whether what the lines ask for is still to come.
    var isUnderWay = false
    /// The line that could not be followed, and why; those behind it were not run.
    public internal(set) var failure: String?
}

extension ExplorerState {
    /// Has lines run as if they were typed, from the first picture on. For a state that has not been started.
    public mutating func begin(with lines: [String]) { script = Script(lines: lines, isUnderWay: !lines.isEmpty) }

    /// Runs the lines whose turn has come.
    ///
    /// - Parameters:
    ///   - action: what happened.
    ///   - effects: what it led to, to which that of the lines is added.
    mutating func followScript(_ action: Action, _ effects: inout [Effect]) {
        guard script.isUnderWay else { return }
        if action.answersFiles {
            script.filesUnderWay = max(script.filesUnderWay - 1, 0)
            noteFailure(of: "")
        }
        script.filesUnderWay += effects.count { $0.isOfFiles }
        while script.isUnderWay, work == nil, figureOrder == nil, script.filesUnderWay == 0, record != nil || notes[picture] != nil || pictures.isEmpty {
            guard !script.lines.isEmpty else {
                // What the lines made is where work begins.
                script.isUnderWay = false
                undoStack = []
                savedMarks = adjustments.marks
                return
            }
            let line = script.lines.removeFirst(), before = effects.count, told = noticed
            mode = .browse
            message = nil
            run(line, &effects)
            settle(&effects)
            script.filesUnderWay += effects[before...].count { $0.isOfFiles }
            // What is wrong with a label file is no fault of the line.
            if noticed == told { noteFailure(of: line) }
        }
    }

    /// Ends the script where something could not be done.
    private mutating func noteFailure(of line: String) {
        switch mode {
        case .confirmOverwrite(let request): refuse("\(request.path) exists; nothing written")
        case .confirmQuit, .prompt, .chooseExport, .chooseCopy, .chooseLock: refuse("asks for more, which a line must say")
        case .browse, .help: break
        }
        guard let said = message, said.tone != .plain else { return }
        mode = .browse
        let text = line.isEmpty ? said.text : "“\(DisplayText.sanitized(line))”: \(said.text)"
        script = Script(failure: text)
        complain(text)
    }
}

extension Action {
    /// Whether it is the answer to an effect that concerns files.
    fileprivate var answersFiles: Bool {
        switch self {
        case .exported, .exportExists, .exportFailed, .marksSaved, .presetLoaded, .modelLoaded, .picturesOpened, .noPictures: true
        default: false
        }
    }
}

extension Effect {
    /// Whether it is answered once, when a file was read or written.
    fileprivate var isOfFiles: Bool {
        switch self {
        case .export, .writeFigure, .saveMarks, .loadPreset, .loadModel, .find: true
        default: false
        }
    }
}
