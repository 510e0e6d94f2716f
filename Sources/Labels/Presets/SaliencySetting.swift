/// Where the saliency mask comes from.
public enum SaliencySetting: Sendable, Hashable {
    /// Saliency is not used.
    case none
    /// Files named as the pictures, in a folder that the command names; see ``SaliencyFile``.
    case files(threshold: Double = 0)
    /// Computed without further weights, and binarized at Otsu's level.
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
        /// - Returns: nil where a map that is needed is nil.
        public func mask(barrier: SaliencyMap?, tokens: SaliencyMap?) -> Mask? {
            switch self {
            case .barrier: return barrier?.otsuMask
            case .tokens: return tokens?.otsuMask
            case .intersection, .union, .mean:
                guard let barrier, let tokens else { return nil }
                return switch self {
                case .intersection: barrier.otsuMask.intersection(tokens.otsuMask)
                case .union: barrier.otsuMask.union(tokens.otsuMask)
                default: barrier.mean(tokens).stretched.otsuMask
                }
            }
        }
    }
}
