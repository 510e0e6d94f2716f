import Checkpoints
import Tensors
import VisionTransformer

/// What the class loses without each head, to first order and at once for all: one backward pass with all rows.
///
/// What it loses in truth is ``VisionTransformer/headEffect(of:ablating:by:targets:isCancelled:)``, a forward pass a head.
public struct HeadEffect: Quantity {
    public let identifier = "head-effect"
    public let title = "head effect"
    public let summary = "a first-order estimate of what the class loses where a head's output is made zero"
    public let definition =
        "Σ_ij G_ij A_ij over all rows and columns of every layer and head, A the attention, G = ∂y/∂A: to first order y less what y "
        + "is with the head's output zero. In logits; positive where the head speaks for the class."
    public let axes: QuantityAxes = .target
    public let scale = QuantityScale.diverging

    public init() {}

    public func obstacle(for configuration: ModelConfiguration) -> String? {
        configuration.head == .none ? "the model has no classification head, so there is no class to lose" : nil
    }

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        let heads = model.configuration.heads
        let empty = [[Float]](repeating: [Float](repeating: .nan, count: heads), count: trace.depth)
        var tables = [[[Float]]](repeating: empty, count: request.targets.count)
        let logits = try ClassTarget.cotangents(request.targets, of: trace, model.configuration)
        try model.backward(
            trace, from: Cotangents(logits: logits), wanting: BackwardWants(attentionDownTo: request.layers.lowerBound, rows: .all),
            isCancelled: isCancelled
        ) { gradient in
            guard request.layers.contains(gradient.layer) else { return }
            tables[gradient.position][gradient.layer] = (0..<heads).map { head in
                Float(gradient.rows.reduce(0.0) { sum, row in
                    let (a, g) = (gradient.attention(head: head, row: row), gradient.gradient(head: head, row: row))
                    return zip(a, g).reduce(sum) { $0 + Double($1.0) * Double($1.1) }
                })
            }
        }
        for (position, rows) in tables.enumerated() {
            let table = QuantityTable(columns: (0..<heads).map { "head \($0)" }, rows: rows, unit: "logits")
            each(QuantityPlace(target: position), .table(table))
        }
    }
}

extension VisionTransformer {
    /// What each target loses where one more head is ablated: its value less that of the pass without the head, which starts at the
    /// head's layer.
    ///
    /// - Throws: `ModelError`, `CancellationError`.
    public func headEffect(
        of trace: Trace, ablating head: HeadAblations.Head, by kind: HeadAblations.Kind = .zero, targets: [ClassTarget],
        isCancelled: () -> Bool = { false }
    ) throws -> [Float] {
        var ablations = trace.ablations
        ablations[head.layer, head.head] = kind
        let without = try forward(trace, ablating: ablations, isCancelled: isCancelled)
        return try targets.map { Float(try $0.value(trace.logits) - $0.value(without.logits)) }
    }
}

extension ClassTarget {
    /// y of a pass with these logits.
    func value(_ logits: [Float]) throws(ModelError) -> Double {
        try shares(logits).reduce(0) { $0 + $1.share * Double(logits[$1.classIndex]) }
    }
}
