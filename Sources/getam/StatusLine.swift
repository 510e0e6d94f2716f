import Files
import Foundation

/// A line on a terminal's standard error that is drawn over; on a terminal without a cursor now and then a line; elsewhere
/// nothing, or where that is wanted now and then a line, too.
struct StatusLine {
    private let isShown: Bool
    private let hasCursor: Bool
    private var shown = ""
    private var last = -Double.infinity
    /// Milliseconds from one line to the next.
    private var period: Double
    private let longestPeriod: Double

    init() {
        isShown = StandardStream.error.isTerminal
        hasCursor = (Environment.value("TERM") ?? "dumb") != "dumb"
        period = hasCursor ? 150 : 10_000
        longestPeriod = period
    }

    /// Lines below each other wherever they go, the first after two seconds, then ever more rarely, at last every half minute.
    static var everySoOften: StatusLine { StatusLine(period: 2000, longest: 30_000) }

    private init(period: Double, longest: Double) {
        (isShown, hasCursor, last) = (true, false, Timings.now())
        (self.period, longestPeriod) = (period, longest)
    }

    /// Whether the line may be drawn anew: some times a second, without a cursor every ten seconds.
    var isDue: Bool { isShown && Timings.now() - last > period && StandardStream.error.isReady }

    /// The terminal's width.
    var columns: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// Draws the line, cut to the terminal's width.
    mutating func show(_ text: String) {
        last = Timings.now()
        period = min(2 * period, longestPeriod)
        let text = String(text.prefix(max(columns - 1, 1)))
        // Only what changed is sent.
        guard text != shown else { return }
        shown = text
        Report.write(hasCursor ? "\r\(text)\u{1B}[K" : "\(text)\n")
    }

    /// Takes the line away.
    mutating func finish() {
        guard isShown, hasCursor, !shown.isEmpty else { return }
        shown = ""
        Report.write("\r\u{1B}[K")
    }
}
