import Attribution
import Files
import Images
import Synchronization
import VisionTransformer

/// A picture that is labeled by one preset after another: what presets have in common is made once.
///
///     picture → traces → layers' maps → fused and refined over patches → at the picture's size, refined → label
///
/// Every stage is kept under what it depends on, within a bound of memory, what was used longest ago forgotten first. The labels are those
/// of ``LabelPipeline/labels(_:classes:labels:trace:saliencyFile:isCancelled:)``, bit for bit.
public final class LabelStages: Sendable {
    private let path: String
    /// What the picture's longer side is reduced to; nil for none.
    private let longSide: Int?
    /// Among the model's logits, and the number of each in the label map.
    private let classes: [Int]
    private let numbers: [UInt8]
    private let kept: Mutex<Kept>

    /// - Parameters:
    ///   - path: the picture's file.
    ///   - longSide: what a larger picture is reduced to, for labels of that size; sizes in pixels of the presets are then smaller, too.
    ///   - limit: bytes that may be kept.
    public init(path: String, classes: [Int], labels: [UInt8], longSide: Int? = nil, limit: Int) {
        (self.path, self.classes, numbers, self.longSide) = (path, classes, labels, longSide)
        kept = Mutex(Kept(limit: limit))
    }

    /// The picture's label map by a preset.
    ///
    /// - Throws: as the pipeline's.
    public func labels(by pipeline: LabelPipeline, saliencyFile: String? = nil, isCancelled: () -> Bool = { false }) throws -> IndexedImage {
        let (picture, scale) = try picture()
        let pipeline = scale < 1 ? try LabelPipeline(model: pipeline.model, preset: pipeline.preset.scaled(by: scale)) : pipeline
        let preset = pipeline.preset
        let maps: PixelMaps = try value(.pixels(preset.upToPixels)) {
            let views = try pipeline.views(width: picture.width, height: picture.height)
            let parts = try viewMaps(views, of: picture, by: pipeline, isCancelled)
            var memo = takeMemo(), place = 0
            let maps = try pipeline.classMaps(views, guide: picture, classes: classes, memo: &memo, isCancelled: isCancelled) { _ in
                defer { place += 1 }
                return parts[place]
            }
            // Its size is not known but bounded; kernels are most of what a refiner takes.
            let memory = try pipeline.memory(width: picture.width, height: picture.height, classes: classes.count)
            keep(.memo(memo), as: .memo, bytes: memory.picture)
            return maps
        } bytes: {
            $0.values.count * MemoryLayout<Float>.stride
        }
        let mask = try pipeline.saliency(picture, file: saliencyFile)
        let activation = try Activation(maps, labels: numbers)
        return try pipeline.completion(maps, activation, picture: picture, isCancelled: isCancelled).labels(activation, saliency: mask).labels
    }

    /// The picture as it is worked on, and its size over its own.
    private func picture() throws -> (RGBImage, scale: Double) {
        let picture: Picture = try value(.picture) {
            let original = try ImageFile.read(path: path), reduced = longSide.map { original.forDisplay(longSide: $0) } ?? original
            return Picture(image: reduced, scale: Double(reduced.width) / Double(original.width))
        } bytes: {
            $0.image.samples.count
        }
        return (picture.image, picture.scale)
    }

    private struct Picture: Sendable {
        let image: RGBImage
        let scale: Double
    }

    private func viewMaps(
        _ views: [LabelPipeline.View], of picture: RGBImage, by pipeline: LabelPipeline, _ isCancelled: () -> Bool
    ) throws -> [LabelPipeline.ViewMaps] {
        let preset = pipeline.preset
        guard !classes.isEmpty else { return views.map { _ in .init() } }
        return try value(.patches(preset.upToPatches)) {
            try views.enumerated().map { place, view in
                func trace() throws -> Trace {
                    try value(.trace(preset.upToPass(pipeline), place)) {
                        try pipeline.trace(picture, view, isCancelled: isCancelled)
                    } bytes: {
                        $0.byteCount
                    }
                }
                var result = LabelPipeline.ViewMaps()
                if preset.decoder < 1 {
                    let layers: [[PatchMap]] = try value(.layers(preset.upToLayers(pipeline), place)) {
                        try deeperMaps(pipeline, place) ?? pipeline.layerMaps(trace(), classes: classes, isCancelled: isCancelled)
                    } bytes: {
                        $0.joined().reduce(0) { $0 + $1.values.count * MemoryLayout<Float>.stride }
                    }
                    let maps = try pipeline.patchMaps(of: layers, view, isCancelled: isCancelled, trace: trace)
                    result.maps = try pipeline.tiled(maps, of: picture, view, classes: classes, isCancelled: isCancelled)
                }
                if preset.decoder > 0 {
                    result.decoded = try pipeline.decoderMaps(
                        view, of: picture, trace: preset.decoder < 1 ? trace() : nil, classes: classes, isCancelled: isCancelled)
                }
                return result
            }
        } bytes: {
            $0.reduce(0) { $0 + ($1.maps + $1.decoded).reduce(0) { $0 + $1.values.count * MemoryLayout<Float>.stride } }
        }
    }

