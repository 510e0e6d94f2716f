import Checkpoints
import Tensors

// Classifiers of patch tokens, forward and back. P is the number of patches, D the width.

/// The patch tokens after a block as heads read them: after the last through the final norm, where the model has one.
package struct PatchTokens: Sendable {
    package let block: Int
    package let grid: ModelConfiguration.Size
    /// D
    package let width: Int
    /// P
    package var count: Int { grid.height * grid.width }
    /// `[P, D]`, valid while this lives.
    package var base: UnsafePointer<Float> { UnsafePointer(buffer + offset) }

    fileprivate let buffer: Workspace.Buffer
    /// Of the first patch token.
    fileprivate let offset: Int
    /// Of the final norm.
    fileprivate let kept: Kept?

    /// The final norm's input less its mean over its deviation, `[P, D]`, the inverse deviations, `[P]`, and its output, `[P, D]`.
    struct Kept: Sendable {
        let normalized: Workspace.Buffer, rstd: Workspace.Buffer, output: Workspace.Buffer
    }
}

extension VisionTransformer {
    /// The patch tokens of a pass that tapped `block` (``ForwardOptions/taps``).
    package func patchTokens(_ trace: Trace, after block: Int) throws(ModelError) -> PatchTokens {
        guard let stream = trace.streams[block] else { throw .input("the pass did not keep the tokens after block \(block)") }
        let (width, start) = (sizes.width, trace.prefixTokens * sizes.width), rows = trace.tokens - trace.prefixTokens
        guard block == configuration.depth - 1, let final = parameters.norm else {
            return PatchTokens(block: block, grid: trace.grid, width: width, buffer: stream, offset: start, kept: nil)
        }
        let kept = trace.views?.patchTokens ?? PatchTokens.Kept(rows, width: width, in: workspace)
        norm(final, stream + start, rows: rows, kept.normalized, kept.rstd, into: kept.output.base)
        return PatchTokens(block: block, grid: trace.grid, width: width, buffer: kept.output, offset: 0, kept: kept)
    }

    /// A head's score of every class for every patch.
    package func scores(_ head: ParameterSet.PatchHead, of tokens: PatchTokens) -> FeatureMap {
        let scores = FeatureMap(height: tokens.grid.height, width: tokens.grid.width, channels: head.weight.shape[0], in: workspace)
        compute.linear(
            tokens.base, stride: tokens.width, rows: tokens.count, head.weight, into: scores.values.base, stride: scores.channels)
        return scores
    }

    /// Takes the derivatives of a scalar by a head's scores back to the tokens it read.
    ///
    /// - Parameters:
    ///   - gradient: `[P, D]`, to which those by the tokens are added.
    ///   - sums: where the gradient of the head is added up.
    package func backward(
        _ head: ParameterSet.PatchHead, _ byScores: FeatureMap, of tokens: PatchTokens, addingTo gradient: Workspace.Buffer,
        _ sums: ParameterArena
    ) {
        compute.linearBackward(
            byScores.values.base, stride: byScores.channels, rows: tokens.count, head.weight, beta: 1, into: gradient.base,
            stride: tokens.width)
        guard let sum = sums.parameters.patchHeads.first(where: { $0.block == head.block }) else { return }
        compute.linearGradient(
            byScores.values.base, stride: byScores.channels, tokens.base, stride: tokens.width, rows: tokens.count,
            into: sum.weight.sum, outputs: byScores.channels, inputs: tokens.width)
    }

    /// Adds the derivatives of a scalar by the tokens that heads read to those by the residual stream after their block.
    ///
    /// - Parameters:
    ///   - gradient: `[P, D]`.
    ///   - sums: where the gradients of the final norm are added up.
    package func add(
        _ gradient: Workspace.Buffer, by tokens: PatchTokens, to cotangents: inout Cotangents, _ sums: ParameterArena
    ) {
        let (rows, width) = (tokens.count, tokens.width), first = configuration.prefixTokens * width
        let total = cotangents.tokensGradient(after: tokens.block, count: configuration.prefixTokens + rows, width: width)
        let (target, kernels) = (total + first, compute.kernels)
        if let kept = tokens.kept, let final = parameters.norm, let sum = sums.parameters.norm {
            compute.addGradient(gradient.base, kept.normalized.base, rows: rows, scalars: 1, width: width, to: sum)
            let (source, weight, normalized, rstd) = (gradient.base, final.weight.base, kept.normalized.base, kept.rstd.base)
            let through = final.backwardLoop(of: kernels)
            compute.forRanges(rows) { range in
                let start = range.lowerBound * width
                through(
                    source + start, range.count, width, weight, normalized + start, rstd + range.lowerBound, target + start)
            }
        } else {
            kernels.add_multiple(target, gradient.base, 1, rows * width)
        }
    }
}
