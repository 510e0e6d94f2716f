import Checkpoints
import Tensors

/// Runs a text tower: tokens in, embeddings out.
public struct TextEncoder: Sendable {
    public let tower: TextTower
    private let compute: Compute
    private let zeros: Tensor

    /// Tokens that go through the tower together.
    private static let batchTokens = 1024

    public init(_ tower: TextTower, compute: Compute) {
        self.tower = tower
        self.compute = compute
        zeros = Tensor(shape: [max(3 * tower.width, tower.blocks.first?.expand.weight.shape[0] ?? 0)])
    }

    /// The embeddings of texts, `[texts, embedding]`, as the tower makes them: not normalized.
    ///
    /// - Parameters:
    ///   - texts: tokens below the tower's ``TextTower/vocabularyCount``, no more a text than its context is long, at least one.
    ///   - padding: what fills a context up, where more than the text itself counts.
    public func embeddings(of texts: [[Int]], padding: Int) -> Tensor {
        var result: [Float] = []
        result.reserveCapacity(texts.count * tower.embeddingWidth)
        var batch: [Sequence] = [], count = 0
        func flush() {
            if !batch.isEmpty { result += embeddings(batch) }
            (batch, count) = ([], 0)
        }
        for text in texts {
            let sequence = sequence(text, padding: padding)
            if count + sequence.tokens.count > Self.batchTokens { flush() }
            batch.append(sequence)
            count += sequence.tokens.count
        }
        flush()
        return Tensor(shape: [texts.count, tower.embeddingWidth], result)
    }

    /// What of a text goes through the tower, and which token stands for it.
    private struct Sequence {
        let tokens: ArraySlice<Int>
        let pooled: Int
        /// Of the tokens' places in the context where they are not 0, 1, …; then a class token comes last.
        var places: [Int]?
        /// Whether the class token sees itself.
        var seesItself = true
    }

    private func sequence(_ text: [Int], padding: Int) -> Sequence {
        let room = tower.contextLength
        let text = text.prefix(room)
        let full = text + Array(repeating: padding, count: room - text.count)
        if let classToken = tower.classToken { return sequence(full, classToken) }
        let pooled =
            switch tower.pooling {
            case .first: 0
            case .last: room - 1
            case .largest: full.firstIndex(of: full.max() ?? 0) ?? 0
            case .end(let end): full.firstIndex(of: end) ?? 0
            }
        // No token sees those behind it: they do not count.
        return Sequence(tokens: tower.isCausal ? full.prefix(pooled + 1) : full, pooled: pooled)
    }

    /// A context with a class token behind it. What no token sees does not count, and is left out.
    private func sequence(_ full: ArraySlice<Int>, _ classToken: TextTower.ClassToken) -> Sequence {
        func isSeen(_ place: Int) -> Bool {
            if classToken.isMaskExact { return place == full.count || full[full.startIndex + place] != classToken.padding }
            return place == 0 || full[full.startIndex + place - 1] != classToken.padding
        }
        let places = (0..<full.count).filter(isSeen)
        // The class token itself has no number; it is not looked up.
        return Sequence(
            tokens: places.map { full[full.startIndex + $0] } + [0], pooled: places.count, places: places + [full.count],
            seesItself: isSeen(full.count) || places.isEmpty)
    }

    /// Memory of one batch.
    private struct Rows {
        let base: UnsafeMutablePointer<Float>
        init(_ count: Int) { base = .allocate(capacity: max(1, count)) }
    }

