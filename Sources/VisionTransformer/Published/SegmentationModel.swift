import Checkpoints
import Tensors

/// A published GETAM model's decoder over its Vision Transformer: a label for every pixel.
///
/// Thread-safe, as the transformer it runs on.
public final class SegmentationModel: Sendable {
    public let transformer: VisionTransformer
    private let decoder: Decoder
    private let head: MapHead

    /// - Throws: `ModelError.noDecoder` where the checkpoint has none.
    public init(_ transformer: VisionTransformer) throws(ModelError) {
        guard let parameters = transformer.parameters.decoder, let head = transformer.mapHead else {
            throw .noDecoder
        }
        self.transformer = transformer
        self.head = head
        decoder = Decoder(parameters)
    }

    /// Number of labels: background and classes.
    public var labelCount: Int { decoder.outputs }

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
        try logitMap(of: pixels, isCancelled: isCancelled).planes
    }

    /// As ``logits(of:isCancelled:)``, labels last.
    package func logitMap(of pixels: Tensor, isCancelled: () -> Bool = { false }) throws -> FeatureMap {
        let (model, step) = (transformer, transformer.configuration.inputStep)
        let grid = try model.grid(of: pixels)
        guard pixels.shape[1] % step.height == 0, pixels.shape[2] % step.width == 0 else {
            throw ModelError.input(
                "an input of \(pixels.shape[2])×\(pixels.shape[1]) pixels: the decoder needs multiples of \(step.width)×\(step.height)")
        }
        let depth = model.configuration.depth
        let taps = Taps(blocks: Set((1...4).map { $0 * depth / 4 - 1 }))
        try model.tap(taps, pixels, isCancelled: isCancelled)
        func readout(_ readout: ProjectReadout, quarter: Int) -> FeatureMap {
            guard let stream = taps.streams[quarter * depth / 4 - 1] else { preconditionFailure("a block was not kept") }
            return readout(
                stream.base, grid: grid, prefix: model.configuration.prefixTokens, compute: model.compute,
                in: model.workspace
            ).map
        }
        var maps = decoder.levels.enumerated().map { index, level in
            level.map { $0.map(readout($0.readout, quarter: index + 1), model.compute, model.workspace) } ?? taps.stages[index]
        }
        maps.append(head.map(readout(head.readout, quarter: 4), compute: model.compute, in: model.workspace))
        let logits = try decoder(maps, compute: model.compute, in: model.workspace, isCancelled: isCancelled)
        try transformer.checkParameters()
        guard UnsafeBufferPointer(start: logits.values.base, count: logits.count).allSatisfy(\.isFinite) else {
            throw ModelError.notFinite
        }
        return logits
    }

    /// Memory for maps made of this model's.
    package var workspace: Workspace { transformer.workspace }
}
