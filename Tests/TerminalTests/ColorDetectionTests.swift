import Explorer
import Terminal
import Testing

@Suite struct ColorDetectionTests {
    private func detect(_ colors: Int, _ environment: [String: String], _ option: ColorDepth? = nil) -> ColorDepth {
        ColorDepth.detect(option: option, environment: environment, terminfoColors: colors)
    }

    @Test func theFirstRuleThatAppliesWins() {
        let all = ["NO_COLOR": "1", "STY": "1", "TMUX": "1", "TERM": "tmux-direct", "COLORTERM": "truecolor"]
        #expect(detect(256, all, .ansi16) == .ansi16)
        #expect(detect(256, all) == .mono)
        #expect(detect(256, all.filter { $0.key != "NO_COLOR" }) == .palette256)
        #expect(detect(256, ["TMUX": "1", "TERM": "screen-256color"]) == .trueColor)
        #expect(detect(8, ["TERM": "tmux"]) == .trueColor)
        #expect(detect(256, ["TERM": "xterm-256color", "COLORTERM": "24bit"]) == .trueColor)
        #expect(detect(256, ["TERM": "xterm-256color", "COLORTERM": "truecolor"]) == .trueColor)
        #expect(detect(1 << 24, ["TERM": "kitty-direct"]) == .trueColor)
        #expect(detect(256, ["TERM": "xterm-256color", "COLORTERM": "yes"]) == .palette256)
        #expect(detect(88, ["TERM": "rxvt-88color"]) == .ansi16)
        #expect(detect(8, ["TERM": "linux"]) == .ansi16)
    }

    @Test func poorTerminalsAndEmptyVariables() {
        #expect(detect(-1, ["TERM": "vt100", "COLORTERM": "truecolor"]) == .mono)
        #expect(detect(2, ["TERM": "odd"]) == .mono)
        #expect(detect(256, ["NO_COLOR": "", "TMUX": "", "STY": "", "TERM": "xterm-256color"]) == .palette256)
    }
}
