import Attribution
import Checkpoints
import Files
import Foundation
import Images
import Labels
import Synchronization
import Tensors
import VisionTransformer

/// Does what ``Effect``s ask for, away from the screen thread, and reports back in ``Action``s.
///
/// One thread decodes, traces and maps: what is on the screen first, prefetches when nothing else is to be done. Another
/// writes exports, so that they need not wait. A newer wish stops the work under way between two blocks.
public final class Engine: @unchecked Sendable {
    /// The first is the one that the explorer began with, or of a run the newest checkpoint; others come by `.loadModel`. Appended to by
    /// the export thread alone, and replaced by the work thread alone.
    let models: Mutex<[EngineModel]>
    let settings: Settings
    let post: @Sendable (Action) -> Void
    /// Guards `wanted`, `prefetches`, `exports`, `surveys`, `benchRequest`, `renewals`, `stopping` and `isResting`.
    private let condition = NSCondition()
    private var wanted: Job?
    private var prefetches: [Job] = []
    private var exports: [FileJob] = []
    /// At most one a model, the first next.
    private var renewals: [Renewal] = []
    /// Pictures that are looked at when nothing else is to be done, the first next.
    private var surveys: [Job] = []
    /// Presets that are judged when nothing else is to be done.
    private var benchRequest: BenchRequest?
    private let journal: ReviewJournal?
    private var stopping = false
    /// Whether nothing is done in advance.
    private var isResting = false
    /// Used by the work thread only.
    var traces: TraceCache
    var labelMemo = LabelMemo()
    var lastInput: (path: String, model: Int, input: Tensor)?
    var lastRegion: KnownRegion?
    var bench = BenchWork()
    /// The model that the memo's passes are of.
    private var memoModel = 0
    /// Bytes held after the last piece of work, and freed since memory was last given back.
    private var heldBefore = 0
    private var freed = 0

    /// - Parameters:
    ///   - models: at least one; an effect names one by its place.
    ///   - post: takes actions, on the engine's threads.
    public init(
        models: [EngineModel], settings: Settings, post: @escaping @Sendable (Action) -> Void
    ) {
        self.models = Mutex(models)
        self.settings = settings
        self.post = post
        traces = TraceCache(limit: settings.traceLimit)
        journal = settings.review.map { ReviewJournal($0) { message in post(.journalFailed(message: message)) } }
        start("work") { [weak self] in while self?.workOnce() == true {} }
        start("export") { [weak self] in while self?.exportOnce() == true {} }
        if let run = settings.run { start("run") { [weak self] in self?.follow(run) } }
    }

    /// Ends the threads; work under way stops between two blocks.
    public func stop() {
        condition.withLock {
            stopping = true
            wanted = nil
            surveys = []
            benchRequest = nil
            condition.broadcast()
        }
        journal?.finish()
    }

