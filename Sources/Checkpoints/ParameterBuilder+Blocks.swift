import Files
import Tensors

extension ParameterBuilder {
    /// What all blocks have or lack alike.
    struct BlockFeatures {
        let hasBias: Bool
        let hasLayerScale: Bool
        let hasQueryKeyNorm: Bool
        let headWidth: Int
    }

    /// Whether query, key and value have biases: in every block or in none, and as the configuration says.
    func queryKeyValueBias(_ collector: TensorCollector, depth: Int) -> Bool {
        if hints.queryKeyValueBias == true { return true }
        return (0..<depth).contains { index in
            switch keys.attention {
            case .fused(let name): collector.hasBias(stem(index) + name)
            case .packed(let name): collector.has(stem(index) + name + "_bias")
            case .separate(let query, let key, let value):
                [query, key, value].contains { collector.hasBias(stem(index) + $0) }
            }
        }
    }

    func scaleName(_ candidates: [String], block: Int, in collector: TensorCollector) -> String? {
        candidates.lazy.map { stem(block) + $0 }.first { collector.has($0) }
    }

    func block(
        _ index: Int, _ sizes: Sizes, _ features: BlockFeatures, from collector: inout TensorCollector
    ) -> ParameterSet.Block {
        let stem = stem(index)
        let width = sizes.width
        let (query, key, value) = attention(stem, width: width, hasBias: features.hasBias, from: &collector)
        func scale(_ candidates: [String], _ collector: inout TensorCollector) -> Tensor? {
            guard features.hasLayerScale, let first = candidates.first else { return nil }
            return collector.take(scaleName(candidates, block: index, in: collector) ?? stem + first, [width])
        }
        func headNorm(_ name: String?, _ collector: inout TensorCollector) -> ParameterSet.Norm? {
            guard features.hasQueryKeyNorm, let name else { return nil }
            return collector.norm(stem + name, features.headWidth)
        }
        let (expand, contract) = mlp(stem, sizes, from: &collector)
        return .init(
            norm1: collector.norm(stem + keys.norm1, width), query: query, key: key, value: value,
            projection: collector.linear(stem + keys.projection, width, width), scale1: scale(keys.scale1, &collector),
            norm2: collector.norm(stem + keys.norm2, width), expand: expand, contract: contract,
            scale2: scale(keys.scale2, &collector), queryNorm: headNorm(keys.queryNorm, &collector),
            keyNorm: headNorm(keys.keyNorm, &collector))
    }

    private func attention(
        _ stem: String, width: Int, hasBias: Bool, from collector: inout TensorCollector
    ) -> (ParameterSet.Linear, ParameterSet.Linear, ParameterSet.Linear) {
        let fused: ParameterSet.Linear
        switch keys.attention {
        case .fused(let name): fused = collector.linear(stem + name, 3 * width, width, hasBias: hasBias)
        case .packed(let name): fused = collector.packed(stem + name, 3 * width, width, hasBias: hasBias)
        case .separate(let query, let key, let value):
            return (
                collector.linear(stem + query, width, width, hasBias: hasBias),
                collector.linear(stem + key, width, width, hasBias: hasBias),
                collector.linear(stem + value, width, width, hasBias: hasBias)
            )
        }
        func part(_ number: Int) -> ParameterSet.Linear {
            // A request that failed left an empty tensor; finish() will throw.
            guard fused.weight.shape[0] == 3 * width, fused.bias.map({ $0.shape[0] == 3 * width }) ?? true else {
                return fused
            }
            let rows = number * width..<(number + 1) * width
            return .init(weight: fused.weight.rows(rows), bias: fused.bias?.rows(rows))
        }
        return (part(0), part(1), part(2))
    }

    /// The MLP's two layers; a gate and its value, where they are apart, become one.
    private func mlp(
        _ stem: String, _ sizes: Sizes, from collector: inout TensorCollector
    ) -> (ParameterSet.Linear, ParameterSet.Linear) {
        let (width, hidden) = (sizes.width, sizes.hiddenWidth)
        switch sizes.mlp {
        case .plain(let expand, let contract):
            return (collector.linear(stem + expand, hidden, width), collector.linear(stem + contract, width, hidden))
        case .gated(.packed(let expand, let contract)):
            let hasBias = collector.hasBias(stem + expand), hasOutputBias = collector.hasBias(stem + contract)
            return (
                collector.linear(stem + expand, 2 * hidden, width, hasBias: hasBias),
                collector.linear(stem + contract, width, hidden, hasBias: hasOutputBias)
            )
        case .gated(.split(let gate, let value, let contract)):
            let hasBias = collector.hasBias(stem + gate), hasOutputBias = collector.hasBias(stem + contract)
            let parts = [gate, value].map { collector.linear(stem + $0, hidden, width, hasBias: hasBias) }
            let output = collector.linear(stem + contract, width, hidden, hasBias: hasOutputBias)
            guard parts.allSatisfy({ $0.weight.shape == [hidden, width] && $0.bias?.shape ?? [hidden] == [hidden] }) else {
                return (parts[0], output)  // finish() will throw
            }
            return (
                .init(
                    weight: Self.joined(parts.map(\.weight), [2 * hidden, width]),
                    bias: hasBias ? Self.joined(parts.compactMap(\.bias), [2 * hidden]) : nil),
                output
            )
        }
    }

    /// Tensors behind each other, under one shape.
    private static func joined(_ parts: [Tensor], _ shape: [Int]) -> Tensor {
        Tensor(shape: shape) { target in
            guard var out = target.baseAddress else { return }
            for part in parts {
                part.withUnsafeElements { source in
                    guard let from = source.baseAddress else { return }
                    out.initialize(from: from, count: source.count)
                }
                out += part.count
            }
        }
    }
}
