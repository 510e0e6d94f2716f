import Tensors

extension ParameterSet {
    /// The convolutions before the patch embedding of a hybrid model, which then reads their map.
    ///
    /// Layers one after another, each shrinking the map by its stride; a 3×3 maximum of stride 2 where ``isPooled``; then stages of
    /// bottlenecks, all but the first beginning with stride 2, or none. Either norms are group norms and weights are standardized (timm's
    /// non-preactivated ResNetV2), or norms are batch norms (ResNet-D, MobileCLIP).
    public struct Stem: Sendable {
        /// A convolution without bias, and the norm after it.
        public struct Layer: Sendable {
            /// `[out, in, height, width]`
            public var weight: Tensor
            public var norm: Norm
            /// Of a batch norm: what training measured, `[out]` each; nil for a group norm.
            public var statistics: (mean: Tensor, variance: Tensor)?
            /// Extent `out`.
            public var channels: Int
            /// Of a group norm; divides `channels`.
            public var groups: Int
            public var stride: Int
            public init(
                weight: Tensor, norm: Norm, statistics: (mean: Tensor, variance: Tensor)? = nil, channels: Int, groups: Int, stride: Int
            ) {
                self.weight = weight
                self.norm = norm
                self.statistics = statistics
                self.channels = channels
                self.groups = groups
                self.stride = stride
            }
        }

        /// 1×1, 3×3 and 1×1 layers beside a shortcut, which is a 1×1 layer or, absent, the input itself.
        public struct Bottleneck: Sendable {
            public var layers: [Layer]
            public var shortcut: Layer?
            public init(layers: [Layer], shortcut: Layer?) {
                self.layers = layers
                self.shortcut = shortcut
            }
        }

        public var first: [Layer]
        public var stages: [[Bottleneck]]
        public var isPooled: Bool
        /// Whether kernels have half of them in zeros on every side, as PyTorch pads; otherwise as TensorFlow's "SAME".
        public var isCentered: Bool
        /// Whether a shortcut that shrinks the map takes the mean of 2×2 positions in place of every second.
        public var averages: Bool
        /// Whether GELU, in place of max(y, 0), follows the norms.
        public var isGELU: Bool
        /// Whether weights are standardized as the published model's: over their deviation + 1e-5, not √(variance + 1e-8).
        public var isPublished = false
        /// Of the map that comes out.
        public var channels: Int { stages.last?.last?.layers.last?.channels ?? first.last?.channels ?? 0 }
        /// Pixels a position of that map, along a side.
        public var stride: Int {
            first.reduce(isPooled ? 2 : 1) { $0 * $1.stride } * stages.reduce(1) { $0 * ($1.first?.layers.reduce(1) { $0 * $1.stride } ?? 1) }
        }
        public init(
            first: [Layer], stages: [[Bottleneck]] = [], isPooled: Bool = true, isCentered: Bool = false, averages: Bool = false,
            isGELU: Bool = false
        ) {
            self.first = first
            self.stages = stages
            self.isPooled = isPooled
            self.isCentered = isCentered
            self.averages = averages
            self.isGELU = isGELU
        }
    }
}

extension ParameterSet {
    /// What stands in the way of gradients by the file's parameters; nil where nothing does.
    package var parameterObstacle: String? {
        if let kind = configuration.parameterObstacle { return kind }
        guard let stem else { return nil }
        if stem.first.contains(where: { $0.statistics != nil }) { return "batch norms in its stem" }
        return patchEmbedding.weight.shape[1] == stem.channels ? nil : "patches of several positions of its stem's map"
    }
}

extension ParameterSet.Stem {
    mutating func forEachTensor<E: Error>(_ body: (String, inout Tensor) throws(E) -> Void) throws(E) {
        func visit(_ name: String, _ layer: inout Layer) throws(E) {
            try body(name + " weight", &layer.weight)
            try layer.norm.forEachTensor(name + " norm", body)
            if var statistics = layer.statistics {
                try body(name + " norm mean", &statistics.mean)
                try body(name + " norm variance", &statistics.variance)
                layer.statistics = statistics
            }
        }
        for number in first.indices { try visit(number == 0 ? "stem" : "stem \(number)", &first[number]) }
        for number in stages.indices {
            for index in stages[number].indices {
                let name = "stage \(number) block \(index)"
                for place in stages[number][index].layers.indices {
                    try visit("\(name) layer \(place)", &stages[number][index].layers[place])
                }
                if var shortcut = stages[number][index].shortcut {
                    try visit(name + " shortcut", &shortcut)
                    stages[number][index].shortcut = shortcut
                }
            }
        }
    }
}
