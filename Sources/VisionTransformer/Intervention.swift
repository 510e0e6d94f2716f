/// What is taken out of a model's pass over a picture, to see what of its answer goes with it.
public struct Intervention: Sendable, Hashable {
    /// Heads whose output is replaced.
    public var heads: HeadAblations
    /// The patches that take part, counted row by row from the top left; nil for all.
    ///
    /// The tokens of the others are dropped before the first block, and their position embeddings with them: nothing stands in
    /// their place. Prefix tokens stay.
    public var patches: Set<Int>?

    public init(heads: HeadAblations = .none, patches: Set<Int>? = nil) {
        self.heads = heads
        self.patches = patches
    }

    /// Nothing is taken out.
    public static let none = Intervention()
    public var isEmpty: Bool { heads.isEmpty && patches == nil }
}
