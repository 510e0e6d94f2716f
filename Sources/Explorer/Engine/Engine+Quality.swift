import Attribution
import Checkpoints
import Files
import Images
import Quality
import Synchronization
import VisionTransformer

extension Engine {
    /// Where a class truly is, kept for the questions that come of it.
    struct KnownRegion {
        let path: String
        let number: UInt8
        let region: TruthRegion
    }

    /// Says how good a map is: what the model makes of the picture as the map's patches go and come, and how the map lies on the truth.
    func judge(_ question: QualityQuestion, _ job: Job, _ model: VisionTransformer) throws {
        var answer = QualityAnswer()
        var truth: TruthRegion?
        if let number = question.number {
            do { truth = try region(of: job.path, number, question.className) } catch { answer.remarks.append("\(error)") }
        }
        // The picture whole and without any patch serve both games.
        let settings = QualitySettings(), expected = 2 * settings.steps, done = Mutex(0)
        let picture = try PerturbedPicture(
            modelInput(job, model), model: model, isCancelled: { [self] in isStale(job) },
            onPass: { [post] in
                let count = done.withLock { $0 += 1; return $0 }
                post(.progress(generation: job.generation, stage: "quality, passes", done: min(count, expected), total: expected))
            })
        let subject = QualitySubject(map: question.map, class: question.classIndex, picture: picture, truth: truth, settings: settings)
        if truth != nil { answer.overlap = try telling(&answer.remarks) { try BestOverlap().best(of: subject) } }
        if !question.isOverlap {
            if truth != nil { answer.figures = try figures([Overlap(), EnergyInside(), PointingGame()], of: subject, &answer.remarks) }
            answer.figures += try figures([Sparseness(), MapEntropy()], of: subject, &answer.remarks)
            let baseline: Baseline = PatchGameMetric(.deletion, .dropped).obstacle(for: model.configuration) == nil ? .dropped : .mean
            func curve(_ game: PatchGame) throws -> ScoreCurve? {
                try telling(&answer.remarks) {
                    try game.curve(PatchRanking(question.map), class: question.classIndex, of: picture, baseline: baseline, steps: settings.steps)
                }
            }
            answer.deletion = try curve(.deletion)
            answer.insertion = try curve(.insertion)
        }
        post(.judged(question, answer, generation: job.generation))
    }

    private func figures(
        _ metrics: [any QualityMetric], of subject: QualitySubject, _ remarks: inout [String]
    ) throws -> [QualityFigure] {
        try metrics.compactMap { metric in
            try telling(&remarks) { try metric.value(of: subject) }.map {
                let name = metric is Overlap ? "IoU at \(Numbers.fixed(Float(subject.settings.level), digits: 2))" : metric.title.lowercased()
                return QualityFigure(name: name, value: $0, preference: metric.preference)
            }
        }
    }

    /// What there is no figure of is told, and not told twice.
    private func telling<Value>(_ remarks: inout [String], _ body: () throws -> Value) throws -> Value? {
        do { return try body() } catch let error as QualityError {
            if !remarks.contains("\(error)") { remarks.append("\(error)") }
            return nil
        }
    }

    private func region(of path: String, _ number: UInt8, _ name: String) throws -> TruthRegion? {
        if let known = lastRegion, known.path == path, known.number == number { return known.region }
        guard let truth = self.settings.truth, let stored = truth.storedNumber(of: number) else { return nil }
        let size = try ImageFile.size(path: path)
        let labels = try truth.stored(of: path, width: size.width, height: size.height)
        let region = try TruthRegion(labels, class: stored, name: name)
        lastRegion = KnownRegion(path: path, number: number, region: region)
        return region
    }
}
