/// How many colors the screen can show. The explorer draws in 24-bit values throughout; the screen reduces them.
public enum ColorDepth: Sendable, Hashable {
    /// No color at all: pictures are drawn with characters of increasing density, text with bold and reverse.
    case mono
    case ansi16, palette256, trueColor

    /// Whether there is no color to be sure of: terminals mix the sixteen as they like.
    var isPlain: Bool { self == .mono || self == .ansi16 }
}
