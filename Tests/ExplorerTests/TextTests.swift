import Explorer
import Testing

@Suite struct TextTests {
    @Test func widths() {
        for (text, width) in [
            ("", 0), ("cat", 3), ("日本", 4), ("한국어", 6), ("🐈", 2), ("e\u{301}", 1), ("▀─…", 3), ("ﾊﾝｶｸ", 4), ("\u{200D}", 0),
            ("ก\u{E33}", 2), ("Ａ", 2), ("👩\u{200D}🔬", 4), ("é", 1),
        ] { #expect(DisplayText.width(of: text) == width, "\(text)") }
    }

    @Test func truncation() {
        #expect(DisplayText.truncated("tabby cat", to: 9) == "tabby cat")
        #expect(DisplayText.truncated("tabby cat", to: 6) == "tabby…")
        #expect(DisplayText.truncated("日本語", to: 5) == "日本…")
        #expect(DisplayText.truncated("日本語", to: 4) == "日…")
        #expect(DisplayText.truncated("cat", to: 1) == "…")
        #expect(DisplayText.truncated("cat", to: 0) == "")
        for columns in 0..<12 {
            #expect(DisplayText.width(of: DisplayText.truncated("ab日🐈cd", to: columns)) <= columns)
        }
    }

    @Test func wrapping() {
        #expect(DisplayText.wrapped("one two three", to: 7) == ["one two", "three"])
        #expect(DisplayText.wrapped("a verylongword b", to: 6) == ["a", "veryl…", "b"])
        #expect(DisplayText.wrapped("", to: 6) == [])
        #expect(DisplayText.wrapped("日本 語", to: 4) == ["日本", "語"])
    }

    @Test func controlCharactersNeverReachTheScreen() {
        #expect(DisplayText.sanitized("a\u{1B}[31m\tb\u{202E}\u{9B}") == "a\u{FFFD}[31m b\u{FFFD}\u{FFFD}")
        #expect(DisplayText.sanitized("日本 cat") == "日本 cat")
    }

    @Test func numbers() {
        #expect(Numbers.scientific(3.42e-7) == "3.4e-07")
        #expect(Numbers.scientific(0) == "0.0e+00")
        #expect(Numbers.scientific(-9.97e12) == "-1.0e+13")
        #expect(Numbers.scientific(.leastNonzeroMagnitude) == "1.4e-45")
        #expect(Numbers.scientific(.nan) == "nan")
        #expect(Numbers.scientific(-.infinity) == "-inf")
        #expect(Numbers.scientific(123.456, digits: 3) == "1.235e+02")
        #expect(Numbers.percent(0.5) == "50.0%")
        #expect(Numbers.percent(0.9996) == "100%")
        #expect(Numbers.percent(0.0001) == "<0.1%")
        #expect(Numbers.percent(0) == "0.0%")
        #expect(Numbers.fixed(-0.001, digits: 2) == "0.00")
        #expect(Numbers.fixed(12.345, digits: 1) == "12.3")
        #expect(Numbers.bytes(999) == "999 bytes")
        #expect(Numbers.bytes(64_512) == "65 KB")
        #expect(Numbers.bytes(2_340_000) == "2.3 MB")
    }
}
