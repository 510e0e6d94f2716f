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
        public var probability: ModelConfiguration.Probability
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

        public init(
            resize: ResizeMode, size: Int?, probability: ModelConfiguration.Probability, traceLimit: Int, niceness: Int32,
            programVersion: String, saliencyFolder: CompanionFiles? = nil, truth: TruthFolder? = nil,
            imageClasses: ImageClasses? = nil, input: @escaping @Sendable (String, ExportKind) -> String? = { _, _ in nil }
        ) {
            self.resize = resize
            self.size = size
            self.probability = probability
            self.traceLimit = traceLimit
            self.niceness = niceness
            self.programVersion = programVersion
            self.saliencyFolder = saliencyFolder
            self.truth = truth
            self.imageClasses = imageClasses
            self.input = input
        }
    }

    private let model: VisionTransformer
    private let modelName: String
    private let settings: Settings
    private let post: @Sendable (Action) -> Void
    /// Guards `wanted`, `exports` and `stopping`.
    private let condition = NSCondition()
    private var wanted: Job?
    private var prefetches: [Job] = []
    private var exports: [FileJob] = []
    private var stopping = false
    /// Used by the work thread only.
    private var traces: TraceCache
    private var labelMemo = LabelMemo()
    /// Bytes held after the last piece of work, and freed since memory was last given back.
    private var heldBefore = 0
    private var freed = 0

    /// - Parameter post: takes actions, on the engine's threads.
    public init(
        model: VisionTransformer, modelName: String, settings: Settings, post: @escaping @Sendable (Action) -> Void
    ) {
        self.model = model
        self.modelName = modelName
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
            case .open(let picture, let path, let generation):
                wanted = Job(picture: picture, path: path, generation: generation, kind: .open)
            case .map(let picture, let path, let key, let generation):
                wanted = Job(picture: picture, path: path, generation: generation, kind: .map(key))
            case .prefetch(let picture, let path):
                prefetches.removeAll { $0.picture == picture }
                prefetches.append(Job(picture: picture, path: path, generation: 0, kind: .prefetch))
                if prefetches.count > 2 { prefetches.removeFirst() }
            case .cancel(let generation):
                if let job = wanted, job.generation <= generation { wanted = nil }
            case .prepareLabels(let request, let layerMaps, let generation):
                wanted = Job(
                    picture: request.picture, path: request.path, generation: generation,
                    kind: .labels(request, layerMaps: layerMaps))
            case .decode(let picture, let path, let generation):
                wanted = Job(picture: picture, path: path, generation: generation, kind: .decode)
            case .endFlash(let serial):
                DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(400)) { [post] in
                    post(.flashOver(serial: serial))
                }
            case .export(let request): exports.append(.export(request))
            case .saveMarks(let request): exports.append(.saveMarks(request))
            case .loadPreset(let path): exports.append(.loadPreset(path))
            case .setMouse, .redraw, .suspend, .quit, .interrupt: break
            }
            condition.broadcast()
        }
    }

    /// A piece of work for the work thread.
    private struct Job: Equatable {
        enum Kind: Equatable {
            case open, prefetch, decode
            case map(MapKey)
            case labels(LabelRequest, layerMaps: [Int: [PatchMap]])
        }
        let picture: Int
        let path: String
        let generation: Int
        let kind: Kind
    }

    /// A piece of work for the export thread.
    private enum FileJob {
        case export(ExportRequest)
        case saveMarks(MarksRequest)
        case loadPreset(String)
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
        case .open, .prefetch, .map: false
        }
        settleMemory(isLarge: isLarge)
        condition.withLock { if wanted?.generation == job.generation { wanted = nil } }
        return true
    }

    /// Whether something else is wanted now. A prefetch gives way to anything but its own picture.
    private func isStale(_ job: Job) -> Bool {
        condition.withLock {
            if stopping { return true }
            if job.kind == .prefetch { return wanted.map { $0.picture != job.picture } ?? false }
            return wanted?.generation != job.generation
        }
    }

    private func perform(_ job: Job) {
        do {
            if case .labels(let request, let layerMaps) = job.kind {
                let preparation = LabelPreparation(
                    model: model, settings: settings, request: request, own: traces[job.path], isCancelled: { self.isStale(job) },
                    post: { self.post($0) }, generation: job.generation)
                let prepared = try preparation.run(layerMaps, &labelMemo)
                return post(.labelsPrepared(generation: job.generation, prepared))
            }
            if job.kind == .decode { return try decode(job) }
            let known = try traced(job)
            guard case .map(let key) = job.kind else { return }
            try map(known, key, job)
            post(.finished(generation: job.generation))
        } catch is CancellationError {
            return
        } catch {
            switch job.kind {
            case .prefetch: break
            case .open: post(.openFailed(picture: job.picture, generation: job.generation, message: "\(error)"))
            case .map, .labels, .decode: post(.failed(generation: job.generation, message: "\(error)"))
            }
        }
    }

    /// Asks the segmentation decoder as `getam segment` does.
    private func decode(_ job: Job) throws {
        let file = PictureFile(path: job.path)
        let picture = try labelMemo.picture(file, truth: settings.truth, post: post)
        let probabilities = try MultiScaleSegmentation.usual(for: model.parameters).probabilities(
            of: file.original(), guide: picture.guide, by: SegmentationModel(model), isCancelled: { self.isStale(job) })
        post(.decoded(
            generation: job.generation,
            DecodedPicture(picture: job.picture, probabilities: probabilities, truth: picture.truth, scale: picture.scale)))
    }

    /// Makes every layer's map and reports each.
    private func map(_ trace: Trace, _ key: MapKey, _ job: Job) throws {
        let methods = MapMethods.all, depth = model.configuration.depth
        guard methods.indices.contains(key.method) else { return }
        var done = 0
        func report(_ layer: Int, _ map: PatchMap) {
            done += 1
            post(.layerMapped(picture: job.picture, key: key, layer: layer, map))
            post(.progress(generation: job.generation, stage: "maps", done: done, total: depth))
        }
        switch methods[key.method] {
        case let method as any ClassFreeMethod:
            try method.layerMaps(
                of: trace, model: model, layers: 0...depth - 1, start: key.start, isCancelled: { isStale(job) }, each: report)
        case let method as any ClassMethod:
            guard let index = key.classIndex else { return }
            try model.layerMaps(
                of: trace, classes: [index], method: method, downTo: 0, isCancelled: { isStale(job) }
            ) { report($0.layer, $0.map) }
        default: return
        }
    }

    /// The picture's trace, from the cache or anew; reports it where the job asks for that.
    private func traced(_ job: Job) throws -> Trace {
        let isPart = if case .map = job.kind { true } else { false }
        if isPart, let known = traces[job.path] { return known }
        let report = job.kind != .prefetch
        if report { post(.progress(generation: job.generation, stage: "decoding", done: 0, total: 1)) }
        let picture = try ImageFile.read(path: job.path)
        if isStale(job) { throw CancellationError() }
        let size = try settings.resize.inputSize(
            width: picture.width, height: picture.height, for: model.configuration, side: settings.size)
        let trace: Trace
        if let known = traces[job.path] {
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
            traces.keep(trace, for: job.path)
        }
        if isPart { return trace }
        post(.traced(
            picture: job.picture, generation: job.generation,
            TraceResult(
                picture: picture.forDisplay(longSide: 1600), originalWidth: picture.width, originalHeight: picture.height,
                inputWidth: size.width, inputHeight: size.height, gridRows: trace.grid.height,
                gridColumns: trace.grid.width, logits: trace.logits, probabilities: settings.probability(trace.logits),
                named: namedClasses(job.path))))
        return trace
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
        if model.idleBytes > Self.slack { model.trimWorkspace() }
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
        case .export(let request):
            let writer = ExportWriter(
                request: request, model: model, saliencyFolder: settings.saliencyFolder, modelName: modelName,
                programVersion: settings.programVersion, input: settings.input)
            post(writer.write())
        case .saveMarks(let request): post(ExportWriter.save(request))
        case .loadPreset(let path):
            do throws(FileError) {
                post(.presetLoaded(try Preset.read(path: path.expandingHome).truthfullyNamed(path)))
            } catch { post(.exportFailed(message: "\(error)")) }
        }
        return true
    }
}

extension RGBImage {
    /// This picture, or a smaller one with the given long side.
    func forDisplay(longSide: Int) -> RGBImage {
        guard max(width, height) > longSide else { return self }
        let scale = Double(longSide) / Double(max(width, height))
        return resized(
            width: max(1, Int((Double(width) * scale).rounded())), height: max(1, Int((Double(height) * scale).rounded())),
            filter: .box)
    }
}
