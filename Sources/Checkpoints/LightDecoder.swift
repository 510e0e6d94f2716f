import Tensors

extension ParameterSet {
    /// A small segmentation decoder over the tokens of several blocks, which any Vision Transformer may have.
    ///
    ///     tokens after the tapped blocks → norm → C channels each → summed on the grid
    ///     → refined → twice the size → refined → twice the size → refined → norm, GELU → labels
    ///
    /// where to refine is x + conv3×3(GELU(norm(x))). Its tensors are `decoder.*` in a checkpoint; a tap's name has the number of
    /// its block.
    public struct LightDecoder: Sendable {
        /// What reads the patch tokens after one block.
        public struct Tap: Sendable {
            /// The block's number.
            public let block: Int
            public var norm: Norm
            /// `[channels, width]`
            public var reduction: Linear
            public init(block: Int, norm: Norm, reduction: Linear) {
                self.block = block
                self.norm = norm
                self.reduction = reduction
            }
        }

        /// A norm of the channels, GELU, and a 3×3 convolution.
        public struct Refinement: Sendable {
            public var norm: Norm
            /// `[channels, channels, 3, 3]`
            public var convolution: Convolution
            public init(norm: Norm, convolution: Convolution) {
                self.norm = norm
                self.convolution = convolution
            }
        }

        /// In ascending order of blocks.
        public var taps: [Tap]
        /// On the grid, and at twice and four times its size.
        public var refinements: [Refinement]
        public var norm: Norm
        /// `[labels, channels]`, background first, then the classes.
        public var classifier: Linear

        public init(taps: [Tap], refinements: [Refinement], norm: Norm, classifier: Linear) {
            self.taps = taps
            self.refinements = refinements
            self.norm = norm
            self.classifier = classifier
        }

        /// Channels of the maps.
        public var channels: Int { classifier.weight.shape[1] }
        /// Background and classes.
        public var labels: Int { classifier.weight.shape[0] }
        /// Maps of how many sizes: on the grid and twice as large each time.
        public static let sizes = 3

        mutating func forEachTensor<E: Error>(_ body: (String, inout Tensor) throws(E) -> Void) throws(E) {
            for index in taps.indices {
                try taps[index].norm.forEachTensor("decoder tap \(taps[index].block) norm", body)
                try taps[index].reduction.forEachTensor("decoder tap \(taps[index].block) reduction", body)
            }
            for index in refinements.indices {
                try refinements[index].norm.forEachTensor("decoder refinement \(index) norm", body)
                try refinements[index].convolution.forEachTensor("decoder refinement \(index) convolution", body)
            }
            try norm.forEachTensor("decoder norm", body)
            try classifier.forEachTensor("decoder classifier", body)
        }
    }
}

extension SafetensorsEncoder {
    /// A light decoder under the names that ``TensorCollector/lightDecoder(width:depth:)`` reads.
    mutating func put(_ decoder: ParameterSet.LightDecoder, as element: Element) {
        for tap in decoder.taps {
            put("decoder.taps.\(tap.block).norm", tap.norm, as: element)
            put("decoder.taps.\(tap.block).reduction", tap.reduction, as: element)
        }
        for (index, refinement) in decoder.refinements.enumerated() {
            put("decoder.refinements.\(index).norm", refinement.norm, as: element)
            put("decoder.refinements.\(index).conv", refinement.convolution.linear, as: element)
        }
        put("decoder.norm", decoder.norm, as: element)
        put("decoder.classifier", decoder.classifier, as: element)
    }
}

extension TensorCollector {
    /// The light decoder; nil where the file has none.
    ///
    /// - Parameters:
    ///   - width: of a token.
    ///   - depth: the model's blocks.
    mutating func lightDecoder(width: Int, depth: Int) -> ParameterSet.LightDecoder? {
        let name = "decoder."
        guard let shape = info(name + "classifier.weight")?.shape, shape.count == 2, shape[0] > 0, shape[1] > 0 else { return nil }
        let (labels, channels) = (shape[0], shape[1])
        let taps = (0..<depth).filter { hasLayer("\(name)taps.\($0).reduction") }.map { block in
            let tap = "\(name)taps.\(block)."
            return ParameterSet.LightDecoder.Tap(
                block: block, norm: norm(tap + "norm", width), reduction: linear(tap + "reduction", channels, width))
        }
        let refinements = (0..<ParameterSet.LightDecoder.sizes).map { index in
            let refinement = "\(name)refinements.\(index)."
            return ParameterSet.LightDecoder.Refinement(
                norm: norm(refinement + "norm", channels),
                convolution: .init(
                    weight: take(refinement + "conv.weight", [channels, channels, 3, 3]), bias: take(refinement + "conv.bias", [channels])))
        }
        return .init(
            taps: taps, refinements: refinements, norm: norm(name + "norm", channels),
            classifier: linear(name + "classifier", labels, channels))
    }
}
