import Attribution
import Files
import Images
import Labels
import VisionTransformer

/// What the bench keeps between pictures and presets.
struct BenchWork {
    /// A picture of a sample, at work.
    fileprivate struct Subject {
        let stages: LabelStages
        /// What labels are held against, where a hand made it or it is reduced; nil where it is in a file.
        var made: IndexedImage?
    }

    fileprivate struct Key: Hashable {
        let model: Int
        let item: BenchItem
        /// Bytes that may be kept of it.
        let limit: Int
        let isReduced: Bool
    }

    /// A preset to be judged, or to be estimated on pictures reduced.
    fileprivate struct Task: Equatable {
        let preset: Preset
        let isEstimate: Bool
    }

    fileprivate var subjects: [Key: Subject] = [:]
    /// Why pictures are left out.
    fileprivate var failures: [Key: String] = [:]
    fileprivate var serial = -1
    fileprivate var model = 0
    fileprivate var items: [BenchItem] = []
    /// What is still to be done; of the first some pictures are.
    fileprivate var waiting: [Task] = []
    /// Whether pictures are so large that presets are estimated first; nil while that is not known.
    fileprivate var isLarge: Bool?
    fileprivate var place = 0
    fileprivate var matrix = ConfusionMatrix(classes: 255)
    fileprivate var remark: String?

    /// About the bytes that are kept.
    var byteCount: Int { subjects.values.reduce(0) { $0 + $1.stages.byteCount + ($1.made?.indices.count ?? 0) } }

    /// Forgets what was made by a model that is another now.
    mutating func forget(model: Int) {
        subjects = subjects.filter { $0.key.model != model }
        failures = failures.filter { $0.key.model != model }
        begin([])
    }

    fileprivate mutating func take(_ request: BenchRequest, limit: Int) {
        guard serial != request.serial else { return }
        let keys = Set(request.items.flatMap { item in
            [false, true].map { Key(model: request.model, item: item, limit: limit, isReduced: $0) }
        })
        subjects = subjects.filter { keys.contains($0.key) }
        failures = failures.filter { keys.contains($0.key) }
        if items != request.items { isLarge = nil }
        let tasks = request.estimates.map { Task(preset: $0, isEstimate: true) } + request.presets.map { Task(preset: $0, isEstimate: false) }
        let goesOn = model == request.model && items == request.items && waiting.first == tasks.first
        (serial, model, items) = (request.serial, request.model, request.items)
        if goesOn { waiting = tasks } else { begin(tasks) }
    }

    fileprivate mutating func begin(_ tasks: [Task]) {
        waiting = tasks
        (place, matrix, remark) = (0, ConfusionMatrix(classes: 255), nil)
    }
}

extension Engine {
    /// Judges one more picture of the first preset that is asked for: its label, as `getam label` makes it, against what is known.
    func bench(_ request: BenchRequest, _ job: Job, _ model: EngineModel) throws {
        guard !request.items.isEmpty else {
            bench = BenchWork()
            return benchEnded(request)
        }
        let limit = settings.traceLimit / 2 / request.items.count
        bench.take(request, limit: limit)
        guard let task = bench.waiting.first else { return benchEnded(request) }
        if task.isEstimate, !isLarge(request) { return bench.begin(Array(bench.waiting.dropFirst())) }
        let pipeline: LabelPipeline
        do throws(LabelError) { pipeline = try LabelPipeline(model: model.transformer, preset: task.preset) } catch {
            return finish(request, task, BenchScore(remark: DisplayText.sanitized("\(error)")))
        }
        let item = request.items[bench.place]
        let key = BenchWork.Key(model: request.model, item: item, limit: limit, isReduced: task.isEstimate)
        if let failure = try compare(item, key, by: pipeline, request, job, model) {
            finish(request, task, BenchScore(remark: failure))
        } else {
            advance(request, task)
        }
    }

    /// Pixels of all pictures above which presets are estimated on pictures reduced first; their labels take a second or more.
    private static let largePixels = 4_000_000

    /// Whether the pictures that would be reduced are many pixels. What a hand made is not: it is made at the picture's own size.
    private func isLarge(_ request: BenchRequest) -> Bool {
        if let known = bench.isLarge { return known }
        var pixels = 0
        for item in request.items {
            if case .made = item.reference { return false }
            guard let size = try? ImageFile.size(path: item.path), max(size.width, size.height) > LabelMemo.longSide else { continue }
            pixels += size.width * size.height
        }
        bench.isLarge = pixels > Self.largePixels
        return pixels > Self.largePixels
    }

