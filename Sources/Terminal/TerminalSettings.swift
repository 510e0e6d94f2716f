import Explorer
import Glibc

/// What a screen must be told from outside.
public struct TerminalSettings: Sendable {
    /// The process's environment: `TERM`, `NO_COLOR`, `STY`, `TMUX`, `COLORTERM`, `TERMINFO_DIRS`
    /// are looked at; tmux's client gets all of it.
    public var environment: [String: String]
    /// The depth the user asked for.
    public var depth: ColorDepth?
    /// The folder of our compiled terminal descriptions.
    public var descriptions: String?
    /// Whether the terminal is asked for its background: not where it was said which theme to take.
    public var asksBackground: Bool
    /// Whether the terminal is asked if it shows pixels.
    public var asksGraphics: Bool
    /// Whether frames are shown whole.
    public var isSynchronized: Bool
    public var input: Int32
    public var output: Int32

    public init(
        environment: [String: String], depth: ColorDepth? = nil, descriptions: String? = nil,
        asksBackground: Bool = true, asksGraphics: Bool = true, isSynchronized: Bool = true, input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO
    ) {
        self.environment = environment
        self.depth = depth
        self.descriptions = descriptions
        self.asksBackground = asksBackground
        self.asksGraphics = asksGraphics
        self.isSynchronized = isSynchronized
        self.input = input
        self.output = output
    }
}
