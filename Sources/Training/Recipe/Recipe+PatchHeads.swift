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
        [
            TrainedPatchHead(block: depth - 3, pooling: auxiliaryHead, weight: auxiliaryWeight, part: \.auxiliary),
            TrainedPatchHead(block: depth - 1, pooling: patchHead, weight: patchWeight, part: \.patch),
        ].filter { $0.pooling != .none }
    }
}
