import Checkpoints
import Tensors

/// A segmentation decoder over its Vision Transformer, the published one or the light one: a label for every pixel.
///
/// Thread-safe, as the transformer it runs on.
public final class SegmentationModel: Sendable {
    public let transformer: VisionTransformer
    private let decoder: Kind

    private enum Kind {
        case published(Decoder, MapHead)
        case light(ParameterSet.LightDecoder)
    }

    /// - Throws: `ModelError.noDecoder` where the checkpoint has none.
    public init(_ transformer: VisionTransformer) throws(ModelError) {
        self.transformer = transformer
        if let parameters = transformer.parameters.decoder, let head = transformer.mapHead {
            decoder = .published(Decoder(parameters), head)
        } else if let parameters = transformer.parameters.lightDecoder {
            decoder = .light(parameters)
        } else {
            throw .noDecoder
        }
    }

    /// Number of labels: background and classes.
    public var labelCount: Int {
        switch decoder {
        case .published(let decoder, _): decoder.outputs
        case .light(let decoder): decoder.labels
        }
    }

    /// One name a label: "background", then the classes'.
    public var labelNames: [String] {
        let names = transformer.configuration.classNames
        return ["background"] + (1..<max(labelCount, 1)).map { $0 <= names.count ? names[$0 - 1] : String($0) }
    }

    /// Logits of every label at every pixel, `[labels, height, width]`, background first.
    ///
    /// - Parameter pixels: `[3, height, width]`, normalized as the configuration says; sides are multiples of its
    ///   `inputStep`.
    /// - Throws: `ModelError`, or `CancellationError`.
    public func logits(of pixels: Tensor, isCancelled: () -> Bool = { false }) throws -> Tensor {
        let map = try answer(to: pixels, isCancelled: isCancelled).map
        return map.resized(
            height: pixels.shape[1], width: pixels.shape[2], alignCorners: false, compute: transformer.compute, in: workspace
        ).planes
    }

    /// The logits of every label on a map of the input's size or smaller, labels last, and those of the classes.
    package func answer(to pixels: Tensor, isCancelled: () -> Bool = { false }) throws -> (map: FeatureMap, classes: [Float]) {
        let answer: (map: FeatureMap, classes: [Float])
        switch decoder {
        case .published(let decoder, let head): answer = (try published(decoder, head, pixels, isCancelled), [])
        case .light(let decoder): answer = try light(decoder, pixels, isCancelled)
        }
        try transformer.checkParameters()
        guard UnsafeBufferPointer(start: answer.map.values.base, count: answer.map.count).allSatisfy(\.isFinite) else {
            throw ModelError.notFinite
        }
        return answer
    }

    private func light(
        _ decoder: ParameterSet.LightDecoder, _ pixels: Tensor, _ isCancelled: () -> Bool
    ) throws -> (map: FeatureMap, classes: [Float]) {
        let grid = try transformer.grid(of: pixels), last = transformer.configuration.depth - 1
        let taps = Taps(blocks: Set(decoder.taps.map(\.block) + [last]))
        try transformer.tap(taps, pixels, isCancelled: isCancelled)
        guard let stream = taps.streams[last] else { preconditionFailure("a block was not kept") }
        let map = try transformer.decode({ taps.streams[$0] }, decoder, grid: grid).logits
        let trace = Trace(
            grid: .init(height: grid.rows, width: grid.columns), prefixTokens: transformer.configuration.prefixTokens)
        transformer.forwardHead(stream, transformer.extents(grid), trace)
        return (map, trace.logits)
    }

    private func published(
        _ decoder: Decoder, _ head: MapHead, _ pixels: Tensor, _ isCancelled: () -> Bool
    ) throws -> FeatureMap {
        let (model, step) = (transformer, transformer.configuration.inputStep)
        let grid = try model.grid(of: pixels)
        guard pixels.shape[1] % step.height == 0, pixels.shape[2] % step.width == 0 else {
            throw ModelError.input(
                "an input of \(pixels.shape[2])×\(pixels.shape[1]) pixels: the decoder needs multiples of \(step.width)×\(step.height)")
        }
        let taps = Taps(blocks: model.decoderTaps)
        try model.tap(taps, pixels, isCancelled: isCancelled)
        func readout(_ readout: ProjectReadout, level: Int) -> FeatureMap {
            guard let stream = taps.streams[model.quarterBlock(level)] else { preconditionFailure("a block was not kept") }
            return readout(
                stream.base, grid: grid, prefix: model.configuration.prefixTokens, compute: model.compute,
                in: model.workspace
            ).map
        }
        var maps = decoder.levels.enumerated().map { index, level in
            level.map { $0.map(readout($0.readout, level: index), model.compute, model.workspace) } ?? taps.stages[index]
        }
        maps.append(head.map(readout(head.readout, level: 3), compute: model.compute, in: model.workspace))
        return try decoder(maps, compute: model.compute, in: model.workspace, isCancelled: isCancelled)
    }

    /// Memory for maps made of this model's.
    package var workspace: Workspace { transformer.workspace }
}
