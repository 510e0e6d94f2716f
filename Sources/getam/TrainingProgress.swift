import Explorer
import Foundation
import Training

/// How far a run is: on the screen where it is watched, else a line on standard error every so often.
final class TrainingProgress {
    /// Nil where the run is not watched.
    private let screen: TrainingScreen?
    private var line = StatusLine.everySoOften
    private var pace: TrainingPace
    /// Pictures whose failure has been told.
    private var told: Set<String> = []

    init(_ trainer: Trainer, screen: TrainingScreen?) {
        self.screen = screen
        pace = TrainingPace(from: trainer.step, batch: trainer.batch)
    }

    /// Takes a step.
    func show(_ step: Trainer.Progress, _ trainer: Trainer) {
        for failure in step.unreadable { say("\(failure); left out") }
        guard trainer.writes else { return }
        if !step.skipped.isEmpty { say("step \(step.step): the loss is no number, left out: \(ClassMatch.some(step.skipped))") }
        let pace = pace.take(step.step, of: step.steps)
        if let screen {
            screen.tell(.stepped(TrainingFigures(
                step: step.step, values: step.figures.map { TrainingFigure($0.name, $0.value) }, rate: pace?.rate, left: pace?.left)))
            return screen.look(trainer)
        }
        guard line.isDue else { return }
        var text = "step \(step.step)/\(step.steps)  loss \(String(format: "%.4f", step.loss))"
        if let pace { text += String(format: "  %.1f pictures a second", pace.rate) + "  \(Numbers.duration(pace.left)) left" }
        line.show(text)
    }

    /// Shows how far the judging is.
    func show(validated done: Int, of count: Int) {
        screen?.tell(.began(.judging(done, of: count)))
        if screen == nil, line.isDue { line.show("picture \(done)/\(count) of those that do not train") }
    }

    /// Shows how many pseudo labels are made.
    func showLabels(_ made: Int, of count: Int) {
        screen?.tell(.began(.labeling(made, of: count)))
        if screen == nil, line.isDue { line.show("pseudo labels \(made)/\(count)") }
    }

    /// Forgets how fast the run was before a pause.
    func goOn(at step: Int) { pace.restart(at: step) }

    /// A remark, which stands on standard error when the screen is gone.
    private func say(_ text: String) {
        screen?.tell(.said(text), isUrgent: true)
        Report.line(text)
    }

    /// The figures on pictures that do not train.
    func say(_ validation: Validation.Figures) {
        for failure in validation.leftOut where told.insert(failure.path).inserted { say("--validate: \(failure); left out") }
        let mean = validation.report.mean.map { String(format: "mAP %.4f", $0) } ?? "no mAP"
        let count = validation.report.images
        say("step \(validation.step): \(mean) on \(count) \(count == 1 ? "picture that does" : "pictures that do") not train")
    }
}
