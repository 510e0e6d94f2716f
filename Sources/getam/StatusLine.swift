import Files
import Foundation

/// A line on a terminal's standard error that is drawn over; on a terminal without a cursor now and then a line; elsewhere
/// nothing.
struct StatusLine {
    private let isTerminal = StandardStream.error.isTerminal
    private let hasCursor: Bool
    private var shown = ""
    private var last = -Double.infinity

    init() { hasCursor = (Environment.value("TERM") ?? "dumb") != "dumb" }

    /// Whether the line may be drawn anew: some times a second, without a cursor every ten seconds.
    var isDue: Bool { isTerminal && Timings.now() - last > (hasCursor ? 150 : 10_000) && StandardStream.error.isReady }

    /// The terminal's width.
    var columns: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// Draws the line, cut to the terminal's width.
    mutating func show(_ text: String) {
        last = Timings.now()
        let text = String(text.prefix(max(columns - 1, 1)))
        // Only what changed is sent.
        guard text != shown else { return }
        shown = text
        Report.write(hasCursor ? "\r\(text)\u{1B}[K" : "\(text)\n")
    }

    /// Takes the line away.
    mutating func finish() {
        guard isTerminal, hasCursor, !shown.isEmpty else { return }
        shown = ""
        Report.write("\r\u{1B}[K")
    }
}
