import GETAM
import Synchronization

/// The pictures' classes and where they truly are.
struct TunedSubjects: Sendable {
    let source: LabelSource
    let match: ClassMatch
    let files: CompanionFiles
    let truths: TruthMaps

    /// Why figures may be other than meant.
    var hints: [String] { [truths.survey.hint("true label maps", fate: "does not count", classes: match.list)].compactMap { $0 } }
}

/// The pictures of a search, labeled by one preset after another.
final class TunedPictures: Sendable {
    /// One of them.
    fileprivate struct Subject: Sendable {
        let picture: PictureList.Picture
        let stages: LabelStages
        let truth: IndexedImage
    }

    private let subjects: [Subject]
    /// Background and the classes of the list.
    private let count: Int
    private let models: [VisionTransformer]

    /// - Parameters:
    ///   - limit: bytes that may be kept of each.
    ///   - engines: one a job, of any preset.
    /// - Throws: where a picture, its classes or its truth are not there.
    init(_ subjects: TunedSubjects, _ pictures: [PictureList.Picture], limit: Int, engines: [LabelPipeline]) throws {
        count = subjects.truths.count
        models = engines.map(\.model)
        self.subjects = try pictures.map { picture in
            let path = try picture.path(), name = picture.name
            guard let names = try subjects.source.names(of: name) else {
                throw FileError(.invalid, path: path, "the labels have no entry for it")
            }
            var found: [ClassMatch.Found] = []
            for label in names {
                if let known = try subjects.match.find(label), !found.contains(where: { $0.number == known.number }) { found.append(known) }
            }
            let file = try subjects.files.file(of: name), truth = try subjects.truths.labels(file), size = try ImageFile.size(path: path)
            guard size == (truth.width, truth.height) else {
                throw FileError(.invalid, path: file, "is \(truth.width)×\(truth.height) pixels, but the picture is \(size.width)×\(size.height)")
            }
            return Subject(
                picture: picture,
                stages: LabelStages(path: path, classes: found.map(\.logit), labels: found.map(\.number), limit: max(limit - truth.indices.count, 0)),
                truth: truth)
        }
    }

    /// The mean IoU of the labels that a preset makes of some pictures, by their places, 0 to 1; nil where there is no pixel to compare.
    ///
    /// - Throws: `LabelError` where the preset does not fit the model; a failure where a picture fails or the run is interrupted.
    func score(_ preset: Preset, on places: [Int], _ what: String) throws -> Double? {
        let pipelines = try models.map { try LabelPipeline(model: $0, preset: preset) }
        let work = TuneWork(places.map { subjects[$0] }, classes: count)
        let batch = PictureBatch(places.map { subjects[$0].picture }, work, resumes: false)
        let summary = batch.run(pipelines)
        if let obstacle = summary.obstacle { throw obstacle }
        if let failure = summary.failures.min(by: { $0.position < $1.position }) { throw CommandFailure(failure.status, failure.text) }
        try summary.check("labeled")
        return EvaluationReport(work.matrix).meanIoU
    }
}

/// `getam tune`'s way from a picture to its part of a preset's figure.
private final class TuneWork: PictureWork {
    private let subjects: [NameKey: TunedPictures.Subject]
    private let counts: Mutex<ConfusionMatrix>

    init(_ subjects: [TunedPictures.Subject], classes: Int) {
        self.subjects = Dictionary(subjects.map { (NameKey($0.picture.name), $0) }) { first, _ in first }
        counts = Mutex(ConfusionMatrix(classes: classes))
    }

    var matrix: ConfusionMatrix { counts.withLock { $0 } }

    func standing(_ name: String, path: String) throws -> Standing { .nothing }
    func check(_ name: String) throws {}
    func removeLeftovers(of names: [String]) {}
    func leftOut(_ name: String, path: String) {}
    func failed(_ name: String, path: String?, _ error: any Error) {}

    func make(_ name: String, path: String, with pipeline: LabelPipeline) throws {
        guard let subject = subjects[NameKey(name)] else { return }
        let labels = try subject.stages.labels(by: pipeline, isCancelled: { Interruption.hasCome })
        try counts.withLock { try $0.add(prediction: labels, truth: subject.truth) }
    }
}
