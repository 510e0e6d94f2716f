import Explorer
import GETAM

/// What `getam review` says of a review.
struct ReviewText {
    /// As JSON.
    struct Figures: Encodable {
        let pictures: Int
        let accepted: Int
        let rejected: Int
        let flagged: Int
        let undecided: Int
        let noted: Int
        let changed: Int
        let seconds: Double
        let secondsPerDecision: Double?
    }

    private let counts: ReviewCounts
    private let log: ReviewLog
    private let path: String

    init(_ log: ReviewLog, _ path: String) { (self.log, self.path, counts) = (log, path, ReviewCounts(log.entries)) }

    var figures: Figures {
        Figures(
            pictures: counts.total, accepted: counts.accepted, rejected: counts.rejected, flagged: counts.flagged, undecided: counts.undecided,
            noted: counts.noted, changed: counts.changed, seconds: counts.seconds, secondsPerDecision: counts.pace)
    }

    var text: String {
        var lines = ["\(path.printable): \(counts.total) \(counts.total == 1 ? "picture" : "pictures")"]
        func row(_ name: String, _ count: Int) { lines.append(name + String(repeating: " ", count: 12 - name.count) + "\(count)") }
        for (decision, count) in [(ReviewDecision.accept, counts.accepted), (.reject, counts.rejected), (.flag, counts.flagged), (.undecided, counts.undecided)] {
            row(decision.title, count)
        }
        row("noted", counts.noted)
        row("changed", counts.changed)
        var time = "\(Numbers.duration(counts.seconds)) spent"
        if let pace = counts.pace { time += ", \(Numbers.duration(pace)) a decision" }
        lines.append(time)
        if log.isTorn { lines.append("the last line was cut short and does not count") }
        return lines.joined(separator: "\n") + "\n"
    }
}
