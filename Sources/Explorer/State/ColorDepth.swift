/// How many colors the screen can show. The explorer draws in 24-bit values throughout; the screen reduces them.
public enum ColorDepth: Sendable, Hashable {
    /// No color at all: pictures are drawn with characters of increasing density, text with bold and reverse.
    case mono
    case ansi16, palette256, trueColor

    /// As `--colors` has it.
    public var name: String {
        switch self {
        case .mono: "mono"
        case .ansi16: "16"
        case .palette256: "256"
        case .trueColor: "24bit"
        }
    }

    /// Whether there is no color to be sure of: terminals mix the sixteen as they like.
    var isPlain: Bool { self == .mono || self == .ansi16 }
}
