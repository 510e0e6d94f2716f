import Files
import Tensors

extension ParameterBuilder {
    /// What all blocks have or lack alike.
    struct BlockFeatures {
        var hasBias = Biases(query: true, key: true, value: true)
        var hasProjectionBias = true
        var hasLayerScale = false
        /// LayerScale after the MLP, which some models lack that have one after attention.
        var hasSecondScale = false
        var hasQueryKeyNorm = false
        var hasAttentionNorm = false
        var hasHiddenNorm = false
        var normsOutputs = false
        var isDifferential = false
        let headWidth: Int

        func tell(_ configuration: inout ModelConfiguration, _ keys: KeyMap) {
            configuration.normsOutputs = normsOutputs || keys.outputNorms != nil
            configuration.normsBoth = keys.outputNorms != nil
            configuration.normsValues = keys.normsValues
            configuration.scoreScale = keys.scoreScale
            configuration.hasAttentionNorm = hasAttentionNorm
            configuration.hasHiddenNorm = hasHiddenNorm
        }
    }

    /// By what any block has.
    func blockFeatures(_ collector: TensorCollector, depth: Int, headWidth: Int) -> BlockFeatures {
        BlockFeatures(
            hasBias: queryKeyValueBias(collector, depth: depth),
            hasProjectionBias: hasBias(keys.projection, collector, depth: depth),
            hasLayerScale: (0..<depth).contains { scaleName(keys.scale1, block: $0, in: collector) != nil },
            hasSecondScale: (0..<depth).contains { scaleName(keys.scale2, block: $0, in: collector) != nil },
            hasQueryKeyNorm: hasNorm(keys.queryNorm, collector, depth: depth),
            hasAttentionNorm: hasNorm(keys.attentionNorm, collector, depth: depth),
            hasHiddenNorm: hasNorm(keys.hiddenNorm, collector, depth: depth),
            normsOutputs: settings.architecture?.normsOutputs == true,
            isDifferential: hasNorm(keys.differential.map { $0 + "sub_norm" }, collector, depth: depth), headWidth: headWidth)
    }

    /// Whether any block has a norm of this name.
    private func hasNorm(_ name: String?, _ collector: TensorCollector, depth: Int) -> Bool {
        name.map { name in (0..<depth).contains { collector.hasNorm(stem($0) + name) } } ?? false
    }

    /// Whether any block's layer of this name has a bias.
    private func hasBias(_ name: String, _ collector: TensorCollector, depth: Int) -> Bool {
        (0..<depth).contains { collector.hasBias(stem($0) + name) }
    }

    /// Which of query, key and value have biases.
    struct Biases: Equatable {
        var query = false, key = false, value = false
        /// Whether those of a fused layer lie apart.
        var areApart = false
    }

    /// Which of query, key and value have biases: in every block or in none, and as the configuration says.
    func queryKeyValueBias(_ collector: TensorCollector, depth: Int) -> Biases {
        func anyBlock(_ has: (String) -> Bool) -> Bool { (0..<depth).contains { has(stem($0)) } }
        let all = Biases(query: true, key: true, value: true)
        switch keys.attention {
        case .separate(let query, let key, let value):
            func has(_ name: String) -> Bool { anyBlock { collector.hasBias($0 + name) } }
            let found = Biases(query: has(query), key: has(key), value: has(value))
            if keys.hasSingleBiases { return found }
            return hints.queryKeyValueBias == true || found != Biases() ? all : found
        case .fused(let name):
            if anyBlock({ collector.hasBias($0 + name) }) { return all }
            if let apart = keys.separateBiases {
                func has(_ name: String) -> Bool { anyBlock { collector.has($0 + name) } }
                let found = Biases(query: has(apart.query), key: has(apart.key), value: has(apart.value), areApart: true)
                if found.query || found.value { return found }
            }
            return hints.queryKeyValueBias == true ? all : Biases()
        case .joined(let name): return anyBlock { collector.hasBias($0 + name) } ? all : Biases()
        case .packed(let name):
            return hints.queryKeyValueBias == true || anyBlock { collector.has($0 + name + "_bias") } ? all : Biases()
        }
    }

    func scaleName(_ candidates: [String], block: Int, in collector: TensorCollector) -> String? {
        candidates.lazy.map { stem(block) + $0 }.first { collector.has($0) }
    }