    /// The layers' maps of a view where those of more layers are kept.
    private func deeperMaps(_ pipeline: LabelPipeline, _ place: Int) -> [[PatchMap]]? {
        // Maps of others are of all layers from the first on.
        guard !pipeline.method.dependsOnStart else { return nil }
        let first = pipeline.layers.lowerBound
        var preset = pipeline.preset.upToLayers(pipeline)
        for deeper in (0..<first).reversed() {
            preset.layers = .from(deeper)
            guard let maps = kept.withLock({ $0.take(.layers(preset, place)) })?.content as? [[PatchMap]] else { continue }
            return maps.map { Array($0.dropFirst(first - deeper)) }
        }
        return nil
    }

    /// About the bytes that are kept.
    public var byteCount: Int { kept.withLock { $0.bytes } }

    // MARK: What is kept

    /// What a value depends on beside the picture and the model.
    private enum Stage: Hashable {
        case picture
        /// Of a view, by its place.
        case trace(Preset, Int), layers(Preset, Int)
        case patches(Preset), pixels(Preset)
        /// What refiners found of the picture.
        case memo
    }

    private enum Value: Sendable {
        case picture(Picture), trace(Trace), layers([[PatchMap]]), patches([LabelPipeline.ViewMaps]), pixels(PixelMaps), memo(RefinerMemo)

        var content: any Sendable {
            switch self {
            case .picture(let value): value
            case .trace(let value): value
            case .layers(let value): value
            case .patches(let value): value
            case .pixels(let value): value
            case .memo(let value): value
            }
        }

        init?(_ content: any Sendable) {
            switch content {
            case let value as Picture: self = .picture(value)
            case let value as Trace: self = .trace(value)
            case let value as [[PatchMap]]: self = .layers(value)
            case let value as [LabelPipeline.ViewMaps]: self = .patches(value)
            case let value as PixelMaps: self = .pixels(value)
            default: return nil
            }
        }
    }

    private struct Kept {
        let limit: Int
        var bytes = 0
        /// Least recently used first.
        var entries: [(stage: Stage, value: Value, bytes: Int)] = []

        mutating func take(_ stage: Stage) -> Value? {
            guard let place = entries.firstIndex(where: { $0.stage == stage }) else { return nil }
            entries.append(entries.remove(at: place))
            return entries.last?.value
        }

        mutating func keep(_ value: Value, as stage: Stage, bytes size: Int) {
            if let place = entries.firstIndex(where: { $0.stage == stage }) { bytes -= entries.remove(at: place).bytes }
            // What would take the place of all else is not worth it.
            guard size <= limit / 2 else { return }
            entries.append((stage, value, size))
            bytes += size
            while bytes > limit, !entries.isEmpty { bytes -= entries.removeFirst().bytes }
        }
    }

    private func keep(_ value: Value, as stage: Stage, bytes: Int) { kept.withLock { $0.keep(value, as: stage, bytes: bytes) } }

    private func value<Content: Sendable>(_ stage: Stage, _ make: () throws -> Content, bytes: (Content) -> Int) throws -> Content {
        if let known = kept.withLock({ $0.take(stage) })?.content as? Content { return known }
        let made = try make()
        if let value = Value(made) { keep(value, as: stage, bytes: bytes(made)) }
        return made
    }

    private func takeMemo() -> RefinerMemo {
        if case .memo(let memo)? = kept.withLock({ $0.take(.memo) }) { memo } else { RefinerMemo() }
    }
}

extension Preset {
    /// The preset as far as the label's maps at the picture's size depend on it.
    fileprivate var upToPixels: Preset {
        var preset = nameless
        (preset.saliency, preset.saliencyLevel, preset.completion) = (.none, nil, LabelCompletion())
        return preset
    }

    /// As far as the maps over patches do.
    fileprivate var upToPatches: Preset {
        var preset = upToPixels
        preset.refiners.removeAll { !$0.worksOnPatches }
        (preset.upsampling, preset.normalization) = (.corners, .maximum)
        preset.decoder = decoder <= 0 ? 0 : decoder >= 1 ? 1 : 0.5
        return preset
    }

    /// As far as the layers' maps do.
    fileprivate func upToLayers(_ pipeline: LabelPipeline) -> Preset {
        var preset = upToPatches
        (preset.refiners, preset.fusion, preset.weights, preset.share) = ([], .sum, [], false)
        preset.layers = .from(pipeline.layers.lowerBound)
        return preset
    }

    /// As far as the passes do: whether they keep all tokens, and what a decoder reads.
    fileprivate func upToPass(_ pipeline: LabelPipeline) -> Preset {
        var preset = upToLayers(pipeline)
        (preset.layers, preset.method) = (.upperHalf, pipeline.method.readsCompleteTrace ? "complete" : "")
        return preset
    }
}
