import Checkpoints
import Tensors
import VisionTransformer

/// The logit lens of every patch (``VisionTransformer/lens(_:of:layer:classes:)``).
///
/// Costs patches·width multiplications a class and layer. The last layer takes a complete trace where the head reads the class
/// token alone; models without a final norm take one for all layers.
public struct PatchLens: Quantity {
    public let identifier = "lens"
    public let title = "logit lens"
    public let summary = "the class's logit read off every patch after the block"
    public let definition = """
        w_c·LN(z_j) + b_c, z the residual stream after block l, LN the final norm, w and b the head: the logit if the \
        model ended there with the patch in place of what its head reads. Signed, in logits. Source: nostalgebraist \
        2020; ViT-Prisma.
        """
    public let axes: QuantityAxes = [.target, .layer]
    public let scale = QuantityScale.diverging
    public let sumsLogits = true
    public let readsCompleteTrace = true

    public init() {}

    public func obstacle(for configuration: ModelConfiguration) -> String? { configuration.lensObstacle }

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        let source = try model.lensTrace(.patches, trace, request.layers, isCancelled)
        let targets = try LensTargets(request.targets, trace)
        try request.forEachLayer(isCancelled) { layer in
            let logits = try model.lens(.patches, of: source, layer: layer, classes: targets.classes)
            for (position, values) in targets.values(logits).enumerated() {
                each(
                    QuantityPlace(target: position, layer: layer),
                    .map(PatchMap(rows: trace.grid.height, columns: trace.grid.width, values: values)))
            }
        }
    }
}

/// Targets as sums of logits of few classes.
struct LensTargets {
    /// The classes whose logits are wanted.
    let classes: [Int]
    /// For each target what the classes' logits are multiplied with, by their places in ``classes``.
    private let shares: [[(place: Int, share: Float)]]

    init(_ targets: [ClassTarget], _ trace: Trace) throws(ModelError) {
        var classes: [Int] = [], shares: [[(place: Int, share: Float)]] = []
        for target in targets {
            var own: [(place: Int, share: Float)] = []
            for (index, share) in try target.shares(trace.logits) {
                if !classes.contains(index) { classes.append(index) }
                own.append((classes.firstIndex(of: index) ?? 0, Float(share)))
            }
            shares.append(own)
        }
        self.classes = classes
        self.shares = shares
    }

    /// For each target a value a row of `[rows, classes]`.
    func values(_ logits: Tensor) -> [[Float]] {
        let rows = logits.shape[0], count = logits.shape[1], values = logits.values
        return shares.map { shares in
            (0..<rows).map { row in shares.reduce(0) { $0 + $1.share * values[row * count + $1.place] } }
        }
    }
}

extension VisionTransformer {
    /// The trace itself where it has what lenses of the layers read, else a complete one.
    func lensTrace(
        _ reading: LensReading, _ trace: Trace, _ layers: ClosedRange<Int>, _ isCancelled: () -> Bool
    ) throws -> Trace {
        guard configuration.head != .none else { throw ModelError.noHead }
        if layers.allSatisfy({ lensReads(reading, of: trace, layer: $0) }) { return trace }
        return try complete(trace, isCancelled: isCancelled)
    }
}

extension ModelConfiguration {
    /// Why no logits can be read off single tokens.
    var lensObstacle: String? {
        switch head {
        case _ where attentionPool != nil: Self.poolObstacle
        case .none: Self.headlessObstacle
        case _ where mergedSide > 1: "the model's head merges patches, so no single token has a logit"
        case .projectedMap: "the model's head reads a map of all patches by convolutions, so no single token has a logit"
        default: nil
        }
    }
}
