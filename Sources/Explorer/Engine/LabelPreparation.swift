import Attribution
import Files
import Foundation
import Images
import Labels
import Tensors
import VisionTransformer

/// Makes everything of a picture's labels that no cut changes, from the trace and the layer maps that are there.
struct LabelPreparation {
    let model: VisionTransformer
    let settings: Engine.Settings
    let request: LabelRequest
    /// The trace that the explorer's own maps are made from, where it is kept.
    let own: Trace?
    let isCancelled: () -> Bool
    let post: (Action) -> Void
    let generation: Int

    /// - Parameters:
    ///   - known: every layer's own map of some of the classes, first layer first.
    ///   - memo: what earlier preparations left; renewed, also where this one is cancelled.
    func run(_ known: [Int: [PatchMap]], _ memo: inout LabelMemo) throws -> PreparedLabels {
        let saliencyFile = try SaliencyFolder.file(for: request.path, request.preset, in: settings.saliencyFolder)
        let source = PictureFile(path: request.path)
        let picture = try memo.picture(source, truth: settings.truth, post: post)
        // Widths in pixels mean parts of the picture, whatever size it is worked on at.
        let preset = request.preset.scaled(by: picture.scale)
        let pipeline = try LabelPipeline(model: model, preset: preset)
        let constraints = request.strokes.constraints(
            pictureWidth: picture.width, pictureHeight: picture.height, width: picture.guide.width, height: picture.guide.height,
            numbers: request.numbers)
        let ownSize = try settings.resize.inputSize(
            width: picture.width, height: picture.height, for: model.configuration, side: settings.size)
        let views = try pipeline.views(width: picture.width, height: picture.height)
        defer { memo.trim(to: settings.traceLimit, wanted: views) }
        for view in views {
            // The explorer's own maps are of the classes' logits.
            let isOwn = !view.isMirrored && view.size == ownSize && preset.contrast == nil && preset.score == .logit
            if memo[view] == nil, view != views.first {
                memo.trim(to: settings.traceLimit, wanted: views)
                // Traced when its maps are wanted, and not kept.
                if memo.byteCount >= settings.traceLimit { continue }
            }
            if memo[view] == nil {
                memo.keep(try isOwn ? own ?? traced(source, view, pipeline) : traced(source, view, pipeline), view)
            }
            if isOwn { memo.add(known, method: mapsName(pipeline), view) }
            try addMaps(pipeline, view, isOwn: isOwn, &memo)
        }
        post(.progress(generation: generation, stage: "refining", done: 0, total: 0))
        let maps = try classMaps(pipeline, views, source, picture.guide, constraints, &memo)
        try checkpoint()
        post(.progress(generation: generation, stage: "saliency", done: 0, total: 0))
        let saliency = try computedSaliency(pipeline, views, picture.guide, &memo)
        var level: Double?
        if request.asksModel {
            post(.progress(generation: generation, stage: "level", done: 0, total: 0))
            level = try pipeline.backgroundActivationLevel(maps, picture: picture.guide, isCancelled: isCancelled)
        }
        let mask = try saliencyFile.map { try pipeline.saliency(picture.guide, file: $0) } ?? nil
        return try PreparedLabels(
            request, maps: maps, barrier: saliency.barrier, tokens: saliency.tokens, fileMask: mask, truth: picture.truth, level: level,
            scale: picture.scale)
    }

    private func checkpoint() throws {
        if isCancelled() { throw CancellationError() }
    }

    /// What layers' maps are told apart by.
    private func mapsName(_ pipeline: LabelPipeline) -> String { pipeline.mapsName(request.classes) }

    private func traced(_ source: PictureFile, _ view: LabelPipeline.View, _ pipeline: LabelPipeline) throws -> Trace {
        post(.progress(generation: generation, stage: "forward pass", done: 0, total: 0))
        return try pipeline.trace(source.original(), view, isCancelled: isCancelled)
    }

