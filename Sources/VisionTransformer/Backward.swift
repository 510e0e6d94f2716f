import Checkpoints
import Tensors

/// The backward pass, the one there is: from cotangents at sites to the gradients that are wanted.
///
/// The scalars go back together, as K·N rows of every matrix product. Layers are visited deepest first and the pass ends
/// at the lowest that anything is wanted of. Where only class-token rows of attention are wanted, that layer needs the class
/// token's gradient alone, and so the layer above it computes no more than that.
extension VisionTransformer {
    /// Takes `cotangents` back through the pass that left `trace`.
    ///
    /// - Parameters:
    ///   - trace: a pass of this model, with the parameters as they are now; one that kept what is wanted
    ///     (``ForwardOptions``).
    ///   - isCancelled: asked between layers.
    ///   - visitAttention: called with attention and gradient of every scalar and layer wanted, the last layer first. With
    ///     ``QueryRows/all``, a last block that was computed for few tokens is visited with the rows its head reads: the
    ///     gradient of the others is exactly zero.
    ///   - visitTokens: called with the gradient of the tokens after every block wanted, the last first.
    ///   - visitInputs: called with what every block wanted reads after its norm 1 and the gradient by it, the last first.
    /// - Throws: `ModelError`, `CancellationError`, and what the visitors throw.
    /// - Complexity: a scalar costs about as much as a forward pass, less what the rows and layers left out save; gradients of
    ///   parameters cost as much again.
    public func backward(
        _ trace: Trace, from cotangents: Cotangents, wanting wants: BackwardWants, isCancelled: () -> Bool = { false },
        visitAttention: (AttentionGradient) throws -> Void = { _ in }, visitTokens: (TokenGradient) throws -> Void = { _ in },
        visitInputs: (InputGradient) throws -> Void = { _ in }
    ) throws {
        let classes = try check(cotangents, wants, trace)
        guard !classes.isEmpty else { return }
        let bottom = wants.lowestBlock(depth: trace.depth)
        // What the attention of the class token alone spares: nothing else may be asked for or given below.
        let narrow = wants.rows == .classToken && savings.contains(.lowestRow) && wants.parameters == nil
            && wants.tokens.isEmpty && wants.inputsDownTo == nil && (cotangents.lowestSite ?? .max) > bottom + 1
            && !trace.ablations.hasMean()

        let rotation = rotation(for: Grid(rows: trace.grid.height, columns: trace.grid.width))
        var (gradient, given) = try backwardHead(trace, from: cotangents.logits, count: classes.count, wants.parameters)
        /// The gradient of the tokens after a block is whole but for what is given there.
        func arrive(after layer: Int) throws {
            if let cotangent = cotangents.tokens[layer] { add(cotangent, to: gradient) }
            if wants.tokens.contains(layer) { try visit(gradient, given, layer, classes.count, visitTokens) }
        }
        for layer in stride(from: trace.depth - 1, through: max(bottom, 0), by: -1) {
            if isCancelled() { throw CancellationError() }
            try arrive(after: layer)
            // How many leading tokens' gradients the layer below wants; none below the lowest.
            let readsInput = wants.inputsDownTo.map { layer >= $0 } ?? false
            let isLast = layer == bottom && !wants.tokens.contains(layer - 1) && !readsInput
            let isOneWanted = narrow && savings.contains(.rowAbove) && layer == bottom + 1 && !configuration.isDifferential
            let wanted = isLast ? 0 : isOneWanted ? 1 : trace.tokens
            if narrow, layer == bottom, trace.readout == nil || layer < trace.depth - 1, given > 1 {
                gradient = classTokenRows(gradient, given: given, classes: classes.count)
                given = 1
            }
            let step = BackwardStep(
                model: self, trace: trace, layer: layer, classes: classes, block: parameters.blocks[layer],
                gradient: gradient, given: given, wanted: wanted, rows: wants.rows,
                visits: wants.attentionDownTo.map { layer >= $0 } ?? false, readsInput: readsInput,
                cotangent: cotangents.attention[layer],
                sums: wants.parameters?.parameters.blocks[layer], rotation: rotation)
            if let readout = trace.readout, layer == trace.depth - 1 {
                gradient = try step.throughReadout(readout, visitAttention, visitInputs)
            } else {
                gradient = try step.throughBlock(trace.blocks[layer], visitAttention, visitInputs)
            }
            given = wanted
        }
        if wants.tokens.contains(bottom - 1) { try arrive(after: bottom - 1) }
        if let sums = wants.parameters {
            throughEmbedding(gradient, trace, count: classes.count, stages: cotangents.stages, sums.parameters)
        }
        try checkParameters()
    }

