import Checkpoints
import Tensors
import VisionTransformer

/// What the class loses without each head, to first order and at once for all: one backward pass with all rows.
///
/// What it loses in truth is ``VisionTransformer/headEffect(of:ablating:by:targets:isCancelled:)``, a forward pass a head.
public struct HeadEffect: Quantity {
    /// What takes the place of a head's output.
    public let kind: HeadAblations.Kind
    public var identifier: String { kind == .zero ? "head-effect" : "mean-effect" }
    public var title: String { kind == .zero ? "head effect" : "head effect by mean" }
    public var summary: String {
        "a first-order estimate of what the class loses where a head's output is made \(kind == .zero ? "zero" : "its mean over all tokens")"
    }
    public var definition: String {
        switch kind {
        case .zero:
            "Σ_ij G_ij A_ij over all rows and columns of every layer and head, A the attention, G = ∂y/∂A: to first order y less what y "
                + "is with the head's output zero. In logits; positive where the head speaks for the class."
        case .mean:
            "Σ_ij G_ij (A_ij − a_j) over all rows and columns of every layer and head, A the attention, a the mean of its rows, "
                + "G = ∂y/∂A: to first order y less what y is with the head's output its mean over all tokens. In logits; positive where "
                + "what the head tells apart speaks for the class."
        }
    }
    public let axes: QuantityAxes = .target
    public let scale = QuantityScale.diverging

    public init(by kind: HeadAblations.Kind = .zero) { self.kind = kind }

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
        var means: (layer: Int, rows: [[Double]])?
        try model.backward(
            trace, from: Cotangents(logits: logits), wanting: BackwardWants(attentionDownTo: request.layers.lowerBound, rows: .all),
            isCancelled: isCancelled
        ) { gradient in
            guard request.layers.contains(gradient.layer) else { return }
            if kind == .mean, means?.layer != gradient.layer {
                means = (gradient.layer, model.meanAttentionRows(of: trace, layer: gradient.layer))
            }
            tables[gradient.position][gradient.layer] = (0..<heads).map { head in
                let mean = means?.rows[head]
                return Float(gradient.rows.reduce(0.0) { sum, row in
                    let (a, g) = (gradient.attention(head: head, row: row), gradient.gradient(head: head, row: row))
                    return a.indices.reduce(sum) { $0 + Double(g[$1]) * (Double(a[$1]) - (mean?[$1] ?? 0)) }
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
    /// The mean of all rows of each head's attention in a layer: `[heads][tokens]`.
    fileprivate func meanAttentionRows(of trace: Trace, layer: Int) -> [[Double]] {
        withAttention(of: trace, layer: layer, rows: 0..<trace.tokens) { attention in
            (0..<attention.heads).map { head in
                var sum = [Double](repeating: 0, count: attention.tokens)
                for row in attention.rows {
                    let values = attention.row(row, head: head)
                    for token in sum.indices { sum[token] += Double(values[token]) }
                }
                return sum.map { $0 / Double(attention.rows.count) }
            }
        }
    }

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
        return try targets.map { Float(try $0.value(of: trace) - $0.value(of: without)) }
    }
}
