import Attribution
import Files
import Images
import Labels
import Tensors
import VisionTransformer

extension Engine {
    /// Asks about a picture without a region, and about the region alone.
    func perturb(_ key: PerturbationKey, _ job: Job, _ model: EngineModel) throws {
        let input = try modelInput(job, model.transformer)
        let trace = try traced(job, model)
        let perturbation = try model.transformer.perturbation(
            of: input, region: Set(key.box.patches(in: trace.grid)), heads: key.ablations, isCancelled: { self.isStale(job) })
        post(.perturbed(key, perturbation, generation: job.generation))
    }

    /// The picture as the model takes it: the last one is kept.
    func modelInput(_ job: Job, _ model: VisionTransformer) throws -> Tensor {
        if let known = lastInput, known.path == job.path, known.model == job.model { return known.input }
        let picture = try ImageFile.read(path: job.path)
        let size = try settings.resize.inputSize(
            width: picture.width, height: picture.height, for: model.configuration, side: settings.size)
        let input = picture.modelInput(size, model.configuration.preprocessing)
        lastInput = (job.path, job.model, input)
        return input
    }

    /// Asks the segmentation decoder as `getam segment` does.
    func decode(_ job: Job, _ model: VisionTransformer) throws {
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
    func map(_ trace: Trace, _ keys: [MapKey], _ heads: HeadSelection, _ job: Job, _ model: VisionTransformer) throws {
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
        let total = depth * keys.count * (heads == .each ? quantity.headCount(of: model.configuration) : 1)
        func deliver(_ place: QuantityPlace, _ value: QuantityValue) {
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
        guard let method = quantity as? any PictureMethod else {
            return try quantity.values(of: trace, model: model, request: request, isCancelled: { isStale(job) }, each: deliver)
        }
        try method.values(
            of: trace, model: model, request: request, isCancelled: { isStale(job) },
            progress: { post(.progress(generation: job.generation, stage: "\(method.identifier), passes", done: $0, total: $1)) },
            each: deliver)
    }

    /// The picture's trace, from the cache or anew; reports it where the job asks for that.
    func traced(_ job: Job, _ engineModel: EngineModel) throws -> Trace {
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
            let trace = try model.forward(traced(plain, engineModel), ablating: job.ablations, isCancelled: { isStale(job, inPass: true) })
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
                isCancelled: { isStale(job, inPass: true) })
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
}
