extension Recipe {
    /// How a patch head's scores of a class become one: not at all, their mean, or the largest (of several the first patch's).
    public enum PatchPooling: String, Sendable, CaseIterable {
        case none, mean, max
    }

    /// A patch head that a run trains.
    struct TrainedPatchHead {
        /// The block whose tokens it reads.
        let block: Int
        let pooling: PatchPooling
        /// Of its loss.
        let weight: Double
        /// Where its loss is told.
        let part: WritableKeyPath<JointObjective.Parts, Double>
    }

    /// The patch heads that the run trains on a model of `depth` blocks, in ascending order of blocks.
    func patchHeads(depth: Int) -> [TrainedPatchHead] {
        [depth - 3, depth - 1].compactMap { patchHead(after: $0, depth: depth) }
    }

    /// That which reads the tokens after a block; nil where none is trained.
    func patchHead(after block: Int, depth: Int) -> TrainedPatchHead? {
        let isLast = block == depth - 1
        guard isLast || block == depth - 3, (isLast ? patchHead : auxiliaryHead) != .none else { return nil }
        return isLast
            ? TrainedPatchHead(block: block, pooling: patchHead, weight: patchWeight, part: \.patch)
            : TrainedPatchHead(block: block, pooling: auxiliaryHead, weight: auxiliaryWeight, part: \.auxiliary)
    }
}