    func block(
        _ index: Int, _ sizes: Sizes, _ features: BlockFeatures, from collector: inout TensorCollector
    ) -> ParameterSet.Block {
        if let numbered = keys.severalAttentions { return several(numbered, index, sizes, features, from: &collector) }
        if case .joined(let name) = keys.attention { return joined(name, index, sizes, features, from: &collector) }
        let stem = stem(index)
        let width = sizes.width
        let (query, key, value) = attention(stem, width: width, features, from: &collector)
        func scale(_ candidates: [String], _ exists: Bool, _ collector: inout TensorCollector) -> Tensor? {
            guard exists, let first = candidates.first else { return nil }
            return collector.take(scaleName(candidates, block: index, in: collector) ?? stem + first, [width])
        }
        func innerNorm(
            _ exists: Bool, _ name: String?, _ width: Int, _ collector: inout TensorCollector
        ) -> ParameterSet.Norm? {
            exists ? name.map { collector.norm(stem + $0, width) } : nil
        }
        let (expand, contract) = mlp(stem, sizes, from: &collector)
        var block = ParameterSet.Block(
            norm1: collector.norm(stem + keys.norm1, width), query: query, key: key, value: value,
            projection: collector.linear(stem + keys.projection, width, width, hasBias: features.hasProjectionBias),
            scale1: scale(keys.scale1, features.hasLayerScale, &collector),
            norm2: collector.norm(stem + keys.norm2, width), expand: expand, contract: contract,
            scale2: scale(keys.scale2, features.hasSecondScale, &collector),
            queryNorm: headNorm(stem, keys.queryNorm, features, &collector), keyNorm: headNorm(stem, keys.keyNorm, features, &collector))
        block.differential = differential(stem, index, features, &collector)
        block.normsOutputs = features.normsOutputs
        block.outputNorms = keys.outputNorms.map {
            .init(attention: collector.norm(stem + $0.attention, width), feedForward: collector.norm(stem + $0.mlp, width))
        }
        if keys.normsValues { block.valueNorm = .plain(features.headWidth, collector.normKind) }
        block.attentionNorm = innerNorm(features.hasAttentionNorm, keys.attentionNorm, width, &collector)
        block.hiddenNorm = innerNorm(features.hasHiddenNorm, keys.hiddenNorm, sizes.hiddenWidth, &collector)
        return block
    }

    /// The norm of each head's queries or keys, or of each half of them.
    func headNorm(
        _ stem: String, _ name: String?, _ features: BlockFeatures, _ collector: inout TensorCollector
    ) -> ParameterSet.Norm? {
        guard features.hasQueryKeyNorm, let name else { return nil }
        return collector.norm(stem + name, features.isDifferential ? features.headWidth / 2 : features.headWidth)
    }

    private func attention(
        _ stem: String, width: Int, _ features: BlockFeatures, from collector: inout TensorCollector
    ) -> (ParameterSet.Linear, ParameterSet.Linear, ParameterSet.Linear) {
        let hasBias = features.hasBias
        var fused: ParameterSet.Linear
        switch keys.attention {
        case .fused(let name):
            fused = collector.linear(stem + name, 3 * width, width, hasBias: hasBias.query && !hasBias.areApart)
            if let mask = keys.biasMask { fused.bias = masked(fused.bias, stem + mask, width: width, &collector) }
        case .packed(let name): fused = collector.packed(stem + name, 3 * width, width, hasBias: hasBias.query)
        case .separate(let query, let key, let value):
            return (
                collector.linear(stem + query, width, width, hasBias: hasBias.query),
                forEveryHead(stem + key, width, hasBias: hasBias.key, features, &collector),
                forEveryHead(stem + value, width, hasBias: hasBias.value, features, &collector)
            )
        // Has a block of its own.
        case .joined(let name): fused = collector.linear(stem + name, 3 * width, width, hasBias: hasBias.query)
        }
        func part(_ number: Int) -> ParameterSet.Linear {
            // A request that failed left an empty tensor; finish() will throw.
            guard fused.weight.shape[0] == 3 * width, fused.bias.map({ $0.shape[0] == 3 * width }) ?? true else {
                return fused
            }
            let rows = number * width..<(number + 1) * width
            return .init(weight: fused.weight.rows(rows), bias: fused.bias?.rows(rows))
        }
        var parts = (part(0), part(1), part(2))
        if keys.biasMask != nil, parts.1.bias?.values.allSatisfy({ $0 == 0 }) == true { parts.1.bias = nil }
        if hasBias.areApart, let names = keys.separateBiases {
            if hasBias.query { parts.0.bias = collector.take(stem + names.query, [width]) }
            if hasBias.key { parts.1.bias = collector.take(stem + names.key, [width]) }
            if hasBias.value { parts.2.bias = collector.take(stem + names.value, [width]) }
        }
        return parts
    }

    /// A fused layer's bias times its mask, which is zero for keys. A mask that was never written holds no numbers: it then is what
    /// training would have made of it.
    private func masked(_ bias: Tensor?, _ mask: String, width: Int, _ collector: inout TensorCollector) -> Tensor? {
        guard let bias, bias.shape == [3 * width] else { return bias }
        let factors = collector.has(mask) ? collector.mask(mask, [3 * width]) : nil
        return Tensor(
            shape: bias.shape,
            bias.values.enumerated().map { index, value in
                let factor = factors?[index] ?? .nan
                return factor.isFinite ? value * factor : width..<2 * width ~= index ? 0 : value
            })
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
            let both = collector.linear(stem + expand, 2 * hidden, width, hasBias: hasBias)
            return (
                hints.gateIsLast ? exchanged(both, hidden: hidden) : both,
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

    /// A layer of value and gate with the gate first.
    private func exchanged(_ layer: ParameterSet.Linear, hidden: Int) -> ParameterSet.Linear {
        // A request that failed left an empty tensor; finish() will throw.
        guard layer.weight.shape.first == 2 * hidden, layer.bias?.shape ?? [2 * hidden] == [2 * hidden] else { return layer }
        func exchanged(_ tensor: Tensor) -> Tensor {
            Self.joined([tensor.rows(hidden..<2 * hidden), tensor.rows(0..<hidden)], tensor.shape)
        }
        return .init(weight: exchanged(layer.weight), bias: layer.bias.map(exchanged))
    }

    /// Tensors behind each other, under one shape.
    static func joined(_ parts: [Tensor], _ shape: [Int]) -> Tensor {
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
