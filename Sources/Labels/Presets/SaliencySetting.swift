/// Where the saliency mask comes from.
public enum SaliencySetting: Sendable, Hashable {
    /// Saliency is not used.
    case none
    /// Files named as the pictures, in a folder that the command names; see ``SaliencyFile``.
    case files(threshold: Double = 0)
    /// Computed without further weights, and binarized at Otsu's level or at ``Preset/saliencyLevel``.
    case computed(ComputedSaliency)

    /// Ways to compute saliency.
    public enum ComputedSaliency: String, Sendable, Hashable, CaseIterable {
        /// ``BarrierSaliency`` alone.
        case barrier
        /// ``TokenCut`` alone.
        case tokens
        /// Pixels that both call salient.
        case intersection
        /// Pixels that either calls salient.
        case union
        /// Otsu's level on the mean of the two maps.
        case mean

        /// Whether the model's tokens are needed.
        public var needsTokens: Bool { self != .barrier }
        /// Whether the barrier map is needed.
        public var needsBarrier: Bool { self != .tokens }

        /// The mask from the maps that are needed, which must be of one size.
        ///
        /// - Parameter level: what a value must exceed, 0…1; nil is Otsu's level.
        /// - Returns: nil where a map that is needed is nil.
        public func mask(barrier: SaliencyMap?, tokens: SaliencyMap?, level: Double? = nil) -> Mask? {
            func mask(_ map: SaliencyMap) -> Mask { level.map { map.mask(above: Float($0)) } ?? map.otsuMask }
            switch self {
            case .barrier: return barrier.map(mask)
            case .tokens: return tokens.map(mask)
            case .intersection, .union, .mean:
                guard let barrier, let tokens else { return nil }
                return switch self {
                case .intersection: mask(barrier).intersection(mask(tokens))
                case .union: mask(barrier).union(mask(tokens))
                default: mask(barrier.mean(tokens).stretched)
                }
            }
        }
    }
}
