import Checkpoints
import Tensors

/// The convolutions before a hybrid model's blocks, ready to run; back, too, where norms are group norms.
///
/// Maps have ⌈input / stride⌉ positions a side.
struct HybridStem: Sendable {
    /// A convolution and its norm.
    private struct Layer: Sendable {
        let convolution: Convolution
        /// Of a group norm, before which weights are standardized; nil where a batch norm is folded into the convolution.
        let group: (norm: GroupNorm, weights: StandardizedWeights)?

        init(_ layer: ParameterSet.Stem.Layer, stride: Int? = nil, of stem: ParameterSet.Stem) {
            let stride = stride ?? layer.stride
            let padding: Convolution.Padding = stem.isCentered ? .symmetric(layer.weight.shape[2] / 2) : .same
            if let statistics = layer.statistics {
                group = nil
                let norm = BatchNorm(
                    weight: layer.norm.weight, bias: layer.norm.bias, mean: statistics.mean, variance: statistics.variance)
                convolution = Convolution(weight: layer.weight, stride: stride, padding: padding).followed(by: norm)
            } else {
                let weights = StandardizedWeights(layer.weight, stem.isPublished ? .deviation(1e-5) : .variance(1e-8))
                let norm = GroupNorm(groups: layer.groups, weight: layer.norm.weight, bias: layer.norm.bias, epsilon: 1e-5)
                group = (norm, weights)
                convolution = Convolution(weight: weights.standardized, stride: stride, padding: padding)
            }
        }
    }

    private struct Bottleneck: Sendable {
        let layers: [Layer]
        let shortcut: Layer?
        /// Whether the shortcut reads means of 2×2 positions.
        let isAveraged: Bool
    }

    /// What a layer leaves for the way back.
    fileprivate struct LayerTrace: Sendable {
        let input: FeatureMap
        let norm: GroupNorm.Trace
    }

    /// What a pass leaves for the way back.
    struct Trace: Sendable {
        /// What the maximum was taken of.
        fileprivate let map: FeatureMap, first: [LayerTrace]
        fileprivate var blocks: [[(layers: [LayerTrace], shortcut: LayerTrace?)]] = []
    }

    private let first: [Layer]
    private let stages: [[Bottleneck]]
    private let isPooled: Bool, isGELU: Bool
    private let pooling: Convolution.Padding

    init(_ parameters: ParameterSet.Stem) {
        let averages = parameters.averages
        first = parameters.first.map { Layer($0, of: parameters) }
        stages = parameters.stages.map { stage in
            stage.map { block in
                Bottleneck(
                    layers: block.layers.map { Layer($0, of: parameters) },
                    // Where it takes means, they shrink the map before its convolution.
                    shortcut: block.shortcut.map { Layer($0, stride: averages ? 1 : nil, of: parameters) },
                    isAveraged: averages && (block.shortcut?.stride ?? 1) > 1)
            }
        }
        (isPooled, isGELU) = (parameters.isPooled, parameters.isGELU)
        pooling = parameters.isCentered ? .symmetric(1) : .same
    }

    /// One way through the stem.
    private struct Pass {
        let compute: Compute
        let workspace: Workspace

        func forward(
            _ layer: Layer, _ x: FeatureMap, adding addend: FeatureMap? = nil, rectify: Bool, keeps: Bool
        ) -> (map: FeatureMap, trace: LayerTrace?) {
            guard let (norm, _) = layer.group else {
                return (layer.convolution(x, adding: addend, rectify: rectify, compute: compute, in: workspace), nil)
            }
            let y = layer.convolution(x, compute: compute, in: workspace)
            guard keeps else {
                norm.apply(to: y, adding: addend, rectify: rectify, compute: compute)
                return (y, nil)
            }
            let trace = norm.forward(y, adding: addend, rectify: rectify, compute: compute, in: workspace)
            return (y, LayerTrace(input: x, norm: trace))
        }

        /// GELU of every value.
        func activated(_ map: FeatureMap) -> FeatureMap {
            let result = FeatureMap(height: map.height, width: map.width, channels: map.channels, in: workspace)
            let noBias = workspace.take(map.channels)
            noBias.base.update(repeating: 0, count: map.channels)
            let (from, to, bias, channels, kernels) = (map.values.base, result.values.base, noBias.base, map.channels, compute.kernels)
            map.forPositions(compute) { range in
                let start = range.lowerBound * channels
                kernels.activate(from + start, range.count, channels, bias, Activation.gelu.kernel, to + start)
            }
            return result
        }

