import Files
import Tensors

// Attention pools.
extension ParameterBuilder {
    /// The numbers of what is read behind the final norm and pooling, of tokens of `width`: CoCa's pool has a width of its own.
    func pooledWidth(_ collector: TensorCollector, width: Int) -> Int {
        if let merged = mergedWidth(collector) { return merged }
        guard let latent = keys.attentionPool?.latent, let count = collector.info(latent)?.shape.last, (1...65536).contains(count)
        else { return width }
        return count
    }

    /// An attention pool that was read.
    struct Pool {
        var parameters: ParameterSet.AttentionPool
        let configuration: ModelConfiguration.AttentionPool
        /// What the latent is still to go through.
        let latentNorm: ParameterSet.Norm?

        /// The pool, its latent as the query's layer reads it.
        func parameters(normEpsilon: Float) -> ParameterSet.AttentionPool {
            guard let latentNorm else { return parameters }
            let x = parameters.latent.values.map(Double.init), count = Double(x.count), mean = x.reduce(0, +) / count
            let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
            let deviation = (variance + Double(normEpsilon)).squareRoot()
            let (weight, bias) = (latentNorm.weight.values, latentNorm.bias.values)
            var result = parameters
            result.latent = Tensor(
                shape: parameters.latent.shape, x.indices.map { Float((x[$0] - mean) / deviation * Double(weight[$0]) + Double(bias[$0])) })
            return result
        }
    }

    /// The attention pool between final norm and head; nil where there is none, or where a head in the file does without it.
    ///
    /// - Parameters:
    ///   - heads: of the blocks, which the pool has, too, unless the architecture says otherwise.
    ///   - isHeadless: whether the file's head is not used.
    /// - Throws: `FileError` where no heads share its width evenly.
    func attentionPool(
        _ collector: inout TensorCollector, width: Int, heads: Int, isHeadless: Bool, rotary: ModelConfiguration.Rotary?
    ) throws(FileError) -> Pool? {
        guard let names = keys.attentionPool, let shape = collector.info(names.latent)?.shape else { return nil }
        if names.givesWayToHead, !isHeadless {
            collector.leave(beginning: names.latent.prefix { $0 != keys.style.separator } + ".")
            return nil
        }
        let pooled = pooledWidth(collector, width: width)
        let own = hints.poolHeads?.value ?? settings.architecture?.poolHeads ?? names.heads ?? heads
        guard let count = [own, heads].first(where: { $0 > 0 && pooled.isMultiple(of: $0) }) else {
            throw invalid("has an attention pool of width \(pooled), which \(own) heads do not share evenly")
        }
        func rows(_ layer: ParameterSet.Linear, _ part: Int, of parts: Int) -> ParameterSet.Linear {
            // A request that failed left an empty tensor; finish() will throw.
            guard layer.weight.shape == [parts * width, width], layer.bias?.shape ?? [parts * width] == [parts * width]
            else { return layer }
            let range = part * width..<(part + 1) * width
            return .init(weight: layer.weight.rows(range), bias: layer.bias?.rows(range))
        }
        let query: ParameterSet.Linear?, key: ParameterSet.Linear, value: ParameterSet.Linear
        switch names.attention {
        case .queryAndRest(let first, let rest):
            query = collector.linear(first, width, width, hasBias: collector.hasBias(first))
            let both = collector.linear(rest, 2 * width, width, hasBias: collector.hasBias(rest))
            (key, value) = (rows(both, 0, of: 2), rows(both, 1, of: 2))
        case .rest(let keyName, let valueName):
            query = nil
            key = collector.linear(keyName, pooled, width, hasBias: collector.hasBias(keyName))
            value = collector.linear(valueName, pooled, width, hasBias: collector.hasBias(valueName))
        case .packed(let name) where pooled == width:
            let all = collector.packed(name, 3 * width, width, hasBias: collector.has(name + "_bias"))
            (query, key, value) = (rows(all, 0, of: 3), rows(all, 1, of: 3), rows(all, 2, of: 3))
        case .packed(let name):
            let biases = collector.take(name + "_bias", [3 * pooled]), stem = name.hasSuffix("in_proj") ? name.dropLast(7) : name[...]
            func layer(_ part: Int, _ title: String, _ inputs: Int) -> ParameterSet.Linear {
                .init(
                    weight: collector.take(stem + title + "_proj_weight", [pooled, inputs]),
                    bias: biases.count == 3 * pooled ? biases.rows(part * pooled..<(part + 1) * pooled) : nil)
            }
            (query, key, value) = (layer(0, "q", pooled), layer(1, "k", width), layer(2, "v", width))
        }
        // Of several queries the first.
        let queries = shape.dropLast().reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
        let all = collector.take(names.latent, [queries, pooled])
        let mlp = names.mlp.map { names in
            let hidden = collector.info(names.expand + keys.style.weight)?.shape.first ?? 0
            return ParameterSet.AttentionPool.MLP(
                norm: collector.norm(names.norm, width), expand: collector.linear(names.expand, hidden, width),
                contract: collector.linear(names.contract, width, hidden))
        }
        // Of timm's models those with rotary positions pool the class token, too.
        let readsPrefix = hints.poolReadsPrefix ?? (rotary != nil || names.readsPrefix || settings.architecture?.poolReadsPrefix == true)
        return Pool(
            parameters: .init(
                latent: all.shape == [queries, pooled] && queries > 0 ? all.rows(0..<1) : all, query: query, key: key, value: value,
                projection: collector.linear(names.projection, pooled, pooled), mlp: mlp),
            configuration: .init(heads: count, readsPrefix: readsPrefix),
            latentNorm: names.latentNorm.map { collector.norm($0, pooled) })
    }
}
