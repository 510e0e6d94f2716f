/// Why a terminal cannot be used; the description is one line saying what to do.
public enum TerminalError: Error, Sendable, Hashable, CustomStringConvertible {
    case notATerminal(String)
    case noName
    case unknownTerminal(String)
    case noPipe(code: Int32)
    case tooPoor(String)

    public var description: String {
        switch self {
        case .notATerminal(let stream):
            "\(stream) is not a terminal: run the explorer in one"
        case .noName:
            "TERM is not set: set it to the name of the terminal, for example TERM=xterm-256color"
        case .unknownTerminal(let name):
            "TERM=\(name) is not known on this machine: set TERM to a known one, for example TERM=xterm-256color"
        case .noPipe(let code):
            "cannot open a pipe (error \(code)): too many open files"
        case .tooPoor(let name):
            "TERM=\(name) cannot move the cursor: set TERM to what the terminal really is"
        }
    }
}
