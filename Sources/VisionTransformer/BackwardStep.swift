import Checkpoints
import Tensors

/// One layer of the way back. K scalars, N tokens, D width, H heads.
struct BackwardStep {
    let model: VisionTransformer
    let trace: Trace
    let layer: Int
    /// For each scalar the logit that it is, or its position.
    let classes: [Int]
    let block: ParameterSet.Block
    /// ∂ scalar / ∂ output of the block for the first `given` tokens of each scalar, `[K, given, D]`. Written over.
    var gradient: Workspace.Buffer
    let given: Int
    /// The number of leading tokens whose input gradient is wanted.
    let wanted: Int
    let rows: QueryRows
    /// Whether the gradient of this layer's attention is wanted.
    let visits: Bool
    /// Whether the gradient by what this layer reads after norm 1 is wanted.
    let readsInput: Bool
    /// What is to be added to the gradient of this layer's attention, `[K, H, N, N]`.
    let cotangent: Tensor?
    /// Where the gradients of the block's parameters are added up; nil where they are not wanted.
    let sums: ParameterSet.Block?
    /// The rotary position embedding of the pass.
    var rotation: Rotation?

    var compute: Compute { model.compute }
    var workspace: Workspace { model.workspace }
    var sizes: VisionTransformer.Sizes { model.sizes }
    var tokens: Int { trace.tokens }
    /// What the block's branches were multiplied with.
    var factors: ForwardOptions.BranchFactors { trace.branchFactors.isEmpty ? .init() : trace.branchFactors[layer] }

    /// The gradient at a branch's last layer, `[K, given, D]`: times LayerScale and stochastic depth's factor, or itself
    /// where there is neither.
    func scaledGradient(_ scale: Tensor?, _ factor: Float) -> Workspace.Buffer {
        guard scale != nil || factor != 1 else { return gradient }
        let (width, count) = (sizes.width, classes.count * given)
        let scaled = workspace.take(count * width)
        let (source, target, kernels, scale) = (gradient.base, scaled.base, compute.kernels, scale?.base)
        compute.forRanges(count) { range in
            for row in range {
                let out = target + row * width
                if factor == 1 {
                    out.update(from: source + row * width, count: width)
                } else {
                    out.update(repeating: 0, count: width)
                    kernels.add_multiple(out, source + row * width, factor, width)
                }
                if let scale { kernels.multiply(out, scale, width) }
            }
        }
        return scaled
    }

    /// What a norm gave, made again of what it kept: `[rows, D]` with rows `widthStride` apart.
    func output(of norm: ParameterSet.Norm, _ normalized: Workspace.Buffer, rows: Int) -> Workspace.Buffer {
        let (width, stride) = (sizes.width, sizes.widthStride)
        let result = workspace.take(rows * stride)
        let (source, target, kernels) = (normalized.base, result.base, compute.featureKernels)
        let (weight, bias) = (norm.weight.base, norm.bias.base)
        compute.forRanges(rows) { range in
            for row in range {
                (target + row * stride).update(from: source + row * width, count: width)
                kernels.affine(target + row * stride, 1, width, weight, bias, nil, 0)
            }
        }
        return result
    }

    /// Visits every scalar with what the layer reads after norm 1 and the gradient by it, `[K, N, D]`.
    func visitInput(
        _ dTokens: Workspace.Buffer, _ input: Workspace.Buffer, stride: Int, _ visit: (InputGradient) throws -> Void
    ) rethrows {
        for position in classes.indices {
            try visit(InputGradient(
                layer: layer, position: position, tokens: tokens, prefixTokens: trace.prefixTokens, width: sizes.width,
                inputBase: input.base, inputStride: stride, gradientBase: dTokens + position * tokens * sizes.width))
        }
    }

    /// Calls `body` for ranges of the given tokens of each scalar: the scalar's first row, and the tokens.
    func forTokens(_ body: (Int, Range<Int>) -> Void) {
        let pieces = given < 16 ? 1 : compute.pool.threads
        compute.pool.forEach(classes.count * pieces) { index in
            let (position, piece) = (index / pieces, index % pieces)
            body(position * given, piece * given / pieces..<(piece + 1) * given / pieces)
        }
    }
}
