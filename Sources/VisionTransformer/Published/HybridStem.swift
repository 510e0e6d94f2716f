import Checkpoints
import Tensors

/// The residual network before a hybrid model's blocks, ready to run (timm's non-preactivated ResNetV2), forward and back.
///
/// Every convolution's weights are standardized (``StandardizedWeights``). Padding is TensorFlow's "SAME", so that maps have
/// ⌈input / stride⌉ positions a side.
struct HybridStem: Sendable {
    /// A standardized convolution and its group norm.
    private struct Layer: Sendable {
        let weights: StandardizedWeights
        let convolution: Convolution
        let norm: GroupNorm

        init(_ layer: ParameterSet.ResidualStem.Layer, stride: Int) {
            weights = StandardizedWeights(layer.weight)
            convolution = Convolution(weight: weights.standardized, stride: stride, padding: .same)
            norm = GroupNorm(groups: layer.groups, weight: layer.norm.weight, bias: layer.norm.bias, epsilon: 1e-5)
        }
    }

    private struct Bottleneck: Sendable {
        let layers: [Layer]
        let shortcut: Layer?
    }

    /// What a layer leaves for the way back.
    fileprivate struct LayerTrace: Sendable {
        let input: FeatureMap
        let norm: GroupNorm.Trace
    }

    /// What a pass leaves for the way back.
    struct Trace: Sendable {
        fileprivate let map: FeatureMap, first: LayerTrace
        fileprivate var blocks: [[(layers: [LayerTrace], shortcut: LayerTrace?)]] = []
    }

    private let first: Layer
    private let stages: [[Bottleneck]]

    init(_ parameters: ParameterSet.ResidualStem) {
        first = Layer(parameters.first, stride: 2)
        stages = parameters.stages.enumerated().map { number, stage in
            stage.enumerated().map { index, block in
                let stride = number > 0 && index == 0 ? 2 : 1
                return Bottleneck(
                    // The 3×3 layer shrinks the map.
                    layers: block.layers.enumerated().map { Layer($1, stride: $0 == 1 ? stride : 1) },
                    shortcut: block.shortcut.map { Layer($0, stride: stride) })
            }
        }
    }

    /// One way through the stem.
    private struct Pass {
        let compute: Compute
        let workspace: Workspace

        func forward(
            _ layer: Layer, _ x: FeatureMap, adding addend: FeatureMap? = nil, rectify: Bool, keeps: Bool
        ) -> (map: FeatureMap, trace: LayerTrace?) {
            let y = layer.convolution(x, compute: compute, in: workspace)
            guard keeps else {
                layer.norm.apply(to: y, adding: addend, rectify: rectify, compute: compute)
                return (y, nil)
            }
            let norm = layer.norm.forward(y, adding: addend, rectify: rectify, compute: compute, in: workspace)
            return (y, LayerTrace(input: x, norm: norm))
        }

        /// ∂/∂ input of a layer, for ∂/∂ its output before rectifying, which is written over; nil where `isLowest`.
        func backward(
            _ layer: Layer, _ dy: FeatureMap, _ trace: LayerTrace, to sums: ParameterSet.ResidualStem.Layer, isLowest: Bool = false
        ) -> FeatureMap? {
            layer.norm.backward(dy, trace.norm, toWeight: sums.norm.weight.sum, bias: sums.norm.bias.sum, compute: compute, in: workspace)
            let weightSum = workspace.take(sums.weight.count)
            weightSum.base.update(repeating: 0, count: sums.weight.count)
            layer.convolution.addGradient(dy, of: trace.input, toWeight: weightSum.base, bias: nil, compute: compute, in: workspace)
            layer.weights.addGradient(weightSum.base, to: sums.weight.sum)
            guard !isLowest else { return nil }
            return layer.convolution.inputGradient(
                dy, height: trace.input.height, width: trace.input.width, compute: compute, in: workspace)
        }
    }

    /// The map after every stage, and what the way back needs where `keeps`.
    ///
    /// - Parameter pixels: `[3, height, width]`.
    func callAsFunction(
        _ pixels: Tensor, keeps: Bool = false, compute: Compute, in workspace: Workspace
    ) -> (stages: [FeatureMap], trace: Trace?) {
        let pass = Pass(compute: compute, workspace: workspace)
        let (map, kept) = pass.forward(first, FeatureMap(planes: pixels, in: workspace), rectify: true, keeps: keeps)
        var trace = kept.map { Trace(map: map, first: $0) }
        var x = map.maxPooled(kernel: 3, stride: 2, padding: .same, compute: compute, in: workspace)
        let maps = stages.map { stage in
            var traces: [(layers: [LayerTrace], shortcut: LayerTrace?)] = []
            for block in stage {
                let beside = block.shortcut.map { pass.forward($0, x, rectify: false, keeps: keeps) }
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
        _ gradient: FeatureMap, _ trace: Trace, adding others: [Int: FeatureMap] = [:], to sums: ParameterSet.ResidualStem, compute: Compute, in workspace: Workspace
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
        let pooled = trace.map.maxPooledBack(dy, kernel: 3, stride: 2, padding: .same, compute: compute, in: workspace)
        GroupNorm.rectifyBack(pooled, trace.first.norm, compute: compute)
        _ = pass.backward(first, pooled, trace.first, to: sums.first, isLowest: true)
    }
}
