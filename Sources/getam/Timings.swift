import Foundation

/// Milliseconds of each stage, for `--timings`.
struct Timings {
    /// In the order they are printed.
    enum Stage: String, CaseIterable { case load, decode, forward, backward, map, total }

    private var samples: [Stage: [Double]] = [:]

    /// Now, in milliseconds of a clock that never steps.
    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
    }

    /// Milliseconds since a moment of ``now()``, with three decimals.
    static func since(_ begin: Double) -> Double { ((now() - begin) * 1000).rounded() / 1000 }

    mutating func add(_ stage: Stage, _ milliseconds: Double) { samples[stage, default: []].append(milliseconds) }

    /// Runs `body` and adds the time it took to `stage`.
    mutating func measure<R>(_ stage: Stage, _ body: () throws -> R) rethrows -> R {
        let start = Self.now()
        let result = try body()
        add(stage, Self.now() - start)
        return result
    }

    /// One flat JSON object: the median of each stage that was measured, with three decimals.
    var json: String {
        let parts = Stage.allCases.compactMap { stage -> String? in
            guard let sorted = samples[stage]?.sorted() else { return nil }
            let middle = sorted.count / 2
            let median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
            return "\"\(stage.rawValue)\":\((median * 1000).rounded() / 1000)"
        }
        return "{\(parts.joined(separator: ","))}"
    }

    /// Writes ``json`` as one line on standard error.
    func print() { Report.write(json + "\n") }
}
