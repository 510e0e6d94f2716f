/// How fast a run is, by its last minute: what it did before, such as the steps without a decoder, tells nothing of what is left.
struct TrainingPace {
    private let batch: Int
    /// Milliseconds and steps, about a second from one to the next.
    private var marks: [(time: Double, step: Int)]

    /// - Parameter batch: pictures a step.
    init(from step: Int, batch: Int) {
        self.batch = batch
        marks = [(Timings.now(), step)]
    }

    /// Forgets what was before a time that does not count, such as a pause.
    mutating func restart(at step: Int) { marks = [(Timings.now(), step)] }

    /// Takes a step. - Returns: pictures a second, and seconds to the last step; nil before anything can be told.
    mutating func take(_ step: Int, of steps: Int) -> (rate: Double, left: Double)? {
        let now = Timings.now()
        if now - (marks.last?.time ?? 0) > 1000 { marks.append((now, step)) }
        if marks.count > 60 { marks.removeFirst() }
        guard let first = marks.first, step > first.step, now > first.time else { return nil }
        let seconds = (now - first.time) / 1000, taken = Double(step - first.step)
        return (taken * Double(batch) / seconds, seconds / taken * Double(steps - step))
    }
}
