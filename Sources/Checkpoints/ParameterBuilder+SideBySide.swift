import Files
import Glibc
import Tensors

// Blocks whose layers stand side by side, attention that is a difference, and heads that share keys and values: each made what the one
// kind of block computes. What is made of several of the file's tensors has no gradient of its own.
extension ParameterBuilder {
    /// What blocks have of these.
    struct SideBySide {
        /// Attentions, and MLPs, a block.
        var attentions = 1
        var isParallel = false
        var isDifferential = false
        var sharesKeys = false

        func tell(_ configuration: inout ModelConfiguration) {
            configuration.attentions = attentions
            configuration.isParallel = isParallel
            configuration.isDifferential = isDifferential
            configuration.sharesKeys = sharesKeys
        }
    }

    /// - Throws: `FileError` where parts come together that no known model has together.
    func sideBySide(
        _ collector: TensorCollector, _ sizes: Sizes, _ features: BlockFeatures, isRotary: Bool
    ) throws(FileError) -> SideBySide {
        var result = SideBySide(isDifferential: features.isDifferential)
        if case .joined = keys.attention { result.isParallel = true }
        if case .separate(_, let key, _) = keys.attention, keys.style == .torch {
            result.sharesKeys = (0..<sizes.depth).contains {
                collector.info(stem($0) + key + keys.style.weight)?.shape.first.map { $0 != sizes.width } ?? false
            }
        }
        if let several = keys.severalAttentions {
            let count = (attentions: self.count(several, collector), mlps: keys.severalMLPs.map { self.count($0, collector) } ?? 0)
            guard count.attentions > 0, count.attentions == count.mlps else {
                throw invalid(
                    "has \(count.attentions) attentions and \(count.mlps) MLPs side by side in a block: as many of each are supported")
            }
            result.attentions = count.attentions
        }
        if result.attentions > 1 || result.isParallel {
            guard !features.normsOutputs, !isRotary else {
                throw invalid("has layers side by side, and rotary positions or norms behind them: not supported")
            }
        }
        if features.isDifferential {
            guard !isRotary, !features.hasAttentionNorm, !features.normsOutputs, features.headWidth.isMultiple(of: 2) else {
                throw invalid("has differential attention with rotary positions or further norms: not supported")
            }
        }
        return result
    }

    /// Attentions or MLPs side by side in the first block.
    private func count(_ start: String, _ collector: TensorCollector) -> Int {
        (0..<64).first { !collector.hasNorm("\(stem(0))\(start)\($0)\(keys.style.separator)norm") } ?? 64
    }

    /// How many more elements the tensors that were taken have than what was made of them.
    func surplus(of parameters: ParameterSet, _ collector: TensorCollector) -> Int {
        let stem = detection.prefix + keys.blocks
        let stored = collector.used.reduce(0) { sum, name in
            name.hasPrefix(stem) && !isBound(name) ? sum + (archive.info(named: name)?.shape.reduce(1, *) ?? 0) : sum
        }
        return parameters.namedTensors.reduce(stored) { $1.name.hasPrefix("block ") ? $0 - $1.tensor.count : $0 }
    }

    // MARK: Keys and values

    /// A layer of keys or values, `[width, width]`: where the file has it for fewer heads, neighbors share, and it is repeated for
    /// each of them.
    func forEveryHead(
        _ name: String, _ width: Int, hasBias: Bool, _ features: BlockFeatures, _ collector: inout TensorCollector
    ) -> ParameterSet.Linear {
        let headWidth = features.headWidth, heads = width / headWidth
        guard keys.style == .torch, let rows = collector.info(name + keys.style.weight)?.shape.first, rows > 0, rows < width,
            rows.isMultiple(of: headWidth), heads.isMultiple(of: rows / headWidth)
        else { return collector.linear(name, width, width, hasBias: hasBias) }
        let shared = collector.linear(name, rows, width, hasBias: hasBias)
        guard shared.weight.shape == [rows, width], shared.bias?.shape ?? [rows] == [rows] else { return shared }  // finish() will throw
        let group = heads * headWidth / rows
        func repeated(_ tensor: Tensor, _ shape: [Int]) -> Tensor {
            Self.joined((0..<heads).map { tensor.rows($0 / group * headWidth..<($0 / group + 1) * headWidth) }, shape)
        }
        return .init(weight: repeated(shared.weight, [width, width]), bias: shared.bias.map { repeated($0, [width]) })
    }

    // MARK: Differences

