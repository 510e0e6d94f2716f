import Explorer
import Foundation

/// How far a batch is, on standard error: a bar on a terminal, nothing elsewhere.
struct Progress {
    private let total: Int
    private let begin = Timings.now()
    private var line = StatusLine()

    init(total: Int) { self.total = total }

    /// Milliseconds since the beginning.
    var elapsed: Double { Timings.now() - begin }

    /// Draws the bar anew.
    ///
    /// - Parameter underway: how much is done of pictures that are not, each counting at most 1.
    mutating func show(done: Int, skipped: Int, failed: Int, underway: Double = 0) {
        guard line.isDue else { return }
        let seen = done + skipped + failed, part = Double(seen) + underway
        var text = " \(seen)/\(total)"
        if let rate = Self.rate(done, elapsed) { text += "  \(rate) a minute" }
        if let left = Self.left(done: Double(done) + underway, of: Double(total - seen) - underway, elapsed) { text += "  \(Numbers.duration(left)) left" }
        if failed > 0 { text += "  \(failed) failed" }
        let width = min(40, line.columns - text.count - 3)
        if width >= 5 {
            let filled = total > 0 ? min(Int(Double(width) * part / Double(total)), width) : 0
            text = "[" + String(repeating: "=", count: filled) + String(repeating: " ", count: width - filled) + "]" + text
        }
        line.show(text)
    }

    /// Takes the bar away.
    mutating func finish() { line.finish() }

    /// Seconds that the rest of the pictures will take; nil before a tenth of one is done.
    ///
    /// - Parameter milliseconds: that `done` pictures took.
    static func left(done: Double, of rest: Double, _ milliseconds: Double) -> Double? {
        done >= 0.1 ? milliseconds / done * max(rest, 0) / 1000 : nil
    }

    /// Pictures a minute, in three digits; nil before the first.
    static func rate(_ count: Int, _ milliseconds: Double) -> String? {
        guard count > 0, milliseconds > 0 else { return nil }
        let rate = Double(count) / milliseconds * 60_000
        return rate < 10 ? String(format: "%.2f", rate) : rate < 100 ? String(format: "%.1f", rate) : String(format: "%.0f", rate)
    }

}
