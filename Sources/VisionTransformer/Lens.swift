import Checkpoints
import Glibc
import Tensors

/// The logit lens: what the model's head makes of the tokens after a block, as if the model ended there.
///
/// Source: nostalgebraist, "interpreting GPT: the logit lens" (2020); for Vision Transformers Joseph et al., ViT-Prisma. LN is
/// the final norm with each token's own mean and deviation, where the model has one.
extension VisionTransformer {
    /// Which tokens a lens reads.
    public enum LensReading: Sendable, Hashable {
        /// What the head reads: one row, whose values after the last block are the model's logits.
        case picture
        /// Every patch in place of what the head reads of it: a row a patch. A head of a class token gets the patch for it, one
        /// of class and distillation token for both; one that pools the patches gets each in place of their mean, and keeps the
        /// class token where it reads that too, so that without a norm behind the mean the patches' mean is the logit.
        case patches
    }

    /// Whether the trace has what a lens reads; else it must be a complete one (``complete(_:isCancelled:)``).
    ///
    /// Always where the model has a final norm: what it would give of a block's tokens differs from the next block's norm 1 in
    /// weight and bias only. After a last block that was computed for its readout tokens only, the patches lack.
    public func lensReads(_ reading: LensReading, of trace: Trace, layer: Int) -> Bool {
        guard parameters.norm != nil, !configuration.normsOutputs else { return trace.streams[layer] != nil || (layer == trace.depth - 1 && reading == .picture) }
        return layer < trace.depth - 1 || reading == .picture || trace.streams[layer] != nil
            || (trace.readout == nil && configuration.readsPatches)
    }

    /// The logits of a lens, `[rows, classes]`.
    ///
    /// About rows·width·classes multiplications.
    ///
    /// - Parameters:
    ///   - trace: a forward pass of this model that ``lensReads(_:of:layer:)``.
    ///   - classes: those wanted, in their order; nil for all.
    /// - Throws: `ModelError`: no head, a class or layer out of range, or tokens that were not kept.
    public func lens(
        _ reading: LensReading, of trace: Trace, layer: Int, classes: [Int]? = nil
    ) throws(ModelError) -> Tensor {
        guard let head = parameters.head else { throw .noHead }
        guard mapHead == nil else { throw .input("a head that reads a map of patches makes no logits of single tokens") }
        guard parameters.attentionPool == nil else { throw .input("a head that pools by attention makes no logits of single tokens") }
        guard parameters.merger == nil else { throw .input("a head that merges patches makes no logits of single tokens") }
        guard (0..<trace.depth).contains(layer) else { throw .layerOutOfRange(layer, depth: trace.depth) }
        if let wrong = classes?.first(where: { !trace.logits.indices.contains($0) }) {
            throw .classOutOfRange(wrong, count: trace.logits.count)
        }
        if reading == .picture, layer == trace.depth - 1 {
            let wanted = classes ?? Array(trace.logits.indices)
            return Tensor(shape: [1, wanted.count], wanted.map { trace.logits[$0] })
        }
        let normed = try normed(trace, layer: layer)
        let (width, prefix, tokens) = (sizes.width, trace.prefixTokens, trace.tokens)
        let rows = reading == .picture ? 1 : tokens - prefix
        let mean = configuration.readsPatches ? self.mean(normed, prefix..<tokens) : []
        let ofClass = configuration.poolsPatches ? [] : self.mean(normed, 0..<configuration.classTokens)
        let both = configuration.head == .classTokenAndPatchMean
        var features = workspace.take(rows * (both ? 2 : 1) * width), stride = width
        if both { stride = 2 * width }
        for row in 0..<rows {
            var out = features + row * stride
            if both {
                out.update(from: ofClass, count: width)
                out += width
            }
            if reading == .patches {
                out.update(from: normed + (prefix + row) * width, count: width)
            } else {
                out.update(from: mean.isEmpty ? ofClass : mean, count: width)
            }
        }
        if let standardization = parameters.standardization {
            for row in 0..<rows { standardize(features + row * stride, by: standardization) }
        }
        if let pooledNorm = parameters.pooledNorm {
            let (kept, deviations, result) = (workspace.take(rows * stride), workspace.take(rows), workspace.take(rows * stride))
            norm(pooledNorm, features.base, rows: rows, kept, deviations, into: result.base)
            features = result
        }
        if let projection = parameters.projection {
            features = apply(projection, features, rows: rows)
            stride = projection.weight.shape[0]
        }
        if let preLogits = parameters.preLogits {
            features = apply(preLogits, features, rows: rows)
            stride = preLogits.weight.shape[0]
            for index in 0..<rows * stride { features.base[index] = tanhf(features.base[index]) }
        }
        let count = classes?.count ?? trace.logits.count
        let logits = apply(head.keeping(classes), features, rows: rows)
        if configuration.head == .classAndDistillation, let second = parameters.distillationHead {
            let read = workspace.take(rows * width)
            read.base.update(from: normed + (reading == .picture ? width : prefix * width), count: rows * width)
            let other = apply(second.keeping(classes), read, rows: rows)
            for index in 0..<rows * count { logits.base[index] = (logits.base[index] + other.base[index]) / 2 }
        }
        if configuration.head == .zeroShot {
            for row in 0..<rows {
                let feature = features + row * stride
                let length = compute.kernels.dot(feature, feature, stride).squareRoot()
                let scale = (parameters.logitScale ?? 1) / max(length, .leastNormalMagnitude)
                for column in 0..<count {
                    logits.base[row * count + column] = logits.base[row * count + column] * scale + (parameters.logitBias ?? 0)
                }
            }
        }
        return Tensor(shape: [rows, count]) { $0.baseAddress?.initialize(from: logits.base, count: rows * count) }
    }

