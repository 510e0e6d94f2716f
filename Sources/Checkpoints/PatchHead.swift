import Tensors

extension ParameterSet {
    /// A linear classifier of the patch tokens after a block, without bias; a loss pools its scores over the patches.
    ///
    /// After the last block it reads what the final norm makes of the tokens, where the model has one; after others the tokens
    /// as they are, as ToCo's auxiliary classifier does. Its tensor is `patch_heads.BLOCK.weight` in a checkpoint.
    public struct PatchHead: Sendable {
        /// The block's number.
        public let block: Int
        /// `[classes, width]`
        public var weight: Tensor
        public init(block: Int, weight: Tensor) {
            self.block = block
            self.weight = weight
        }

        /// What every patch head's tensor is called among a model's begins with this, and goes on with the block's number.
        package static let prefix = "patch head "
    }
}

extension SafetensorsEncoder {
    /// Patch heads under the names that ``TensorCollector/patchHeads(classes:width:depth:)`` reads.
    mutating func put(_ heads: [ParameterSet.PatchHead], as element: Element) {
        for head in heads { put("patch_heads.\(head.block)", ParameterSet.Linear(weight: head.weight, bias: nil), as: element) }
    }
}

extension TensorCollector {
    /// The patch heads in the file, in ascending order of blocks.
    ///
    /// - Parameters:
    ///   - classes: of the model's head; nil where another head took the place of the file's, with whose classes they have
    ///     nothing to do.
    ///   - width: of a token.
    ///   - depth: the model's blocks.
    mutating func patchHeads(classes: Int?, width: Int, depth: Int) -> [ParameterSet.PatchHead] {
        var heads: [ParameterSet.PatchHead] = []
        for block in 0..<depth {
            let name = "patch_heads.\(block)"
            guard has(name + ".weight") else { continue }
            if let classes {
                heads.append(.init(block: block, weight: take(name + ".weight", [classes, width])))
            } else {
                leave(name)
            }
        }
        return heads
    }
}