    /// Computes the layer maps that a view lacks; the explorer's own are reported, all layers of them.
    private func addMaps(
        _ pipeline: LabelPipeline, _ view: LabelPipeline.View, isOwn: Bool, _ memo: inout LabelMemo
    ) throws {
        guard let entry = memo[view] else { return }
        let method = mapsName(pipeline), start = pipeline.layers.lowerBound
        let lowest = isOwn ? 0 : pipeline.layers.lowerBound
        let missing = request.classes.filter { !entry.has($0, method: method, from: lowest, depth: model.configuration.depth) }
        guard !missing.isEmpty else { return }
        let number = MapMethods.all.firstIndex { $0.identifier == request.preset.method } ?? 0
        let total = missing.count * (model.configuration.depth - lowest)
        var done = 0
        try model.layerMaps(
            of: entry.trace, targets: pipeline.targets(missing, of: request.classes), method: pipeline.method, downTo: lowest, start: start,
            isCancelled: isCancelled
        ) { layer in
            done += 1
            memo.add(layer.map, classIndex: layer.classIndex, layer: layer.layer, method: method, view)
            if isOwn {
                post(.layerMapped(
                    picture: request.picture,
                    key: MapKey(
                        model: request.model, target: .logit(layer.classIndex), method: number,
                        start: pipeline.method.dependsOnStart ? start : 0),
                    layer: layer.layer, .map(layer.map)))
            }
            post(.progress(generation: generation, stage: "maps", done: done, total: total))
        }
    }

    private func classMaps(
        _ pipeline: LabelPipeline, _ views: [LabelPipeline.View], _ source: PictureFile, _ guide: RGBImage,
        _ constraints: LabelConstraints?, _ memo: inout LabelMemo
    ) throws -> PixelMaps {
        var refiners = memo.refiners
        defer { memo.refiners = refiners }
        return try pipeline.classMaps(
            views, guide: guide, classes: request.classes, constraints: constraints, memo: &refiners, isCancelled: isCancelled
        ) { view in
            let entry = memo[view], trace = try entry?.trace ?? traced(source, view, pipeline)
            let maps = pipeline.preset.decoder < 1
                ? try pipeline.patchMaps(
                    trace, view, classes: request.classes,
                    layerMaps: entry?.lists(request.classes, method: mapsName(pipeline), pipeline.layers),
                    constraints: constraints, isCancelled: isCancelled) : []
            return LabelPipeline.ViewMaps(
                maps: try pipeline.tiled(maps, of: source.original(), view, classes: request.classes, isCancelled: isCancelled),
                decoded: try decoded(pipeline, view, source, trace, &memo))
        }
    }

    /// The decoder's answer, which strokes and refiners leave as it is.
    private func decoded(
        _ pipeline: LabelPipeline, _ view: LabelPipeline.View, _ source: PictureFile, _ trace: Trace, _ memo: inout LabelMemo
    ) throws -> [PatchMap] {
        if let known = memo[view]?.decoded, known.classes == request.classes { return known.maps }
        let maps = try pipeline.decoderMaps(
            view, of: source.original(), trace: trace, classes: request.classes, isCancelled: isCancelled)
        if !maps.isEmpty { memo.addDecoded(maps, classes: request.classes, view) }
        return maps
    }

    private func computedSaliency(
        _ pipeline: LabelPipeline, _ views: [LabelPipeline.View], _ guide: RGBImage, _ memo: inout LabelMemo
    ) throws -> LabelMemo.Saliency {
        guard let view = views.first, let trace = memo[view]?.trace else { return (nil, nil) }
        if let known = memo.saliency, known.view == view { return known.maps }
        let barrier = try pipeline.saliencyMaps(guide, barrier: true, tokens: false).barrier
        try checkpoint()
        let tokens = try pipeline.saliencyMaps(guide, barrier: false, tokens: true, trace: trace).tokens
        memo.saliency = (view, (barrier, tokens))
        return (barrier, tokens)
    }
}

/// Saliency maps in a folder, named as the pictures.
enum SaliencyFolder {
    /// The path of a picture's map, where a preset takes saliency from files; `nil` where it does not.
    ///
    /// - Throws: `LabelError` without a folder, `FileError` where it holds no map of the picture.
    static func file(for picture: String, _ preset: Preset, in folder: CompanionFiles?) throws -> String? {
        guard case .files = preset.saliency else { return nil }
        guard let folder else { throw LabelError.setting("saliency from files needs their folder: --saliency DIR") }
        return try folder.file(of: picture)
    }
}

extension LabelPipeline {
    /// What layers' maps of the method are told apart by: the method, where it starts if they depend on that, and what they are of.
    fileprivate func mapsName(_ classes: [Int]) -> String {
        let name = method.dependsOnStart ? "\(preset.method) from \(layers.lowerBound)" : preset.method
        if let set = softMaxSet(classes) { return "\(name) by soft-max of \(set)" }
        return preset.contrast.map { "\(name) against \($0)" } ?? name
    }
}
