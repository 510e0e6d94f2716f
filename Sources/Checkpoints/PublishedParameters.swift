import Tensors

// What the published GETAM model has besides a plain ViT. Shapes are as PyTorch keeps them.
extension ParameterSet {
    /// A convolution's weight `[out, in, height, width]` (transposed: `[in, out, height, width]`); no bias means zero.
    public struct Convolution: Sendable {
        public var weight: Tensor
        /// `[out]`
        public var bias: Tensor?
        public init(weight: Tensor, bias: Tensor?) {
            self.weight = weight
            self.bias = bias
        }
    }

    /// A batch norm with its running statistics, all `[channels]`.
    public struct BatchNorm: Sendable {
        public var weight: Tensor
        public var bias: Tensor
        public var mean: Tensor
        public var variance: Tensor
        /// Batches that the running statistics have seen.
        public var batches: Int
        public init(weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, batches: Int = 0) {
            self.weight = weight
            self.bias = bias
            self.mean = mean
            self.variance = variance
            self.batches = batches
        }
    }

    /// Tokens turned back into a map: every patch joined with the class token, then convolutions (DPT's reassembly).
    public struct Reassembly: Sendable {
        /// `[width, 2·width]`: GELU(W·[patch; class token] + b).
        public var readout: Linear
        /// 1×1.
        public var reduction: Convolution
        /// To this level's size: transposed with kernel = stride, 3×3 with stride 2, or none.
        public var resampling: Convolution?
        public init(readout: Linear, reduction: Convolution, resampling: Convolution?) {
            self.readout = readout
            self.reduction = reduction
            self.resampling = resampling
        }
    }

    /// What turns the maps of four levels into segmentation logits.
    public struct Decoder: Sendable {
        /// Two 3×3 convolutions without bias, a norm after each.
        public struct ResidualUnit: Sendable {
            public var convolutions: [Convolution]
            public var norms: [BatchNorm]
            public init(convolutions: [Convolution], norms: [BatchNorm]) {
                self.convolutions = convolutions
                self.norms = norms
            }
        }

        /// One step from coarse to fine.
        public struct Fusion: Sendable {
            /// For the finer level's map; the coarsest step has none.
            public var skip: ResidualUnit?
            public var main: ResidualUnit
            /// 1×1.
            public var output: Convolution
            public init(skip: ResidualUnit?, main: ResidualUnit, output: Convolution) {
                self.skip = skip
                self.main = main
                self.output = output
            }
        }

        /// The three finest levels, finest first; nil where one is a stage of the residual stem. The fourth is
        /// ``ParameterSet/readout``.
        public var levels: [Reassembly?]
        /// 3×3, to one number of channels; a level each.
        public var projections: [Convolution]
        /// A level each.
        public var fusions: [Fusion]
        /// Two 3×3 convolutions, and the two matrices that weigh their channels (squeeze and excitation).
        public var attention: [Convolution]
        public var squeeze: Tensor
        public var excitation: Tensor
        /// 3×3, its norm, and the 1×1 classifier: background first, then the classes.
        public var output: Convolution
        public var outputNorm: BatchNorm
        public var classifier: Convolution

        public init(
            levels: [Reassembly?], projections: [Convolution], fusions: [Fusion], attention: [Convolution],
            squeeze: Tensor, excitation: Tensor, output: Convolution, outputNorm: BatchNorm, classifier: Convolution
        ) {
            self.levels = levels
            self.projections = projections
            self.fusions = fusions
            self.attention = attention
            self.squeeze = squeeze
            self.excitation = excitation
            self.output = output
            self.outputNorm = outputNorm
            self.classifier = classifier
        }
    }
}

extension ParameterSet.Decoder {
    /// The same with so many more batches seen by its norms.
    public func countingBatches(_ count: Int) -> Self {
        var result = self
        for index in fusions.indices {
            for place in fusions[index].main.norms.indices { result.fusions[index].main.norms[place].batches += count }
            for place in (fusions[index].skip?.norms ?? []).indices { result.fusions[index].skip?.norms[place].batches += count }
        }
        result.outputNorm.batches += count
        return result
    }
}

// Every tensor with a name that says what it is; see ``ParameterSet/forEachTensor(_:)``.

extension ParameterSet.BatchNorm {
    mutating func forEachTensor<E: Error>(_ name: String, _ body: (String, inout Tensor) throws(E) -> Void) throws(E) {
        try body(name + " weight", &weight)
        try body(name + " bias", &bias)
        try body(name + " mean", &mean)
        try body(name + " variance", &variance)
    }
}

extension ParameterSet.Reassembly {
    mutating func forEachTensor<E: Error>(_ name: String, _ body: (String, inout Tensor) throws(E) -> Void) throws(E) {
        try readout.forEachTensor(name + " readout", body)
        try reduction.forEachTensor(name + " reduction", body)
        if var found = resampling {
            try found.forEachTensor(name + " resampling", body)
            resampling = found
        }
    }
}

extension ParameterSet.Decoder {
    mutating func forEachTensor<E: Error>(_ body: (String, inout Tensor) throws(E) -> Void) throws(E) {
        func visit(_ name: String, _ unit: inout ResidualUnit) throws(E) {
            for index in unit.convolutions.indices { try unit.convolutions[index].forEachTensor("\(name) convolution \(index)", body) }
            for index in unit.norms.indices { try unit.norms[index].forEachTensor("\(name) norm \(index)", body) }
        }
        for index in levels.indices {
            guard var level = levels[index] else { continue }
            try level.forEachTensor("level \(index)", body)
            levels[index] = level
        }
        for index in projections.indices { try projections[index].forEachTensor("level \(index) projection", body) }
        for index in fusions.indices {
            if var skip = fusions[index].skip {
                try visit("fusion \(index) skip", &skip)
                fusions[index].skip = skip
            }
            try visit("fusion \(index) main", &fusions[index].main)
            try fusions[index].output.forEachTensor("fusion \(index) output", body)
        }
        for index in attention.indices { try attention[index].forEachTensor("channel attention \(index)", body) }
        try body("squeeze", &squeeze)
        try body("excitation", &excitation)
        try output.forEachTensor("output", body)
        try outputNorm.forEachTensor("output norm", body)
        try classifier.forEachTensor("classifier", body)
    }
}
