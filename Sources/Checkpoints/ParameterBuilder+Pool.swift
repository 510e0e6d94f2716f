import Files
import Tensors

// Attention pools.
extension ParameterBuilder {
    /// The attention pool between final norm and head; nil where there is none, or where a head in the file does without it.
    ///
    /// - Parameters:
    ///   - heads: of the blocks, which the pool has, too, unless the architecture says otherwise.
    ///   - isHeadless: whether the file's head is not used.
    func attentionPool(
        _ collector: inout TensorCollector, width: Int, heads: Int, isHeadless: Bool, rotary: ModelConfiguration.Rotary?
    ) -> (parameters: ParameterSet.AttentionPool, configuration: ModelConfiguration.AttentionPool)? {
        guard let names = keys.attentionPool, collector.has(names.latent) else { return nil }
        if names.givesWayToHead, !isHeadless {
            collector.leave(beginning: names.latent.prefix { $0 != keys.style.separator } + ".")
            return nil
        }
        func rows(_ layer: ParameterSet.Linear, _ part: Int, of parts: Int) -> ParameterSet.Linear {
            // A request that failed left an empty tensor; finish() will throw.
            guard layer.weight.shape == [parts * width, width], layer.bias?.shape ?? [parts * width] == [parts * width]
            else { return layer }
            let range = part * width..<(part + 1) * width
            return .init(weight: layer.weight.rows(range), bias: layer.bias?.rows(range))
        }
        let query: ParameterSet.Linear, key: ParameterSet.Linear, value: ParameterSet.Linear
        switch names.attention {
        case .queryAndRest(let first, let rest):
            query = collector.linear(first, width, width, hasBias: collector.hasBias(first))
            let both = collector.linear(rest, 2 * width, width, hasBias: collector.hasBias(rest))
            (key, value) = (rows(both, 0, of: 2), rows(both, 1, of: 2))
        case .packed(let name):
            let all = collector.packed(name, 3 * width, width, hasBias: collector.has(name + "_bias"))
            (query, key, value) = (rows(all, 0, of: 3), rows(all, 1, of: 3), rows(all, 2, of: 3))
        }
        let hidden = collector.info(names.expand + keys.style.weight)?.shape.first ?? 0
        let latent = collector.take(names.latent, [1, width])
        let own = hints.poolHeads?.value ?? settings.architecture?.poolHeads ?? heads
        // Of timm's models those with rotary positions pool the class token, too.
        let readsPrefix = hints.poolReadsPrefix ?? (rotary != nil || settings.architecture?.poolReadsPrefix == true)
        return (
            .init(
                latent: latent, query: query, key: key, value: value, projection: collector.linear(names.projection, width, width),
                norm: collector.norm(names.norm, width), expand: collector.linear(names.expand, hidden, width),
                contract: collector.linear(names.contract, width, hidden)),
            .init(heads: width.isMultiple(of: own) ? own : heads, readsPrefix: readsPrefix)
        )
    }
}