        /// ∂/∂ input of a layer, for ∂/∂ its output before rectifying, which is written over; nil where `isLowest`.
        func backward(
            _ layer: Layer, _ dy: FeatureMap, _ trace: LayerTrace, to sums: ParameterSet.Stem.Layer, isLowest: Bool = false
        ) -> FeatureMap? {
            guard let (norm, weights) = layer.group else { return nil }
            norm.backward(dy, trace.norm, toWeight: sums.norm.weight.sum, bias: sums.norm.bias.sum, compute: compute, in: workspace)
            let weightSum = workspace.take(sums.weight.count)
            weightSum.base.update(repeating: 0, count: sums.weight.count)
            layer.convolution.addGradient(dy, of: trace.input, toWeight: weightSum.base, bias: nil, compute: compute, in: workspace)
            weights.addGradient(weightSum.base, to: sums.weight.sum)
            guard !isLowest else { return nil }
            return layer.convolution.inputGradient(
                dy, height: trace.input.height, width: trace.input.width, compute: compute, in: workspace)
        }
    }

    /// The map after every stage, or after the first layers where there are none, and what the way back needs where `keeps`.
    ///
    /// - Parameter pixels: `[3, height, width]`.
    func callAsFunction(
        _ pixels: Tensor, keeps: Bool = false, compute: Compute, in workspace: Workspace
    ) -> (stages: [FeatureMap], trace: Trace?) {
        let pass = Pass(compute: compute, workspace: workspace)
        var x = FeatureMap(planes: pixels, in: workspace), traces: [LayerTrace] = []
        for layer in first {
            let (map, kept) = pass.forward(layer, x, rectify: !isGELU, keeps: keeps)
            x = isGELU ? pass.activated(map) : map
            if let kept { traces.append(kept) }
        }
        var trace = traces.count == first.count ? Trace(map: x, first: traces) : nil
        if isPooled { x = x.maxPooled(kernel: 3, stride: 2, padding: pooling, compute: compute, in: workspace) }
        if stages.isEmpty { return ([x], trace) }
        let maps = stages.map { stage in
            var traces: [(layers: [LayerTrace], shortcut: LayerTrace?)] = []
            for block in stage {
                let past = block.isAveraged ? x.averaged(compute, in: workspace) : x
                let beside = block.shortcut.map { pass.forward($0, past, rectify: false, keeps: keeps) }
                var y = x, layers: [LayerTrace] = []
                for (index, layer) in block.layers.enumerated() {
                    let isLast = index == block.layers.count - 1
                    let result = pass.forward(layer, y, adding: isLast ? beside?.map ?? x : nil, rectify: true, keeps: keeps)
                    y = result.map
                    if let kept = result.trace { layers.append(kept) }
                }
                traces.append((layers, beside?.trace))
                x = y
            }
            trace?.blocks.append(traces)
            return x
        }
        return (maps, trace)
    }

    /// Adds the gradients of all parameters, for that at the last stage's map, which is written over.
    ///
    /// - Parameter others: gradients at stages' maps, where something else reads them, by the stage's number.
    func backward(
        _ gradient: FeatureMap, _ trace: Trace, adding others: [Int: FeatureMap] = [:], to sums: ParameterSet.Stem, compute: Compute, in workspace: Workspace
    ) {
        let pass = Pass(compute: compute, workspace: workspace)
        var dy = gradient
        for (number, stage) in stages.enumerated().reversed() {
            if let other = others[number] { dy.transform(adding: other, compute: compute) }
            for (index, block) in stage.enumerated().reversed() {
                let kept = trace.blocks[number][index], sum = sums.stages[number][index]
                guard let last = kept.layers.last else { continue }
                GroupNorm.rectifyBack(dy, last.norm, compute: compute)
                // What goes past the three layers.
                let past = dy.copy(in: workspace)
                var through: FeatureMap? = dy
                for (place, layer) in block.layers.enumerated().reversed() {
                    guard let given = through else { break }
                    if place < block.layers.count - 1 { GroupNorm.rectifyBack(given, kept.layers[place].norm, compute: compute) }
                    through = pass.backward(layer, given, kept.layers[place], to: sum.layers[place])
                }
                guard let inner = through else { continue }
                if let shortcut = block.shortcut, let trace = kept.shortcut, let sum = sum.shortcut {
                    if let beside = pass.backward(shortcut, past, trace, to: sum) { inner.transform(adding: beside, compute: compute) }
                } else {
                    inner.transform(adding: past, compute: compute)
                }
                dy = inner
            }
        }
        if isPooled { dy = trace.map.maxPooledBack(dy, kernel: 3, stride: 2, padding: pooling, compute: compute, in: workspace) }
        for (place, layer) in first.enumerated().reversed() {
            GroupNorm.rectifyBack(dy, trace.first[place].norm, compute: compute)
            guard let below = pass.backward(layer, dy, trace.first[place], to: sums.first[place], isLowest: place == 0) else { return }
            dy = below
        }
    }
}