    /// Calls `visit` with attention and gradient for every class and layer from the last down to `lowest`: ``backward`` asked
    /// for attention alone.
    public func attentionGradients(
        of trace: Trace, classes: [Int], downTo lowest: Int, rows: QueryRows = .classToken,
        isCancelled: () -> Bool = { false }, visit: (AttentionGradient) throws -> Void
    ) throws {
        try backward(
            trace, from: Cotangents(logits: .classes(classes)), wanting: BackwardWants(attentionDownTo: lowest, rows: rows),
            isCancelled: isCancelled, visitAttention: visit)
    }

    /// Whether sites and wants fit model and trace.
    ///
    /// - Returns: a class index for each scalar; where it is no logit, its position.
    func check(_ cotangents: Cotangents, _ wants: BackwardWants, _ trace: Trace) throws(ModelError) -> [Int] {
        var classes: [Int]?
        switch cotangents.logits {
        case .none: break
        case .classes(let asked):
            guard configuration.head != .none else { throw .noHead }
            if let wrong = asked.first(where: { !(0..<trace.logits.count).contains($0) }) {
                throw .classOutOfRange(wrong, count: trace.logits.count)
            }
            classes = asked
        case .values(let values):
            guard configuration.head != .none else { throw .noHead }
            let own = trace.logits.count, all = own + trace.backgroundLogits.count
            guard values.shape.count == 2, values.shape[1] == own || values.shape[1] == all else {
                throw .input("derivatives by logits of shape \(values.shape), for \(trace.logits.count) classes")
            }
        }
        func check(_ layer: Int?) throws(ModelError) {
            if let layer, !(0..<trace.depth).contains(layer) { throw .layerOutOfRange(layer, depth: trace.depth) }
        }
        try check(wants.attentionDownTo)
        try check(wants.inputsDownTo)
        for layer in wants.tokens where layer != BackwardWants.embedding { try check(layer) }
        for layer in cotangents.tokens.keys { try check(layer) }
        for layer in cotangents.attention.keys { try check(layer) }
        guard let count = cotangents.count else { throw .input("derivatives of different numbers of scalars, or of none") }
        let (tokens, last) = (trace.tokens, trace.depth - 1)
        for (layer, values) in cotangents.tokens where !values.hasShape(count, tokens, sizes.width) {
            throw .input("derivatives of shape \(values.shape) by the tokens after block \(layer)")
        }
        for (layer, values) in cotangents.attention where values.shape != [count, sizes.heads, tokens, tokens] {
            throw .input("derivatives of shape \(values.shape) by the attention of block \(layer)")
        }
        if trace.readout != nil, cotangents.tokens[last] != nil || cotangents.attention[last] != nil || wants.tokens.contains(last) {
            throw .input("the pass kept few tokens of its last block")
        }
        if !cotangents.stages.isEmpty, count != 1 { throw .input("derivatives by a stem's maps are those of one scalar") }
        if wants.parameters != nil, let kind = parameters.parameterObstacle {
            throw .input("the model has \(kind): gradients by its parameters are not supported")
        }
        guard wants.parameters == nil || trace.embedding != nil else { throw .input("the pass kept nothing for the parameters") }
        return classes ?? (count == 1 ? Self.firstScalar : Array(0..<count))
    }

    private static let firstScalar = [0]

    private func add(_ cotangent: Tensor, to gradient: Workspace.Buffer) {
        let (source, target, kernels) = (cotangent.base, gradient.base, compute.kernels)
        compute.forRanges(cotangent.count, multiple: 16) {
            kernels.add_multiple(target + $0.lowerBound, source + $0.lowerBound, 1, $0.count)
        }
    }

    private func visit(
        _ gradient: Workspace.Buffer, _ given: Int, _ layer: Int, _ count: Int, _ visit: (TokenGradient) throws -> Void
    ) rethrows {
        let size = given * sizes.width
        for position in 0..<count {
            try visit(TokenGradient(
                layer: layer, position: position,
                values: UnsafeBufferPointer(start: gradient + position * size, count: size)))
        }
    }

    /// The first row of each scalar's gradient, `[K, given, D]` to `[K, 1, D]`.
    private func classTokenRows(_ gradient: Workspace.Buffer, given: Int, classes: Int) -> Workspace.Buffer {
        let width = sizes.width
        let result = workspace.take(classes * width)
        for position in 0..<classes {
            (result + position * width).update(from: gradient + position * given * width, count: width)
        }
        return result
    }
}
