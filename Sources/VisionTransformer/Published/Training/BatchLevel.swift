import Checkpoints
import Tensors

/// A level of the published decoder, made of the tokens after a block (DPT's reassembly), for every picture of a batch.
struct BatchLevel {
    /// The block's number.
    let block: Int
    private let readout: ProjectReadout
    private let reduction: BatchConvolution
    private let shrinking: BatchConvolution?
    private let enlarging: TransposedConvolution?
    private let sum: @Sendable (ParameterSet) -> ParameterSet.Reassembly?

    /// What one picture's pass leaves for the way back.
    struct Trace {
        fileprivate let tokens: Workspace.Buffer, slope: Workspace.Buffer
        fileprivate let map: FeatureMap, reduced: FeatureMap
        fileprivate let grid: VisionTransformer.Grid
    }

    /// - Parameter shrinks: whether the map becomes half as large, not larger.
    init(
        _ parameters: ParameterSet.Reassembly, block: Int, shrinks: Bool,
        sum: @escaping @Sendable (ParameterSet) -> ParameterSet.Reassembly?
    ) {
        self.block = block
        readout = ProjectReadout(parameters.readout)
        reduction = BatchConvolution(parameters.reduction) { sum($0)?.reduction }
        shrinking = shrinks
            ? parameters.resampling.map { BatchConvolution($0, stride: 2, padding: 1) { sum($0)?.resampling } } : nil
        enlarging = shrinks ? nil : parameters.resampling.map { TransposedConvolution(weight: $0.weight, bias: $0.bias) }
        self.sum = sum
    }

    func forward(_ pass: VisionTransformer.Tapped, _ model: VisionTransformer) -> (map: FeatureMap, trace: Trace) {
        guard let tokens = pass.streams[block] else { preconditionFailure("a block was not kept") }
        let (compute, workspace) = (model.compute, model.workspace)
        let (map, slope) = readout(
            tokens.base, grid: pass.grid, prefix: model.configuration.prefixTokens, compute: compute, in: workspace)
        let reduced = reduction.layer(map, compute: compute, in: workspace)
        let trace = Trace(tokens: tokens, slope: slope, map: map, reduced: reduced, grid: pass.grid)
        if let shrinking { return (shrinking.layer(reduced, compute: compute, in: workspace), trace) }
        return (enlarging?(reduced, compute: compute, in: workspace) ?? reduced, trace)
    }

    /// ∂ scalar / ∂ tokens, `[1, N, D]`, for ∂ scalar / ∂ map; adds the gradients of the parameters.
    func backward(_ gradient: FeatureMap, _ trace: Trace, _ model: VisionTransformer, addingTo sums: ParameterSet) -> Tensor {
        let (compute, workspace, prefix) = (model.compute, model.workspace, model.configuration.prefixTokens)
        var reduced = gradient
        if let shrinking {
            reduced = shrinking.backward(gradient, of: trace.reduced, model, addingTo: sums)
        } else if let enlarging {
            if let sum = sum(sums)?.resampling {
                enlarging.addGradient(
                    gradient, of: trace.reduced, toWeight: sum.weight.sum, bias: sum.bias?.sum, compute: compute, in: workspace)
            }
            reduced = enlarging.inputGradient(gradient, compute: compute, in: workspace)
        }
        let map = reduction.backward(reduced, of: trace.map, model, addingTo: sums)
        let patches = trace.grid.patches
        let tokens = Tensor(shape: [1, prefix + patches, model.sizes.width])
        readout.addGradient(
            map.values.base, slope: trace.slope, patches: patches, prefix: prefix, compute: compute, to: tokens.sum, in: workspace)
        if let sum = sum(sums)?.readout {
            // The slopes are in the map's gradient now.
            readout.addParameterGradient(
                map.values.base, tokens: trace.tokens.base, patches: patches, prefix: prefix, compute: compute, to: sum)
        }
        return tokens
    }
}

extension VisionTransformer {
    /// What a pass kept for a decoder.
    package struct Tapped: Sendable {
        /// The residual stream after blocks, `[N, D]`, by their numbers.
        let streams: [Int: Workspace.Buffer]
        /// The maps after the stages of a stem.
        let stages: [FeatureMap]
        let grid: Grid

        /// - Parameter trace: of a pass that kept what parameters need.
        package init(_ trace: Trace) {
            streams = trace.streams
            stages = trace.embedding?.stages ?? []
            grid = Grid(rows: trace.grid.height, columns: trace.grid.width)
        }
    }
}