    /// Takes an effect that concerns pictures, maps or files; returns at once. Others are the terminal's.
    public func run(_ effect: Effect) {
        condition.withLock {
            switch effect {
            case .open(let picture, let path, let model, let generation):
                wanted = Job(picture: picture, path: path, model: model, generation: generation, kind: .open)
            case .map(let picture, let path, let keys, let heads, let generation):
                guard let first = keys.first else { break }
                wanted = Job(
                    picture: picture, path: path, model: first.model, ablations: first.ablations, generation: generation,
                    kind: .map(keys, heads))
            case .prefetch(let picture, let path, let model):
                prefetches.removeAll { $0.picture == picture && $0.model == model }
                prefetches.append(Job(picture: picture, path: path, model: model, generation: 0, kind: .prefetch))
                if prefetches.count > 2 { prefetches.removeFirst() }
            case .cancel(let generation):
                if let job = wanted, job.generation <= generation { wanted = nil }
            case .prepareLabels(let request, let layerMaps, let generation):
                wanted = Job(
                    picture: request.picture, path: request.path, model: request.model, generation: generation,
                    kind: .labels(request, layerMaps: layerMaps))
            case .perturb(let key, let path, let generation):
                wanted = Job(
                    picture: key.picture, path: path, model: key.model, ablations: key.ablations, generation: generation,
                    kind: .perturb(key))
            case .judge(let question, let path, let generation):
                wanted = Job(
                    picture: question.record.picture, path: path, model: question.record.model, generation: generation,
                    kind: .judge(question))
            case .decode(let picture, let path, let model, let generation):
                wanted = Job(picture: picture, path: path, model: model, generation: generation, kind: .decode)
            case .endFlash(let serial):
                DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(400)) { [post] in
                    post(.flashOver(serial: serial))
                }
            case .rest(let on):
                isResting = on
                if on { prefetches.removeAll() }
            case .journal(let entry): journal?.add(entry)
            case .readLabel(let picture, let label, let path, let generation):
                wanted = Job(picture: picture, path: path, model: 0, generation: generation, kind: .labelFile(label))
            case .writeLabel(let request): exports.append(.writeLabel(request))
            case .deliver(let request): exports.append(.deliver(request))
            case .survey(let request):
                surveys = request.items.reversed().map {
                    Job(picture: $0.picture, path: $0.path, model: 0, generation: 0, kind: .survey($0, numbers: request.numbers, makesLabels: request.makesLabels))
                }
            case .bench(let request): benchRequest = request
            case .find(let text, let readings): exports.append(.find(text, readings))
            case .export(let request): exports.append(.export(request))
            case .writeFigure(let request): exports.append(.figure(request))
            case .saveMarks(let request): exports.append(.saveMarks(request))
            case .saveSession(let request): exports.append(.saveSession(request))
            case .readSession(let path): exports.append(.readSession(path))
            case .listFolder(let folder): exports.append(.listFolder(folder))
            case .loadPreset(let path): exports.append(.loadPreset(path))
            case .loadModel(let path): exports.append(.loadModel(path))
            case .addClass(let text, let model): exports.append(.addClass(text, model: model))
            case .setMouse, .setSynchronized, .copy, .askBackground, .askGraphics, .dropPictures, .examine, .snap, .redraw, .suspend, .quit, .interrupt: break
            }
            condition.broadcast()
        }
    }

    private func start(_ name: String, _ loop: @escaping @Sendable () -> Void) {
        let niceness = settings.niceness
        let thread = Thread {
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
            loop()
        }
        thread.name = name
        thread.stackSize = 8 << 20
        thread.start()
    }

    // MARK: The work thread

    /// Waits for a job and does it; false when the engine stops.
    private func workOnce() -> Bool {
        condition.lock()
        while wanted == nil, prefetches.isEmpty, surveys.isEmpty, benchRequest == nil, renewals.isEmpty, !stopping { condition.wait() }
        if stopping {
            condition.unlock()
            return false
        }
        if !renewals.isEmpty {
            let next = renewals.removeFirst()
            condition.unlock()
            perform(next)
            return true
        }
        let job: Job
        if let next = wanted {
            job = next
        } else if !prefetches.isEmpty {
            job = prefetches.removeLast()
        } else if let benchRequest {
            job = Job(picture: 0, path: "", model: benchRequest.model, generation: 0, kind: .bench(benchRequest))
        } else {
            // The last comes first: it is taken at once.
            job = surveys.removeLast()
        }
        condition.unlock()
        perform(job)
        let isLarge = switch job.kind {
        case .labels, .decode: true
        case .open, .prefetch, .map, .perturb, .judge, .labelFile, .survey, .bench: false
        }
        settleMemory(isLarge: isLarge)
        condition.withLock { if wanted?.generation == job.generation { wanted = nil } }
        return true
    }

    /// Whether something else is wanted now. A prefetch gives way to anything but its own picture.
    ///
    /// - Parameter inPass: whether a forward pass is under way: one whose model is to have other classes goes on.
    func isStale(_ job: Job, inPass: Bool = false) -> Bool {
        condition.withLock {
            if stopping { return true }
            if job.kind == .prefetch, isResting { return true }
            if case .survey = job.kind { return wanted != nil || !prefetches.isEmpty || benchRequest != nil || !renewals.isEmpty }
            if case .bench(let request) = job.kind {
                return wanted != nil || !prefetches.isEmpty || !renewals.isEmpty || benchRequest?.serial != request.serial
            }
            if renewals.contains(where: { $0.index == job.model && !(inPass && $0.keepsPasses) }) { return true }
            if job.kind == .prefetch { return wanted.map { $0.picture != job.picture || $0.model != job.model } ?? false }
            return wanted?.generation != job.generation
        }
    }

    private func perform(_ job: Job) {
        do {
            guard let model = models.withLock({ $0.indices.contains(job.model) ? $0[job.model] : nil }) else { return }
            if case .perturb(let key) = job.kind { return try perturb(key, job, model) }
            if case .judge(let question) = job.kind { return try judge(question, job, model.transformer) }
            if case .labels(let request, let layerMaps) = job.kind {
                forgetMemo(unlessOf: job.model)
                let preparation = LabelPreparation(
                    model: model.transformer, settings: settings, request: request, own: traces[job.traceKey], isCancelled: { self.isStale(job) },
                    post: { self.post($0) }, generation: job.generation)
                let prepared = try preparation.run(layerMaps, &labelMemo)
                return post(.labelsPrepared(generation: job.generation, prepared))
            }
            if case .labelFile(let label) = job.kind { return try readLabel(label, job) }
            if case .survey(let item, let numbers, let makesLabels) = job.kind { return try survey(item, numbers, makesLabels: makesLabels, job, model) }
            if case .bench(let request) = job.kind { return try bench(request, job, model) }
            if job.kind == .decode { return try decode(job, model.transformer) }
            let known = try traced(job, model)
            guard case .map(let keys, let heads) = job.kind else { return }
            try map(known, keys, heads, job, model.transformer)
            post(.finished(generation: job.generation))
        } catch is CancellationError {
            // What gave way is done later, unless others are asked for now.
            if case .survey = job.kind { condition.withLock { surveys.append(job) } }
            return
        } catch {
            switch job.kind {
            case .prefetch: break
            case .bench(let request): benchEnded(request)
            case .survey:
                var found = SurveyedPicture(picture: job.picture)
                found.failure = DisplayText.sanitized("\(error)")
                post(.surveyed(found))
            case .labelFile: post(.labelUnread(picture: job.picture, message: "\(error)"))
            case .open: post(.openFailed(picture: job.picture, generation: job.generation, message: "\(error)"))
            case .map, .labels, .decode, .perturb, .judge: post(.failed(generation: job.generation, message: "\(error)"))
            }
        }
    }

    /// The memo holds passes of one model.
    func forgetMemo(unlessOf model: Int) {
        guard model != memoModel else { return }
        labelMemo = LabelMemo()
        memoModel = model
    }

    /// Keeps to the limit, and gives what was freed back to the system.
    ///
    /// - Parameter isLarge: whether the work before took much more than it left.
    private func settleMemory(isLarge: Bool) {
        let kernels = labelMemo.kernelBytes
        traces.trim(to: settings.traceLimit - min(labelMemo.byteCount + kernels + bench.byteCount, settings.traceLimit / 2))
        let held = traces.byteCount + labelMemo.byteCount + kernels + bench.byteCount
        for model in models.withLock({ $0 }) where model.transformer.idleBytes > Self.slack { model.transformer.trimWorkspace() }
        // Large blocks go back by themselves; of the others the allocator keeps the pages until it is told.
        freed += max(heldBefore - held, 0)
        if isLarge || freed > Self.slack {
            Allocator.returnPages()
            freed = 0
        }
        if held != heldBefore { post(.engineHolds(bytes: held)) }
        heldBefore = held
    }

    /// Bytes that may lie idle.
    private static let slack = 48 << 20

    /// Forgets what the memo holds of a model.
    func forgetMemo(of model: Int) {
        if memoModel == model { labelMemo = LabelMemo() }
        bench.forget(model: model)
    }

    /// Whether presets are still to be judged.
    func benchEnded(_ request: BenchRequest) { condition.withLock { if benchRequest?.serial == request.serial { benchRequest = nil } } }

    /// Has a model take another one's place, before anything else is done.
    func renew(_ renewal: Renewal) {
        condition.withLock {
            var renewal = renewal
            if renewals.contains(where: { $0.index == renewal.index && !$0.keepsPasses }) { renewal.keepsPasses = false }
            renewals.removeAll { $0.index == renewal.index }
            renewals.append(renewal)
            condition.broadcast()
        }
    }

    /// The model at a place, or what is about to take it; nil where there is none.
    func newest(_ index: Int) -> EngineModel? {
        condition.withLock { renewals.last { $0.index == index }?.model } ?? models.withLock { $0.indices.contains(index) ? $0[index] : nil }
    }

    /// Waits; false when the engine stops.
    func waits(_ seconds: Double) -> Bool {
        let end = Date(timeIntervalSinceNow: seconds)
        return condition.withLock {
            while !stopping, condition.wait(until: end) {}
            return !stopping
        }
    }

    // MARK: The export thread

    private func exportOnce() -> Bool {
        condition.lock()
        while exports.isEmpty, !stopping { condition.wait() }
        if stopping, exports.isEmpty {
            condition.unlock()
            return false
        }
        let job = exports.removeFirst()
        condition.unlock()
        perform(job)
        return true
    }
}
