import Checkpoints
import Tensors
import VisionTransformer

/// A method that follows relevance through the layers: with Ā = E_h relu(G ⊙ A), G = ∂y/∂A and E_h the mean over heads, a product of
/// matrices made of I and the layers' Ā, from the start layer up. Layer l's map is a row of what has come together after l, at the
/// patches: the class token's unless asked otherwise, or of a head that pools the patches the mean over theirs, to each of which
/// the identity adds its own share. A layer before the start is its own.
///
/// No product of matrices is made: rows go down through the layers as the backward pass meets them, all layers' together, each a
/// product of few rows with Ā. Every query row's gradient is taken, for all layers down to the start.
public protocol GradientFlow: ClassMethod {
    /// Whether every row of Ā + I is divided by its sum.
    var normalizesRows: Bool { get }
}

extension GradientFlow {
    public var axes: QuantityAxes { [.target, .layer, .query, .start] }
    public var fusion: MapFusion { .last }
    /// The sources': the first.
    public func defaultStartLayer(of configuration: ModelConfiguration) -> Int { 0 }

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        let (layers, start, tokens) = (request.layers, request.start, trace.tokens)
        let source = try request.query.rows(of: trace, standingForPicture: model.configuration.rowsOfClass(trace))
        /// For each target a row a layer wanted that was met from the start on, the last layer first.
        var flows = [[Float]](repeating: [], count: request.targets.count)
        func report(_ target: Int, _ layer: Int, _ row: some Collection<Float>) {
            each(QuantityPlace(target: target, layer: layer), .map(PatchMap(tokens: row, of: trace)))
        }
        try model.backward(
            trace, from: Cotangents(logits: ClassTarget.cotangents(request.targets, of: trace, model.configuration)),
            wanting: BackwardWants(attentionDownTo: min(max(start, 0), layers.lowerBound), rows: .all), isCancelled: isCancelled,
            visitAttention: { gradient in
                let (layer, target) = (gradient.layer, gradient.position)
                guard layer <= layers.upperBound, layer >= start || layers.contains(layer) else { return }
                var rows = layer < start ? [] : flows[target]
                if layers.contains(layer) {
                    var own = [Float](repeating: 0, count: tokens)
                    for token in source { own[token] = 1 / Float(source.count) }
                    rows += own
                }
                RelevanceStep(gradient, model.compute).pass(&rows, normalized: normalizesRows)
                if layer < start {
                    report(target, layer, rows)
                } else {
                    flows[target] = rows
                }
                guard layer == start, target == request.targets.count - 1 else { return }
                for (place, met) in layers.reversed().filter({ $0 >= start }).enumerated() {
                    for target in flows.indices { report(target, met, flows[target][place * tokens..<(place + 1) * tokens]) }
                }
            })
    }
}

/// Ā of one layer and class.
private struct RelevanceStep {
    private let tokens: Int
    /// The query rows that are here; the others are zero.
    private let rows: Range<Int>
    /// `[rows, tokens]`
    private let values: Tensor
    private let compute: Compute

    init(_ gradient: AttentionGradient, _ compute: Compute) {
        let (tokens, heads, rows) = (gradient.tokens, gradient.heads, gradient.rows)
        (self.tokens, self.rows, self.compute) = (tokens, rows, compute)
        values = Tensor(shape: [rows.count, tokens]) { values in
            values.initialize(repeating: 0)
            guard let base = values.baseAddress else { return }
            nonisolated(unsafe) let out = base
            compute.forRanges(rows.count) { range in
                // The kernel gives relu(G), too.
                withUnsafeTemporaryAllocation(of: Float.self, capacity: tokens) { other in
                    guard let unused = other.baseAddress else { return }
                    unused.initialize(repeating: 0, count: tokens)
                    for row in range {
                        let line = out + row * tokens
                        for head in 0..<heads {
                            guard let a = gradient.attention(head: head, row: rows.lowerBound + row).baseAddress,
                                let g = gradient.gradient(head: head, row: rows.lowerBound + row).baseAddress else { return }
                            compute.kernels.couple(a, g, tokens, line, unused)
                        }
                        for token in 0..<tokens { line[token] /= Float(heads) }
                    }
                }
            }
        }
    }

    /// r ← r + r·Ā for each of several rows of `tokens` numbers; `normalized` divides every row of I + Ā by its sum first.
    func pass(_ flow: inout [Float], normalized: Bool) {
        let count = flow.count / tokens
        guard count > 0 else { return }
        if normalized {
            for row in 0..<rows.count {
                let sum = values.withUnsafeElements { $0[row * tokens..<(row + 1) * tokens].reduce(1.0) { $0 + Double($1) } }
                for line in 0..<count { flow[line * tokens + rows.lowerBound + row] *= Float(1 / sum) }
            }
        }
        let known = flow
        known.withUnsafeBufferPointer { known in
            flow.withUnsafeMutableBufferPointer { flow in
                guard let x = known.baseAddress, let base = flow.baseAddress else { return }
                nonisolated(unsafe) let y = base
                values.withUnsafeElements { values in
                    guard let matrix = values.baseAddress else { return }
                    compute.forRanges(tokens, multiple: 16) { columns in
                        compute.product(
                            count, columns.count, rows.count, .plain(x + rows.lowerBound, stride: tokens),
                            .plain(matrix + columns.lowerBound, stride: tokens), beta: 1, into: y + columns.lowerBound, stride: tokens)
                    }
                }
            }
        }
    }
}