    /// The final norm's output for all tokens after a block, `[N, D]`; the tokens themselves where there is none.
    private func normed(_ trace: Trace, layer: Int) throws(ModelError) -> Workspace.Buffer {
        let (width, tokens) = (sizes.width, trace.tokens)
        let result = workspace.take(tokens * width)
        let next = layer + 1
        let kept: Workspace.Buffer?
        if configuration.normsOutputs {
            kept = next == trace.depth && configuration.readsPatches ? trace.head.normalized : nil
        } else if next < trace.blocks.count {
            kept = trace.blocks[next].normalized1
        } else if next < trace.depth {
            kept = trace.readout?.normalized1
        } else {
            kept = trace.readout == nil && configuration.readsPatches ? trace.head.normalized : nil
        }
        if let final = parameters.norm, let kept {
            let (weight, bias) = (final.weight.base, final.bias.base)
            compute.forRanges(tokens) { range in
                for token in range {
                    let (x, y) = (kept + token * width, result + token * width)
                    for index in 0..<width { y[index] = x[index] * weight[index] + bias[index] }
                }
            }
            return result
        }
        guard let stream = trace.streams[layer] else { throw .input("the pass kept no tokens of block \(layer)") }
        if let final = parameters.norm {
            let (normalized, deviations) = (workspace.take(tokens * width), workspace.take(tokens))
            norm(final, stream.base, rows: tokens, normalized, deviations, into: result.base)
        } else {
            result.base.update(from: stream.base, count: tokens * width)
        }
        return result
    }

    /// The mean of some tokens, `[D]`.
    private func mean(_ tokens: Workspace.Buffer, _ range: Range<Int>) -> [Float] {
        let mean = workspace.take(sizes.width)
        average(tokens.base, range, into: mean.base)
        return Array(UnsafeBufferPointer(start: mean.base, count: sizes.width))
    }

    private func apply(_ linear: ParameterSet.Linear, _ x: Workspace.Buffer, rows: Int) -> Workspace.Buffer {
        let (outputs, inputs) = (linear.weight.shape[0], linear.weight.shape[1])
        let result = workspace.take(rows * outputs)
        if let bias = linear.bias {
            for row in 0..<rows { (result + row * outputs).update(from: bias.base, count: outputs) }
        }
        compute.linear(
            x.base, stride: inputs, rows: rows, linear.weight, beta: linear.bias == nil ? 0 : 1, into: result.base, stride: outputs)
        return result
    }
}

extension ParameterSet.Linear {
    /// The layer with some of its outputs, in their order; itself for nil.
    fileprivate func keeping(_ outputs: [Int]?) -> Self {
        guard let outputs else { return self }
        let inputs = weight.shape[1]
        var rows: [Float] = []
        rows.reserveCapacity(outputs.count * inputs)
        for output in outputs { rows += weight.rows(output..<output + 1).values }
        return Self(
            weight: Tensor(shape: [outputs.count, inputs], rows),
            bias: bias.map { bias in Tensor(shape: [outputs.count], outputs.map { bias[$0] }) })
    }
}
