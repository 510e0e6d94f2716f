/// The raw values that the first and the last color stand for.
public struct MapScale: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// From a map's smallest value to its largest.
        case own
        /// One for several maps.
        case shared
        /// Zero in the middle, as much above it as below; for values of both signs.
        case symmetric
    }

    public let kind: Kind
    public let low: Float
    public let high: Float

    public init(_ kind: Kind = .own, low: Float, high: Float) {
        self.kind = kind
        self.low = low
        self.high = high
    }

    /// A map's own smallest and largest value.
    public init(of map: PatchMap) {
        let (low, high) = map.range
        self.init(.own, low: low, high: high)
    }

    /// From zero, or from the smallest value if that is negative, to the largest of some maps.
    public init(sharedBy maps: some Sequence<PatchMap>) {
        let ranges = maps.map(\.range)
        self.init(.shared, low: min(ranges.map(\.minimum).min() ?? 0, 0), high: ranges.map(\.maximum).max() ?? 0)
    }

    /// As far below zero as above it: as far as the largest value of some maps, of either sign.
    public init(symmetricFor maps: some Sequence<PatchMap>) {
        self.init(symmetric: maps.map { max(-$0.range.minimum, $0.range.maximum) }.max() ?? 0)
    }

    /// From `-limit` to `limit`.
    public init(symmetric limit: Float) { self.init(.symmetric, low: 0 - max(limit, 0), high: max(limit, 0)) }

    /// From `low` to `high`; of values of both signs as far as either lies from zero, with zero in the middle.
    public init(_ kind: Kind = .own, low: Float, high: Float, isDiverging: Bool) {
        if isDiverging { self.init(symmetric: max(-low, high)) } else { self.init(kind, low: low, high: high) }
    }

    /// Whether colors go from one for the most negative values over white to one for the most positive.
    public var isDiverging: Bool { kind == .symmetric }

    /// How far from the scale's zero a value lies, 0…1: what thresholds and opacities go by. 0 for NaN and on a scale of no extent.
    public func magnitude(_ value: Float) -> Float {
        let place = isDiverging ? abs(value) / high : (value - low) / (high - low)
        return place > 0 ? (place < 1 ? place : 1) : 0
    }
}
