import GETAM

/// `getam evaluate --labels`: a classifier's scores against image-level labels.
struct PrecisionEvaluation {
    let pictures: PictureOptions
    /// The label file, or the folder of annotations.
    let labels: String
    let scoring: ScoringOptions
    let input: EvaluationInputOptions
    let style: EvaluationText.Style
    let model: CheckpointOption
    /// Threads of each job.
    let threads: Int

    func run() throws {
        let list = try pictures.chosen()
        try list.checkNames()
        list.remarks.forEach(Report.line)
        let loaded = try model.load(), configuration = loaded.configuration
        guard configuration.head != .none else { throw ModelError.noHead }
        let classes = try ComparedClasses(input.classList.choice, only: input.chosenNames, configuration: configuration)
        let source = try LabelSource.read(
            path: labels, classes: classes.names + configuration.classNames, of: PictureNames(list.known))
        let labeled = try LabeledPictures(list.pictures, source, path: labels, find: classes.place)
        try labeled.check(path: labels, classes: classes.names, role: "a class of the model and the class list")
        if !classes.lacking.isEmpty {
            Report.line("the model lacks \(classes.lacking.count) of the class list's classes, which do not count: \(ClassMatch.some(classes.lacking))")
        }
        let part = labeled.entries.map(\.picture)
        let (models, plan) = try scoring.batch.engines(for: part.count, threads: threads) {
            VisionTransformer(loaded.parameters, compute: $0)
        } need: { _ in try scoring.input.need(configuration) }
        let work = ScoreWork(labeled.entries, logits: classes.logits, input: scoring.input)
        let summary = PictureBatch(part, work, resumes: false).run(models)
        try summary.report(
            "compared", pictures: part.count, jobs: models.count, threads: threads,
            remarks: plan.remarks + labeled.remarks("that the model or the class list lacks"))
        // Figures over a part of the pictures, chosen by an interrupt, would be figures of nothing.
        if summary.isComplete, summary.made > 0 {
            try PrecisionText(
                report: work.report(of: part), classes: classes, style: style, withoutEntry: labeled.withoutEntry.count,
                failed: summary.failures.count + summary.labelMaps.count
            ).print()
        }
        try summary.check("compared", canResume: false)
    }
}
