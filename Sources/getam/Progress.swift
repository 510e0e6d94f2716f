import Files
import Foundation

/// How far a batch is, on standard error: a bar on a terminal, nothing elsewhere.
struct Progress {
    private let total: Int
    private let begin = Timings.now()
    private let isTerminal = StandardStream.error.isTerminal
    private let hasCursor: Bool
    private var shown = ""
    private var last = -Double.infinity

    init(total: Int) {
        self.total = total
        hasCursor = (Environment.value("TERM") ?? "dumb") != "dumb"
    }

    /// Milliseconds since the beginning.
    var elapsed: Double { Timings.now() - begin }

    /// Draws the bar anew; on a terminal without a cursor, a line every ten seconds.
    mutating func show(done: Int, skipped: Int, failed: Int) {
        guard isTerminal, elapsed - last > (hasCursor ? 150 : 10_000), StandardStream.error.isReady else { return }
        last = elapsed
        var size = winsize()
        let columns = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
        let seen = done + skipped + failed
        var text = " \(seen)/\(total)"
        if let rate = Self.rate(done, elapsed) {
            text += "  \(rate) a minute"
            let left = elapsed / Double(done) * Double(total - seen) / 1000
            text += "  \(Self.duration(left)) left"
        }
        if failed > 0 { text += "  \(failed) failed" }
        let width = min(40, columns - text.count - 3)
        if width >= 5 {
            let filled = total > 0 ? width * seen / total : 0
            text = "[" + String(repeating: "=", count: filled) + String(repeating: " ", count: width - filled) + "]" + text
        }
        text = String(text.prefix(max(columns - 1, 1)))
        // Only what changed is sent.
        guard text != shown else { return }
        shown = text
        Report.write(hasCursor ? "\r\(text)\u{1B}[K" : "\(text)\n")
    }

    /// Takes the bar away.
    mutating func finish() {
        guard isTerminal, hasCursor, !shown.isEmpty else { return }
        shown = ""
        Report.write("\r\u{1B}[K")
    }

    /// Pictures a minute, in three digits; nil before the first.
    static func rate(_ count: Int, _ milliseconds: Double) -> String? {
        guard count > 0, milliseconds > 0 else { return nil }
        let rate = Double(count) / milliseconds * 60_000
        return rate < 10 ? String(format: "%.2f", rate) : rate < 100 ? String(format: "%.1f", rate) : String(format: "%.0f", rate)
    }

    /// `1:02:03`, `2:03`.
    static func duration(_ seconds: Double) -> String {
        let whole = Int(min(max(seconds, 0), 1e9).rounded())
        return whole >= 3600
            ? String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
            : String(format: "%d:%02d", whole / 60, whole % 60)
    }
}