    /// Adds a picture's label to the figure.
    ///
    /// - Returns: why the preset cannot be followed; nil where it can, or the picture is left out.
    private func compare(
        _ item: BenchItem, _ key: BenchWork.Key, by pipeline: LabelPipeline, _ request: BenchRequest, _ job: Job, _ model: EngineModel
    ) throws -> String? {
        if let failure = bench.failures[key] {
            bench.remark = bench.remark ?? failure
            return nil
        }
        let subject: BenchWork.Subject
        var known: IndexedImage
        do {
            subject = try bench.subjects[key] ?? self.subject(item, key, request, job, model)
            bench.subjects[key] = subject
            known = try subject.made ?? reference(of: item)
        } catch is CancellationError { throw CancellationError() } catch {
            bench.failures[key] = DisplayText.sanitized("left out of the sample: \(error)")
            bench.remark = bench.remark ?? bench.failures[key]
            return nil
        }
        do {
            let labels = try subject.stages.labels(
                by: pipeline, saliencyFile: SaliencyFolder.file(for: item.path, pipeline.preset, in: settings.saliencyFolder),
                isCancelled: { self.isStale(job) })
            if key.isReduced, (known.width, known.height) != (labels.width, labels.height) {
                known = known.resized(width: labels.width, height: labels.height)
                bench.subjects[key]?.made = known
            }
            try bench.matrix.add(prediction: labels, truth: known)
            return nil
        } catch is CancellationError { throw CancellationError() } catch { return DisplayText.sanitized("\(error)") }
    }

    private func advance(_ request: BenchRequest, _ task: BenchWork.Task) {
        bench.place += 1
        guard bench.place >= request.items.count else { return post(.benchProgress(serial: request.serial, done: bench.place)) }
        finish(
            request, task,
            BenchScore(meanIoU: EvaluationReport(bench.matrix).meanIoU, compared: bench.matrix.images, remark: bench.remark))
    }

    private func finish(_ request: BenchRequest, _ task: BenchWork.Task, _ score: BenchScore) {
        bench.begin(Array(bench.waiting.dropFirst()))
        if bench.waiting.isEmpty { benchEnded(request) }
        if !task.isEstimate {
            post(.benchJudged(serial: request.serial, task.preset, score))
        } else if let meanIoU = score.meanIoU {
            post(.benchEstimated(serial: request.serial, task.preset, meanIoU))
        }
    }

    // MARK: Pictures

    private func subject(
        _ item: BenchItem, _ key: BenchWork.Key, _ request: BenchRequest, _ job: Job, _ model: EngineModel
    ) throws -> BenchWork.Subject {
        func classes(_ marks: [Int]?) throws -> [Int] {
            try self.classes(marks, of: item.path, predict: item.predict, request.numbers) {
                model.probability(try ownTrace(ImageFile.read(path: item.path), model.transformer, job).logits)
            }
        }
        let own = try classes(item.classes)
        let stages = LabelStages(
            path: item.path, classes: own, labels: own.compactMap { request.numbers[$0] }, longSide: key.isReduced ? LabelMemo.longSide : nil,
            limit: key.limit)
        guard case .made(let preset, let marks, let strokes) = item.reference else { return BenchWork.Subject(stages: stages, made: nil) }
        let painted = strokes.numbers.values.compactMap { number in request.numbers.firstIndex(of: number) }
        let wanted = Set(try classes(marks) + painted).sorted()
        let made = try LabelPipeline(model: model.transformer, preset: preset).labels(
            ImageFile.read(path: item.path), classes: wanted, labels: wanted.compactMap { request.numbers[$0] },
            saliencyFile: SaliencyFolder.file(for: item.path, preset, in: settings.saliencyFolder), strokes: strokes,
            isCancelled: { self.isStale(job) })
        return BenchWork.Subject(stages: stages, made: made.labels.labels)
    }

    /// What a picture's label is held against, of those that lie in files.
    private func reference(of item: BenchItem) throws -> IndexedImage {
        let size = try ImageFile.size(path: item.path)
        switch item.reference {
        case .file(let path):
            let labels = try ImageFile.readIndices(path: path)
            guard labels.width == size.width, labels.height == size.height else {
                throw FileError(.invalid, path: path, "is \(labels.width)×\(labels.height), but the picture is \(size.width)×\(size.height)")
            }
            return labels
        case .truth, .made:
            guard let truth = settings.truth else { throw LabelError.setting("there is no truth: --truth DIR names it") }
            return try truth.labels(of: item.path, width: size.width, height: size.height)
        }
    }
}
