import Explorer
import Terminal
import Testing

/// Names of terminals, and what is known of them without a description.
@Suite struct TerminalFamilyTests {
    /// `TERM` tells of 24-bit colors where `COLORTERM` did not come along.
    @Test(arguments: ["xterm-kitty", "kitty", "foot", "foot-extra", "alacritty", "xterm-ghostty", "ghostty", "wezterm", "contour", "xterm-direct"])
    func emulatorsOfTrueColor(_ terminal: String) {
        #expect(ColorDepth.detect(environment: ["TERM": terminal], terminfoColors: 256) == .trueColor)
        #expect(ColorDepth.detect(environment: ["TERM": terminal, "NO_COLOR": "1"], terminfoColors: 256) == .mono)
    }

    @Test(arguments: ["xterm-256color", "konsole-256color", "st-256color", "rxvt-unicode-256color", "kitten-256color"])
    func othersSayIt(_ terminal: String) {
        #expect(ColorDepth.detect(environment: ["TERM": terminal], terminfoColors: 256) == .palette256)
        #expect(ColorDepth.detect(environment: ["TERM": terminal, "COLORTERM": "truecolor"], terminfoColors: 256) == .trueColor)
    }
}
