import Checkpoints
import Tensors

/// The residual network before a hybrid model's blocks, ready to run (timm's non-preactivated ResNetV2).
///
/// Every convolution's weights are standardized: for each output less their mean, over their population deviation + 1e-5.
/// Padding is TensorFlow's "SAME", so that maps have ⌈input / stride⌉ positions a side.
struct HybridStem: Sendable {
    /// A standardized convolution and its group norm.
    private struct Layer: Sendable {
        let convolution: Convolution
        let norm: GroupNorm

        init(_ layer: ParameterSet.ResidualStem.Layer, stride: Int) {
            convolution = Convolution(weight: layer.weight.standardized(), stride: stride, padding: .same)
            norm = GroupNorm(groups: layer.groups, weight: layer.norm.weight, bias: layer.norm.bias, epsilon: 1e-5)
        }

        func callAsFunction(
            _ x: FeatureMap, adding addend: FeatureMap? = nil, rectify: Bool, _ compute: Compute, _ workspace: Workspace
        ) -> FeatureMap {
            let y = convolution(x, compute: compute, in: workspace)
            norm.apply(to: y, adding: addend, rectify: rectify, compute: compute)
            return y
        }
    }

    private struct Bottleneck: Sendable {
        let layers: [Layer]
        let shortcut: Layer?
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

    /// The map after every stage.
    ///
    /// - Parameter pixels: `[3, height, width]`.
    func callAsFunction(_ pixels: Tensor, compute: Compute, in workspace: Workspace) -> [FeatureMap] {
        var x = first(FeatureMap(planes: pixels, in: workspace), rectify: true, compute, workspace)
            .maxPooled(kernel: 3, stride: 2, padding: .same, compute: compute, in: workspace)
        return stages.map { stage in
            for block in stage {
                let beside = block.shortcut?(x, rectify: false, compute, workspace) ?? x
                var y = x
                for (index, layer) in block.layers.enumerated() {
                    let isLast = index == block.layers.count - 1
                    y = layer(y, adding: isLast ? beside : nil, rectify: true, compute, workspace)
                }
                x = y
            }
            return x
        }
    }
}

extension Tensor {
    /// The weights of each output (outermost extent) less their mean, over their population deviation + 1e-5.
    fileprivate func standardized() -> Tensor {
        let outputs = shape[0], size = count / max(outputs, 1)
        return Tensor(shape: shape) { target in
            withUnsafeElements { source in
                for output in 0..<outputs {
                    let range = output * size..<(output + 1) * size
                    let mean = range.reduce(0.0) { $0 + Double(source[$1]) } / Double(size)
                    let variance = range.reduce(0.0) {
                        let distance = Double(source[$1]) - mean
                        return $0 + distance * distance
                    } / Double(size)
                    let factor = 1 / (variance.squareRoot() + 1e-5)
                    for index in range {
                        (target.baseAddress! + index).initialize(to: Float((Double(source[index]) - mean) * factor))
                    }
                }
            }
        }
    }
}
