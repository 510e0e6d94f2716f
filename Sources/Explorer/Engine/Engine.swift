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
    /// The classes that a label file names for the picture at a path, among the model's, and names it gives that the model
    /// lacks; `nil` where it knows nothing of the picture.
    public typealias ImageClasses = @Sendable (_ path: String) throws(FileError) -> (classes: [Int], unknown: [String])?

    /// How pictures become the model's input and logits probabilities.
    public struct Settings: Sendable {
        public var resize: ResizeMode
        /// Longer side of the model's input; nil for the model's own.
        public var size: Int?
        /// Bytes that kept traces, and what labels are made from, may take together.
        public var traceLimit: Int
        /// Added to the priority value of the engine's threads, so that they give way to the screen's.
        public var niceness: Int32
        /// Noted in exported files.
        public var programVersion: String
        /// Where saliency maps named as the pictures lie.
        public var saliencyFolder: CompanionFiles?
        /// True label maps.
        public var truth: TruthFolder?
        /// Which classes are in which picture.
        public var imageClasses: ImageClasses?
        /// What the file at a path is among the program's inputs, which an export of that kind must not take the place of;
        /// nil where it is none.
        public var input: @Sendable (_ path: String, _ kind: ExportKind) -> String?
        /// Reads another model.
        public var loadModel: @Sendable (_ path: String) throws -> EngineModel

        public init(
            resize: ResizeMode, size: Int?, traceLimit: Int, niceness: Int32,
            programVersion: String, saliencyFolder: CompanionFiles? = nil, truth: TruthFolder? = nil,
            imageClasses: ImageClasses? = nil, input: @escaping @Sendable (String, ExportKind) -> String? = { _, _ in nil },
            loadModel: @escaping @Sendable (String) throws -> EngineModel = { _ in throw ModelError.input("no other model can be read here") }
        ) {
            self.resize = resize
            self.size = size
            self.traceLimit = traceLimit
            self.niceness = niceness
            self.programVersion = programVersion
            self.saliencyFolder = saliencyFolder
            self.truth = truth
            self.imageClasses = imageClasses
            self.input = input
            self.loadModel = loadModel
        }
    }

    /// The first is the one that the explorer began with; others come by `.loadModel`. Appended to by the export thread alone.
    private let models: Mutex<[EngineModel]>
    private let settings: Settings
    private let post: @Sendable (Action) -> Void
    /// Guards `wanted`, `prefetches`, `exports`, `stopping` and `isResting`.
    private let condition = NSCondition()
    private var wanted: Job?
    private var prefetches: [Job] = []
    private var exports: [FileJob] = []
    private var stopping = false
    /// Whether nothing is done in advance.
    private var isResting = false
    /// Used by the work thread only.
    private var traces: TraceCache
    private var labelMemo = LabelMemo()
    private var lastInput: (path: String, model: Int, input: Tensor)?
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
        start("work") { [weak self] in while self?.workOnce() == true {} }
        start("export") { [weak self] in while self?.exportOnce() == true {} }
    }

    /// Ends the threads; work under way stops between two blocks.
    public func stop() {
        condition.withLock {
            stopping = true
            wanted = nil
            condition.broadcast()
        }
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
            case .decode(let picture, let path, let model, let generation):
                wanted = Job(picture: picture, path: path, model: model, generation: generation, kind: .decode)
            case .endFlash(let serial):
                DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(400)) { [post] in
                    post(.flashOver(serial: serial))
                }
            case .rest(let on):
                isResting = on
                if on { prefetches.removeAll() }
            case .find(let text, let readings): exports.append(.find(text, readings))
            case .export(let request): exports.append(.export(request))
            case .writeFigure(let request): exports.append(.figure(request))
            case .saveMarks(let request): exports.append(.saveMarks(request))
            case .loadPreset(let path): exports.append(.loadPreset(path))
            case .loadModel(let path): exports.append(.loadModel(path))
            case .setMouse, .setSynchronized, .copy, .askBackground, .askGraphics, .dropPictures, .examine, .repaint, .redraw, .suspend, .quit, .interrupt: break
            }
            condition.broadcast()
        }
    }

    /// A piece of work for the work thread.
    private struct Job: Equatable {
        enum Kind: Equatable {
            case open, prefetch, decode
            case map([MapKey], HeadSelection)
            case perturb(PerturbationKey)
            case labels(LabelRequest, layerMaps: [Int: [PatchMap]])
        }
        let picture: Int
        let path: String
        let model: Int
        var ablations: HeadAblations = .none
        let generation: Int
        let kind: Kind

        var traceKey: TraceKey { TraceKey(model: model, path: path, ablations: ablations) }
    }

    /// A piece of work for the export thread.
    private enum FileJob {
        case export(ExportRequest)
        case figure(FigureRequest)
        case saveMarks(MarksRequest)
        case loadPreset(String)
        case loadModel(String)
        case find(String, [[String]])
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
        while wanted == nil, prefetches.isEmpty, !stopping { condition.wait() }
        if stopping {
            condition.unlock()
            return false
        }
        let job: Job
        if let next = wanted {
            job = next
        } else {
            job = prefetches.removeLast()
        }
        condition.unlock()
        perform(job)
        let isLarge = switch job.kind {
        case .labels, .decode: true
        case .open, .prefetch, .map, .perturb: false
        }
        settleMemory(isLarge: isLarge)
        condition.withLock { if wanted?.generation == job.generation { wanted = nil } }
        return true
    }

    /// Whether something else is wanted now. A prefetch gives way to anything but its own picture.
    private func isStale(_ job: Job) -> Bool {
        condition.withLock {
            if stopping { return true }
            if job.kind == .prefetch, isResting { return true }
            if job.kind == .prefetch { return wanted.map { $0.picture != job.picture || $0.model != job.model } ?? false }
            return wanted?.generation != job.generation
        }
    }

    private func perform(_ job: Job) {
        do {
            guard let model = models.withLock({ $0.indices.contains(job.model) ? $0[job.model] : nil }) else { return }
            if case .perturb(let key) = job.kind { return try perturb(key, job, model) }
            if case .labels(let request, let layerMaps) = job.kind {
                forgetMemo(unlessOf: job.model)
                let preparation = LabelPreparation(
                    model: model.transformer, settings: settings, request: request, own: traces[job.traceKey], isCancelled: { self.isStale(job) },
                    post: { self.post($0) }, generation: job.generation)
                let prepared = try preparation.run(layerMaps, &labelMemo)
                return post(.labelsPrepared(generation: job.generation, prepared))
            }
            if job.kind == .decode { return try decode(job, model.transformer) }
            let known = try traced(job, model)
            guard case .map(let keys, let heads) = job.kind else { return }
            try map(known, keys, heads, job, model.transformer)
            post(.finished(generation: job.generation))
        } catch is CancellationError {
            return
        } catch {
            switch job.kind {
            case .prefetch: break
            case .open: post(.openFailed(picture: job.picture, generation: job.generation, message: "\(error)"))
            case .map, .labels, .decode, .perturb: post(.failed(generation: job.generation, message: "\(error)"))
            }
        }
    }

    /// The memo holds passes of one model.
    private func forgetMemo(unlessOf model: Int) {
        guard model != memoModel else { return }
        labelMemo = LabelMemo()
        memoModel = model
    }

    /// Asks about a picture without a region, and about the region alone.
    private func perturb(_ key: PerturbationKey, _ job: Job, _ model: EngineModel) throws {
        let input = try modelInput(job, model.transformer)
        let trace = try traced(job, model)
        let perturbation = try model.transformer.perturbation(
            of: input, region: Set(key.box.patches(in: trace.grid)), heads: key.ablations, isCancelled: { self.isStale(job) })
        post(.perturbed(key, perturbation, generation: job.generation))
    }

    /// The picture as the model takes it: the last one is kept.
    private func modelInput(_ job: Job, _ model: VisionTransformer) throws -> Tensor {
        if let known = lastInput, known.path == job.path, known.model == job.model { return known.input }
        let picture = try ImageFile.read(path: job.path)
        let size = try settings.resize.inputSize(
            width: picture.width, height: picture.height, for: model.configuration, side: settings.size)
        let input = picture.modelInput(size, model.configuration.preprocessing)
        lastInput = (job.path, job.model, input)
        return input
    }

    /// Asks the segmentation decoder as `getam segment` does.
    private func decode(_ job: Job, _ model: VisionTransformer) throws {
        forgetMemo(unlessOf: job.model)
        let file = PictureFile(path: job.path)
        let picture = try labelMemo.picture(file, truth: settings.truth, post: post)
        let probabilities = try MultiScaleSegmentation.usual(for: model.parameters).probabilities(
            of: file.original(), guide: picture.guide, by: SegmentationModel(model), isCancelled: { self.isStale(job) })
        post(.decoded(
            generation: job.generation,
            DecodedPicture(model: job.model, picture: job.picture, probabilities: probabilities, truth: picture.truth, scale: picture.scale)))
    }

    /// Makes every layer's values of keys that differ in the class alone, and reports each.
    private func map(_ trace: Trace, _ keys: [MapKey], _ heads: HeadSelection, _ job: Job, _ model: VisionTransformer) throws {
        let quantities = Quantities.all, depth = model.configuration.depth
        guard let first = keys.first, quantities.indices.contains(first.method) else { return }
        let request = QuantityRequest(
            targets: keys.compactMap(\.target), layers: 0...depth - 1, heads: heads, query: first.query, start: first.start)
        let quantity = quantities[first.method]
        var trace = trace
        if quantity.readsCompleteTrace, !trace.isComplete {
            trace = try model.complete(trace, isCancelled: { isStale(job) })
            traces.keep(trace, for: job.traceKey)
        }
        var done = 0
        let total = depth * keys.count * (heads == .each ? model.configuration.heads : 1)
        try quantity.values(of: trace, model: model, request: request, isCancelled: { isStale(job) }) { place, value in
            guard keys.indices.contains(place.target) else { return }
            let key = heads == .each ? keys[place.target].of(head: place.head) : keys[place.target]
            done += 1
            switch (value, place.layer) {
            case (.table(let table), _): post(.tableMade(picture: job.picture, key: key, table))
            case (_, let layer?): post(.layerMapped(picture: job.picture, key: key, layer: layer, value))
            case (_, nil): break
            }
            post(.progress(generation: job.generation, stage: "maps", done: done, total: total))
        }
    }

    /// The picture's trace, from the cache or anew; reports it where the job asks for that.
    private func traced(_ job: Job, _ engineModel: EngineModel) throws -> Trace {
        let model = engineModel.transformer
        let isPart = switch job.kind {
        case .map, .perturb: true
        default: false
        }
        if isPart, let known = traces[job.traceKey] {
            tellAltered(known, job, engineModel)
            return known
        }
        if !job.ablations.isEmpty {
            // From the first block on that another head is left out of.
            var plain = job
            plain.ablations = .none
            let trace = try model.forward(traced(plain, engineModel), ablating: job.ablations, isCancelled: { isStale(job) })
            traces.keep(trace, for: job.traceKey)
            tellAltered(trace, job, engineModel)
            return trace
        }
        let report = job.kind != .prefetch
        if report { post(.progress(generation: job.generation, stage: "decoding", done: 0, total: 1)) }
        let picture = try ImageFile.read(path: job.path)
        if isStale(job) { throw CancellationError() }
        let size = try settings.resize.inputSize(
            width: picture.width, height: picture.height, for: model.configuration, side: settings.size)
        let trace: Trace
        if let known = traces[job.traceKey] {
            trace = known
        } else {
            let depth = model.configuration.depth
            if report { post(.progress(generation: job.generation, stage: "forward pass", done: 0, total: depth)) }
            trace = try model.forward(
                picture.modelInput(size, model.configuration.preprocessing),
                progress: { done in
                    if report {
                        post(.progress(generation: job.generation, stage: "forward pass", done: done, total: depth))
                    }
                },
                isCancelled: { isStale(job) })
            traces.keep(trace, for: job.traceKey)
        }
        if isPart { return trace }
        post(.traced(
            picture: job.picture, model: job.model, generation: job.generation,
            TraceResult(
                picture: picture.forDisplay(longSide: 1600), originalWidth: picture.width, originalHeight: picture.height,
                inputWidth: size.width, inputHeight: size.height, gridRows: trace.grid.height,
                gridColumns: trace.grid.width, logits: trace.logits, probabilities: engineModel.probability(trace.logits),
                named: namedClasses(job.path))))
        return trace
    }

    /// The answer with heads left out: with every trace of it, for the record may have forgotten.
    private func tellAltered(_ trace: Trace, _ job: Job, _ model: EngineModel) {
        guard !job.ablations.isEmpty else { return }
        post(.altered(
            picture: job.picture, model: job.model, job.ablations, logits: trace.logits, probabilities: model.probability(trace.logits)))
    }

    /// The picture's classes as the label file has them.
    private func namedClasses(_ path: String) -> NamedClasses {
        do throws(FileError) {
            guard let named = try settings.imageClasses?(path) else { return NamedClasses() }
            let names = named.unknown.prefix(5).map { "“\($0)”" }.joined(separator: ", ")
            return NamedClasses(
                classes: named.classes,
                note: names.isEmpty ? nil : "the label file names \(names), which the model or the class list lacks")
        } catch { return NamedClasses(note: "\(error)") }
    }

    /// Keeps to the limit, and gives what was freed back to the system.
    ///
    /// - Parameter isLarge: whether the work before took much more than it left.
    private func settleMemory(isLarge: Bool) {
        let kernels = labelMemo.kernelBytes
        traces.trim(to: settings.traceLimit - min(labelMemo.byteCount + kernels, settings.traceLimit / 2))
        let held = traces.byteCount + labelMemo.byteCount + kernels
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

    // MARK: The export thread

    private func writer(_ request: ExportRequest) -> ExportWriter? {
        models.withLock { $0.indices.contains(request.model) ? $0[request.model] : nil }.map { model in
            ExportWriter(
                request: request, model: model.transformer, saliencyFolder: settings.saliencyFolder, modelName: model.summary.name,
                programVersion: settings.programVersion, input: settings.input)
        }
    }

    private func exportOnce() -> Bool {
        condition.lock()
        while exports.isEmpty, !stopping { condition.wait() }
        if stopping, exports.isEmpty {
            condition.unlock()
            return false
        }
        let job = exports.removeFirst()
        condition.unlock()
        switch job {
        case .export(let request): if let writer = writer(request) { post(writer.write()) }
        case .figure(let request):
            post(
                FigureWriter(request: request, writer: writer, programVersion: settings.programVersion, input: settings.input)
                    .write())
        case .saveMarks(let request): post(ExportWriter.save(request))
        case .find(let text, let readings): post(NamedPictures.find(text, readings))
        case .loadPreset(let path):
            do throws(FileError) {
                post(.presetLoaded(try Preset.read(path: path.expandingHome).truthfullyNamed(path)))
            } catch { post(.exportFailed(message: "\(error)")) }
        case .loadModel(let path):
            do {
                let model = try settings.loadModel(path.expandingHome)
                models.withLock { $0.append(model) }
                post(.modelLoaded(model.summary))
            } catch { post(.exportFailed(message: "\(error)")) }
        }
        return true
    }
}