    private func embeddings(_ batch: [Sequence]) -> [Float] {
        let width = tower.width, rows = batch.reduce(0) { $0 + $1.tokens.count }
        let hidden = tower.blocks.first?.expand.weight.shape[0] ?? 0
        let stream = Rows(rows * width), input = Rows(rows * width), qkv = Rows(rows * 3 * width), mixed = Rows(rows * width)
        let expanded = Rows(rows * hidden), activated = Rows(rows * hidden), rstd = Rows(rows), normalized = Rows(rows * width)
        defer { for memory in [stream, input, qkv, mixed, expanded, activated, rstd, normalized] { memory.base.deallocate() } }
        embed(batch, into: stream.base)

        func norm(_ norm: ParameterSet.Norm, rows: Int, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) {
            let (weight, bias) = (norm.weight.base, norm.bias.base)
            compute.forRanges(rows) { range in
                let start = range.lowerBound * width
                compute.kernels.layer_norm(
                    x + start, range.count, width, weight, bias, tower.normEpsilon, normalized.base + start, rstd.base + range.lowerBound,
                    y + start)
            }
        }
        func add(_ layer: ParameterSet.Linear, _ x: UnsafePointer<Float>, stride: Int, _ scale: Tensor?) {
            compute.linear(x, stride: stride, rows: rows, layer.weight, into: input.base, stride: width)
            let (bias, scale) = (layer.bias?.base, scale?.base)
            compute.forRanges(rows) { range in
                let start = range.lowerBound * width
                compute.kernels.add_scaled(stream.base + start, input.base + start, range.count, width, bias, scale)
            }
        }
        for block in tower.blocks {
            norm(block.norm1, rows: rows, stream.base, into: input.base)
            for (part, layer) in [block.query, block.key, block.value].enumerated() {
                let bias = (layer.bias ?? zeros).base
                for row in 0..<rows { (qkv.base + row * 3 * width + part * width).update(from: bias, count: width) }
                compute.linear(input.base, stride: width, rows: rows, layer.weight, beta: 1, into: qkv.base + part * width,
                    stride: 3 * width)
            }
            attend(batch, qkv.base, into: mixed.base)
            add(block.projection, mixed.base, stride: width, block.scale1)
            norm(block.norm2, rows: rows, stream.base, into: input.base)
            compute.linear(input.base, stride: width, rows: rows, block.expand.weight, into: expanded.base, stride: hidden)
            let bias = (block.expand.bias ?? zeros).base
            compute.forRanges(rows) { range in
                let start = range.lowerBound * hidden
                compute.kernels.activate(
                    expanded.base + start, range.count, hidden, bias, tower.activation.kernel.kernel, activated.base + start)
            }
            add(block.contract, activated.base, stride: hidden, block.scale2)
        }

        // Only the tokens that stand for texts go on.
        var start = 0
        for (index, sequence) in batch.enumerated() {
            (mixed.base + index * width).update(from: stream.base + (start + sequence.pooled) * width, count: width)
            start += sequence.tokens.count
        }
        norm(tower.norm, rows: batch.count, mixed.base, into: input.base)
        guard let projection = tower.projection else { return Array(UnsafeBufferPointer(start: input.base, count: batch.count * width)) }
        let embedding = tower.embeddingWidth
        let result = Rows(batch.count * embedding)
        defer { result.base.deallocate() }
        let bias = projection.bias?.base
        for row in 0..<batch.count {
            if let bias { (result.base + row * embedding).update(from: bias, count: embedding) }
        }
        compute.linear(
            input.base, stride: width, rows: batch.count, projection.weight, beta: bias == nil ? 0 : 1, into: result.base,
            stride: embedding)
        return Array(UnsafeBufferPointer(start: result.base, count: batch.count * embedding))
    }

    private func embed(_ batch: [Sequence], into stream: UnsafeMutablePointer<Float>) {
        let width = tower.width, tokens = tower.tokens.base, positions = tower.positions.base
        var row = 0
        for sequence in batch {
            for (position, token) in sequence.tokens.enumerated() {
                let out = stream + row * width
                if let classToken = tower.classToken, position == sequence.tokens.count - 1 {
                    out.update(from: classToken.embedding.base, count: width)
                } else {
                    out.update(from: tokens + min(token, tower.vocabularyCount - 1) * width, count: width)
                }
                compute.kernels.add_multiple(out, positions + (sequence.places?[position] ?? position) * width, 1, width)
                row += 1
            }
        }
    }

    /// Attention within each text, head by head, from queries, keys and values side by side.
    private func attend(_ batch: [Sequence], _ qkv: UnsafeMutablePointer<Float>, into mixed: UnsafeMutablePointer<Float>) {
        let width = tower.width, heads = tower.heads, headWidth = width / heads, scale = 1 / Float(headWidth).squareRoot()
        var starts: [Int] = []
        _ = batch.reduce(0) { start, sequence in
            starts.append(start)
            return start + sequence.tokens.count
        }
        compute.pool.forEach(batch.count * heads) { index in
            let (text, head) = (index / heads, index % heads)
            let count = batch[text].tokens.count, first = starts[text]
            let scores = Rows(count * count)
            defer { scores.base.deallocate() }
            let query = qkv + first * 3 * width + head * headWidth
            compute.product(
                count, count, headWidth, .plain(query, stride: 3 * width), .transposed(query + width, stride: 3 * width), into: scores.base,
                stride: count)
            if tower.isCausal {
                for row in 0..<count {
                    let line = scores.base + row * count
                    let seen = row + (row < count - 1 || batch[text].seesItself ? 1 : 0)
                    compute.kernels.softmax(line, count, 1, seen, scale)
                    (line + seen).update(repeating: 0, count: count - seen)
                }
            } else {
                compute.kernels.softmax(scores.base, count, count, count, scale)
            }
            compute.product(
                count, headWidth, count, .plain(scores.base, stride: count), .plain(query + 2 * width, stride: 3 * width),
                into: mixed + first * width + head * headWidth, stride: width)
        }
    }
}
