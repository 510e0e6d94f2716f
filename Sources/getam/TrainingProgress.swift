import Foundation
import Training

/// How far a run is, on standard error.
struct TrainingProgress {
    private var line = StatusLine()
    /// Pictures whose failure has been told.
    private var told: Set<String> = []

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

    /// Shows how far the judging is.
    mutating func show(validated done: Int, of count: Int) {
        if line.isDue { line.show("picture \(done)/\(count) of those that do not train") }
    }

    /// Shows how many pseudo labels are made.
    mutating func showLabels(_ made: Int, of count: Int) {
        guard line.isDue else { return }
        line.show("pseudo labels \(made)/\(count)")
    }

    /// A remark on a line of its own.
    mutating func say(_ text: String) {
        line.finish()
        Report.line(text)
    }

    /// The figures on pictures that do not train.
    mutating func say(_ validation: Validation.Figures) {
        for failure in validation.leftOut where told.insert(failure.path).inserted { say("--validate: \(failure); left out") }
        let mean = validation.report.mean.map { String(format: "mAP %.4f", $0) } ?? "no mAP"
        let count = validation.report.images
        say("step \(validation.step): \(mean) on \(count) \(count == 1 ? "picture that does" : "pictures that do") not train")
    }

    mutating func finish() { line.finish() }
}