    /// λ = exp(q₁·k₁) − exp(q₂·k₂) + λ₀, where λ₀ grows with the block's number; some have the exponents as two numbers.
    func differential(
        _ stem: String, _ index: Int, _ features: BlockFeatures, _ collector: inout TensorCollector
    ) -> ParameterSet.Differential? {
        guard features.isDifferential, let start = keys.differential else { return nil }
        func exponent(_ query: String, _ key: String) -> Double {
            let width = [features.headWidth / 2]
            let (a, b) = (collector.take(stem + start + query, width).values, collector.take(stem + start + key, width).values)
            return zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        func number(_ name: String) -> Double { Double(collector.take(stem + start + name, []).values.first ?? 0) }
        let isDual = collector.has(stem + start + "lambda_a"), initial = 0.8 - 0.6 * exp(-0.3 * Double(index))
        let (first, second) = isDual
            ? (number("lambda_a"), number("lambda_b"))
            : (exponent("lambda_q1", "lambda_k1"), exponent("lambda_q2", "lambda_k2"))
        let weight = collector.take(stem + start + "sub_norm.weight", [features.headWidth])
        let scaled = Tensor(shape: weight.shape, weight.values.map { $0 * Float(1 - initial) })
        return .init(
            share: Float(exp(first) - exp(second) + initial),
            norm: .init(weight: scaled, bias: Tensor(shape: [features.headWidth]), kind: .rootMeanSquare))
    }

    // MARK: Attention beside the MLP

    /// A block of one norm, which attention and MLP both read.
    func joined(
        _ name: String, _ index: Int, _ sizes: Sizes, _ features: BlockFeatures, from collector: inout TensorCollector
    ) -> ParameterSet.Block {
        let stem = stem(index), (width, hidden) = (sizes.width, sizes.hiddenWidth), hasBias = features.hasBias.query
        let all = collector.linear(stem + name, hidden + 3 * width, width, hasBias: hasBias)
        // A request that failed left an empty tensor; finish() will throw.
        let isWhole = all.weight.shape.first == hidden + 3 * width && all.bias?.shape ?? [hidden + 3 * width] == [hidden + 3 * width]
        func part(_ rows: Range<Int>) -> ParameterSet.Linear {
            isWhole ? .init(weight: all.weight.rows(rows), bias: all.bias?.rows(rows)) : all
        }
        func part(_ number: Int) -> ParameterSet.Linear { part(hidden + number * width..<hidden + (number + 1) * width) }
        var expand = part(0..<hidden)
        if !hasBias, collector.has(stem + "mlp_bias") { expand.bias = collector.take(stem + "mlp_bias", [hidden]) }
        let projection: ParameterSet.Linear, contract: ParameterSet.Linear
        if collector.hasLayer(stem + "out_proj") {
            let both = collector.linear(stem + "out_proj", width, width + hidden, hasBias: collector.hasBias(stem + "out_proj"))
            projection = .init(weight: Self.columns(0..<width, of: both.weight), bias: both.bias)
            contract = .init(weight: Self.columns(width..<width + hidden, of: both.weight), bias: nil)
        } else {
            projection = collector.linear(stem + keys.projection, width, width, hasBias: features.hasProjectionBias)
            contract = collector.linear(stem + keys.contract, width, hidden, hasBias: features.hasProjectionBias)
        }
        let norm = collector.norm(stem + keys.norm1, width)
        let scale = scaleName(keys.scale1, block: index, in: collector).map { collector.take($0, [width]) }
        var block = ParameterSet.Block(
            norm1: norm, query: part(0), key: part(1), value: part(2), projection: projection, scale1: scale, norm2: norm, expand: expand,
            contract: contract, scale2: scale, queryNorm: headNorm(stem, keys.queryNorm, features, &collector),
            keyNorm: headNorm(stem, keys.keyNorm, features, &collector))
        block.isParallel = true
        block.differential = differential(stem, index, features, &collector)
        return block
    }

    private static func columns(_ range: Range<Int>, of matrix: Tensor) -> Tensor {
        guard matrix.shape.count == 2, matrix.shape[1] >= range.upperBound else { return matrix }  // finish() will throw
        let (rows, columns) = (matrix.shape[0], matrix.shape[1])
        return joined((0..<rows).map { matrix.rows($0..<$0 + 1).reshaped([columns]).rows(range) }, [rows, range.count])
    }

    // MARK: Several of each

    /// A block of several attentions that read the same tokens, and behind them several MLPs that do: with the norms' weights and the
    /// scales taken into the layers these are one attention of all their heads and one MLP of all their hidden layers.
    ///
    /// W·(γ ⊙ u + β) + b = (W ⊙ γ)·u + (W·β + b); s ⊙ (W·x + b) = (s ⊙ W)·x + s ⊙ b.
    func several(
        _ numbered: String, _ index: Int, _ sizes: Sizes, _ features: BlockFeatures, from collector: inout TensorCollector
    ) -> ParameterSet.Block {
        var parts: [ParameterSet.Block] = []
        for number in 0..<max(1, count(numbered, collector)) {
            let builder = numbering(number)
            var own = sizes
            own.mlp = .plain(expand: builder.keys.expand, contract: builder.keys.contract)
            parts.append(builder.block(index, own, features, from: &collector))
        }
        let width = sizes.width, hidden = sizes.hiddenWidth, count = parts.count
        let isWhole = parts.allSatisfy {
            $0.norm1.weight.count == width && $0.norm1.bias.count == width && $0.query.weight.shape == [width, width]
                && $0.projection.weight.shape == [width, width] && $0.norm2.weight.count == width && $0.norm2.bias.count == width
                && $0.expand.weight.shape == [hidden, width] && $0.contract.weight.shape == [width, hidden]
                && [$0.scale1, $0.scale2].allSatisfy { $0?.count ?? width == width }
                && [$0.query.bias, $0.projection.bias, $0.contract.bias].allSatisfy { $0?.count ?? width == width }
                && $0.expand.bias?.count ?? hidden == hidden
        }
        guard isWhole else { return parts[0] }  // finish() will throw
        func after(
            _ norm: (ParameterSet.Block) -> ParameterSet.Norm, _ layer: (ParameterSet.Block) -> ParameterSet.Linear
        ) -> ParameterSet.Linear {
            let folded = parts.map { Self.folding(norm($0), into: layer($0)) }
            return .init(
                weight: Self.joined(folded.map(\.weight), [count * folded[0].weight.shape[0], width]),
                bias: Self.joined(folded.compactMap(\.bias), [count * folded[0].weight.shape[0]]))
        }
        let attention = [after(\.norm1, \.query), after(\.norm1, \.key), after(\.norm1, \.value)]
        // Side by side in memory, they are one product.
        let fused = Self.joined(attention.map(\.weight), [3 * count * width, width])
        func part(_ number: Int) -> ParameterSet.Linear {
            .init(weight: fused.rows(number * count * width..<(number + 1) * count * width), bias: attention[number].bias)
        }
        let unit = ParameterSet.Norm(weight: Tensor(shape: [width], repeating: 1), bias: Tensor(shape: [width]), kind: parts[0].norm1.kind)
        return ParameterSet.Block(
            norm1: unit, query: part(0), key: part(1), value: part(2), projection: Self.summing(parts.map { ($0.projection, $0.scale1) }),
            scale1: nil, norm2: unit, expand: after(\.norm2, \.expand), contract: Self.summing(parts.map { ($0.contract, $0.scale2) }),
            scale2: nil)
    }

    /// The builder that reads the block's attention and MLP of this number.
    private func numbering(_ number: Int) -> ParameterBuilder {
        var map = keys
        func numbered(_ name: String) -> String {
            for start in [keys.severalAttentions, keys.severalMLPs].compactMap(\.self) where name.hasPrefix("\(start)0.") {
                return "\(start)\(number)" + name.dropFirst(start.count + 1)
            }
            return name
        }
        (map.norm1, map.norm2, map.projection) = (numbered(map.norm1), numbered(map.norm2), numbered(map.projection))
        if case .fused(let name) = map.attention { map.attention = .fused(numbered(name)) }
        (map.expand, map.contract) = (numbered(map.expand), numbered(map.contract))
        (map.scale1, map.scale2) = (map.scale1.map(numbered), map.scale2.map(numbered))
        (map.severalAttentions, map.severalMLPs) = (nil, nil)
        return ParameterBuilder(
            archive: archive, detection: detection.reading(map), hints: hints, settings: settings, head: head, headPath: headPath)
    }

    /// A layer of what a norm gives before its own weight and bias.
    private static func folding(_ norm: ParameterSet.Norm, into layer: ParameterSet.Linear) -> ParameterSet.Linear {
        let (rows, columns) = (layer.weight.shape[0], layer.weight.shape[1])
        let (scale, shift) = (norm.weight.values, norm.bias.values)
        var bias = layer.bias?.values ?? [Float](repeating: 0, count: rows)
        let weight = Tensor(shape: [rows, columns]) { target in
            layer.weight.withUnsafeElements { source in
                for row in 0..<rows {
                    var sum = Double(bias[row])
                    for column in 0..<columns {
                        let value = source[row * columns + column]
                        target.initializeElement(at: row * columns + column, to: value * scale[column])
                        sum += Double(value) * Double(shift[column])
                    }
                    bias[row] = Float(sum)
                }
            }
        }
        return .init(weight: weight, bias: Tensor(shape: [rows], bias))
    }

    /// One layer of what several read, side by side, that gives the sum of what they give, each times its scale.
    private static func summing(_ layers: [(ParameterSet.Linear, Tensor?)]) -> ParameterSet.Linear {
        let (rows, columns) = (layers[0].0.weight.shape[0], layers[0].0.weight.shape[1]), all = layers.count * columns
        var bias = [Double](repeating: 0, count: rows)
        let weight = Tensor(shape: [rows, all]) { target in
            for (number, (layer, scale)) in layers.enumerated() {
                let scales = scale?.values, own = layer.bias?.values
                layer.weight.withUnsafeElements { source in
                    for row in 0..<rows {
                        let factor = scales?[row] ?? 1
                        bias[row] += Double(factor) * Double(own?[row] ?? 0)
                        for column in 0..<columns {
                            target.initializeElement(at: row * all + number * columns + column, to: source[row * columns + column] * factor)
                        }
                    }
                }
            }
        }
        return .init(weight: weight, bias: Tensor(shape: [rows], bias.map { Float($0) }))
    }
}
