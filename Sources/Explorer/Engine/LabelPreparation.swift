import Attribution
import Files
import Foundation
import Images
import Labels
import Tensors
import VisionTransformer

/// Makes everything of a picture's labels that no cut changes, from the trace and the layer maps that are there.
struct LabelPreparation {
    /// Pictures are worked on at this long side at most; exports are made at full size.
    static let longSide = 500

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
    ///   - memo: what earlier preparations left; renewed.
    func run(_ known: [Int: [PatchMap]], _ memo: inout LabelMemo) throws -> PreparedLabels {
        let pipeline = try LabelPipeline(model: model, preset: request.preset)
        let original = try ImageFile.read(path: request.path)
        let picture = original.forDisplay(longSide: Self.longSide)
        memo.begin(request.path)
        let ownSize = try settings.resize.inputSize(
            width: original.width, height: original.height, for: model.configuration, side: settings.size)
        let views = try pipeline.views(width: picture.width, height: picture.height)
        for view in views {
            if memo[view] == nil, !view.isMirrored, view.size == ownSize, let own { memo.keep(own, view) }
            if memo[view] == nil { memo.keep(try traced(picture, view, pipeline), view) }
            let isOwn = !view.isMirrored && view.size == ownSize
            if isOwn { memo.add(known, method: request.preset.method, view) }
            try addMaps(pipeline, view, isOwn: isOwn, &memo)
        }
        post(.progress(generation: generation, stage: "refining", done: 0, total: 0))
        let maps = try pipeline.classMaps(
            picture, classes: request.classes,
            known: { view in
                memo[view].map { ($0.trace, $0.lists(request, pipeline.layers)) }
            }, isCancelled: isCancelled)
        if isCancelled() { throw CancellationError() }
        post(.progress(generation: generation, stage: "saliency", done: 0, total: 0))
        let saliency = try pipeline.saliencyMaps(
            picture, barrier: true, tokens: true, trace: views.first.flatMap { memo[$0]?.trace })
        memo.trim(to: settings.traceLimit)
        var mask: Mask?
        if case .files = request.preset.saliency {
            mask = try pipeline.saliency(
                picture, file: SaliencyFolder.file(for: request.path, in: settings.saliencyFolder))
        }
        return try PreparedLabels(
            request, maps: maps, barrier: saliency.barrier, tokens: saliency.tokens, fileMask: mask,
            truth: try truth(width: picture.width, height: picture.height, of: original),
            scale: Double(picture.width) / Double(original.width))
    }

    private func traced(_ picture: RGBImage, _ view: LabelPipeline.View, _ pipeline: LabelPipeline) throws -> Trace {
        post(.progress(generation: generation, stage: "forward pass", done: 0, total: 0))
        return try pipeline.trace(picture, view, isCancelled: isCancelled)
    }

    /// Computes the layer maps that a view lacks; the explorer's own are reported, all layers of them.
    private func addMaps(
        _ pipeline: LabelPipeline, _ view: LabelPipeline.View, isOwn: Bool, _ memo: inout LabelMemo
    ) throws {
        guard let entry = memo[view] else { return }
        let method = request.preset.method
        let lowest = isOwn ? 0 : pipeline.layers.lowerBound
        let missing = request.classes.filter { !entry.has($0, method: method, from: lowest, depth: model.configuration.depth) }
        guard !missing.isEmpty else { return }
        let number = MapMethods.all.firstIndex { $0.identifier == method } ?? 0
        let total = missing.count * (model.configuration.depth - lowest)
        var done = 0
        try model.layerMaps(
            of: entry.trace, classes: missing, method: pipeline.method, downTo: lowest, isCancelled: isCancelled
        ) { layer in
            done += 1
            memo.add(layer.map, classIndex: layer.classIndex, layer: layer.layer, method: method, view)
            if isOwn {
                post(.layerMapped(
                    picture: request.picture, key: MapKey(classIndex: layer.classIndex, method: number), layer: layer.layer,
                    layer.map))
            }
            post(.progress(generation: generation, stage: "maps", done: done, total: total))
        }
    }

    /// The true label map at the size worked at; `nil` where none is known.
    private func truth(width: Int, height: Int, of original: RGBImage) throws -> IndexedImage? {
        guard let folder = settings.truthFolder else { return nil }
        let path = folder + "/" + ImageLabels.stem(request.path) + ".png"
        guard FileManager.default.fileExists(atPath: path) else {
            post(.note("no truth for this picture: \(path) is not there"))
            return nil
        }
        do {
            let truth = try ImageFile.readIndices(path: path)
            guard truth.width == original.width, truth.height == original.height else {
                post(.note("\(path): is \(truth.width)×\(truth.height), the picture \(original.width)×\(original.height)"))
                return nil
            }
            return truth.resized(width: width, height: height)
        } catch {
            post(.note("\(error)"))
            return nil
        }
    }
}

/// Saliency maps in a folder, named as the pictures.
enum SaliencyFolder {
    /// The path of a picture's map; `nil` where there is none.
    static func file(for picture: String, in folder: String?) -> String? {
        guard let folder else { return nil }
        let stem = folder + "/" + ImageLabels.stem(picture)
        return ["png", "jpg", "jpeg", "npy"].map { stem + "." + $0 }.first { FileManager.default.fileExists(atPath: $0) }
    }
}

extension IndexedImage {
    /// At another size, each pixel from the one under its center.
    fileprivate func resized(width newWidth: Int, height newHeight: Int) -> IndexedImage {
        guard newWidth != width || newHeight != height, width > 0, height > 0 else { return self }
        let columns = (0..<newWidth).map { (2 * $0 + 1) * width / (2 * newWidth) }
        var result: [UInt8] = []
        result.reserveCapacity(newWidth * newHeight)
        for row in 0..<newHeight {
            let start = (2 * row + 1) * height / (2 * newHeight) * width
            for column in columns { result.append(indices[start + column]) }
        }
        return IndexedImage(width: newWidth, height: newHeight, indices: result, palette: palette)
    }
}
