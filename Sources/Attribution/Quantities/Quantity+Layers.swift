import Checkpoints

extension Quantity {
    /// Whether its values are one table over the layers.
    public var isTable: Bool { !axes.contains(.layer) }

    /// The layers that are shown unless said otherwise.
    public func standardLayers(of configuration: ModelConfiguration) -> ClosedRange<Int> {
        let first = isTable ? 0 : (self as? any MapMethod)?.defaultStartLayer(of: configuration) ?? configuration.defaultStartLayer
        return first...configuration.depth - 1
    }

    /// The layers that a value fused over `layers` is said to be of: a method's map holds what came before, of others the last
    /// layer's stands for all.
    public func shown(_ layers: ClosedRange<Int>) -> ClosedRange<Int> {
        fusion == .sum || self is any MapMethod ? layers : layers.upperBound...layers.upperBound
    }

    /// The layers whose values one fused over `layers` is made of: where the last stands for all, it alone.
    public func needed(over layers: ClosedRange<Int>) -> ClosedRange<Int> {
        isTable || fusion == .sum ? layers : layers.upperBound...layers.upperBound
    }

    /// The value of a target over several layers; nil where what it is made of is not among those found.
    public func fused(
        _ found: [QuantityPlace: QuantityValue], target: Int, head: Int? = nil, over layers: ClosedRange<Int>
    ) -> QuantityValue? {
        let places = needed(over: layers).map { QuantityPlace(target: target, layer: $0, head: head) }
        let maps = places.compactMap { found[$0]?.map }
        return fusion.fused(maps).map { .map($0) } ?? places.last.flatMap { found[$0] }
    }
}
