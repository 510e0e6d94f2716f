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
    /// Of the picture as the explorer shows it to the model.
    let trace: Trace
    let isCancelled: () -> Bool
    let post: (Action) -> Void
    let generation: Int

    /// - Parameter known: every layer's map of some of the classes.
    func run(_ known: [Int: [PatchMap]]) throws -> PreparedLabels {
        let pipeline = try LabelPipeline(model: model, preset: request.preset)
        let original = try ImageFile.read(path: request.path)
        let picture = original.forDisplay(longSide: Self.longSide)
        let layers = try allLayerMaps(pipeline, known).map { Array($0[pipeline.layers]) }
        post(.progress(generation: generation, stage: "refining", done: 0, total: 0))
        let size = try settings.resize.inputSize(
            width: original.width, height: original.height, for: model.configuration, side: settings.size)
        let maps = try pipeline.classMaps(
            picture, classes: request.classes,
            known: { $0.isMirrored || $0.size != size ? nil : (trace, layers) }, isCancelled: isCancelled)
        if isCancelled() { throw CancellationError() }
        post(.progress(generation: generation, stage: "saliency", done: 0, total: 0))
        let saliency = try pipeline.saliencyMaps(picture, barrier: true, tokens: true, trace: trace)
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

    /// Every layer's maps of the request's classes; those that are new are reported.
    private func allLayerMaps(_ pipeline: LabelPipeline, _ known: [Int: [PatchMap]]) throws -> [[PatchMap]] {
        let depth = model.configuration.depth
        var maps = known.filter { $0.value.count == depth }
        let missing = request.classes.filter { maps[$0] == nil }
        if !missing.isEmpty {
            let method = MapMethods.all.firstIndex { $0.identifier == request.preset.method } ?? 0
            let total = missing.count * depth
            var done = 0
            try model.layerMaps(
                of: trace, classes: missing, method: pipeline.method, downTo: 0, isCancelled: isCancelled
            ) { layer in
                done += 1
                maps[layer.classIndex, default: []].insert(layer.map, at: 0)
                post(.layerMapped(
                    picture: request.picture, classIndex: layer.classIndex, method: method, layer: layer.layer, layer.map))
                post(.progress(generation: generation, stage: "maps", done: done, total: total))
            }
        }
        return request.classes.compactMap { maps[$0] }
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
