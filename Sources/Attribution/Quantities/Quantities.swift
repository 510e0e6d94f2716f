/// The quantities this program knows.
public enum Quantities {
    /// All of them: the map methods first.
    public static let all: [any Quantity] = MapMethods.all + [
        AttentionReceived(), PatchLens(), TokenNorm(), KeySimilarity(), TokenSimilarity(),
        LensClasses(), TokenColors(),
        AttentionEntropy(), AttentionDistance(), PrefixAttention(), LensCurve(), LogitAttribution(), HeadEffect(), HeadEffect(by: .mean),
    ]

    /// The quantity with the given identifier.
    public static func named(_ identifier: String) -> (any Quantity)? {
        all.first { $0.identifier == identifier }
    }
}
