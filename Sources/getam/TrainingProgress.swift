import Foundation
import Training

/// How far a run is, on standard error.
struct TrainingProgress {
    private var line = StatusLine()

    /// Shows a step's figures, at most some times a second.
    mutating func show(_ step: Trainer.Progress, from first: Int, since begin: Double, batch: Int) {
        guard line.isDue else { return }
        let taken = Double(step.step - first), milliseconds = Timings.now() - begin
        var text = "step \(step.step)/\(step.steps)  loss \(String(format: "%.4f", step.loss))"
        if taken > 0, milliseconds > 0 {
            text += String(format: "  %.1f pictures a second", taken * Double(batch) / milliseconds * 1000)
            text += "  \(Progress.duration(milliseconds / taken * Double(step.steps - step.step) / 1000)) left"
        }
        line.show(text)
    }

    /// A remark on a line of its own.
    mutating func say(_ text: String) {
        line.finish()
        Report.line(text)
    }

    mutating func finish() { line.finish() }
}
