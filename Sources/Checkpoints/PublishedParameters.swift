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
        public init(weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor) {
            self.weight = weight
            self.bias = bias
            self.mean = mean
            self.variance = variance
        }
    }

    /// The residual network before the blocks of a hybrid model (timm's non-preactivated ResNetV2).
    ///
    /// 7×7 convolution, norm and 3×3 maximum, each of stride 2 where it shrinks; then stages of bottlenecks, all but the
    /// first beginning with stride 2. Convolutions have no bias and weight-standardized weights; norms are group norms.
    public struct ResidualStem: Sendable {
        /// A layer and the norm after it.
        public struct Layer: Sendable {
            /// `[out, in, height, width]`
            public var weight: Tensor
            public var norm: Norm
            /// Extent `out`.
            public var channels: Int
            /// Of the norm; divides `channels`.
            public var groups: Int
            public init(weight: Tensor, norm: Norm, channels: Int, groups: Int) {
                self.weight = weight
                self.norm = norm
                self.channels = channels
                self.groups = groups
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

        public var first: Layer
        public var stages: [[Bottleneck]]
        /// Of the map that comes out.
        public var channels: Int { stages.last?.last?.layers.last?.channels ?? first.channels }
        public init(first: Layer, stages: [[Bottleneck]]) {
            self.first = first
            self.stages = stages
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

    /// The tensors of the stem, the readout head and the decoder, with names that say what they are.
    var namedFeatureTensors: [(name: String, tensor: Tensor)] {
        var tensors: [(name: String, tensor: Tensor)] = []
        func add(_ name: String, _ layer: Convolution?) {
            if let layer { tensors.append((name + " weight", layer.weight)) }
            if let bias = layer?.bias { tensors.append((name + " bias", bias)) }
        }
        func add(_ name: String, _ layer: ResidualStem.Layer?) {
            guard let layer else { return }
            tensors += [
                (name + " weight", layer.weight), (name + " norm weight", layer.norm.weight),
                (name + " norm bias", layer.norm.bias),
            ]
        }
        func add(_ name: String, _ norm: BatchNorm) {
            tensors += [
                (name + " weight", norm.weight), (name + " bias", norm.bias), (name + " mean", norm.mean),
                (name + " variance", norm.variance),
            ]
        }
        func add(_ name: String, _ level: Reassembly?) {
            guard let level else { return }
            tensors.append((name + " readout weight", level.readout.weight))
            if let bias = level.readout.bias { tensors.append((name + " readout bias", bias)) }
            add(name + " reduction", level.reduction)
            add(name + " resampling", level.resampling)
        }
        func add(_ name: String, _ unit: Decoder.ResidualUnit?) {
            guard let unit else { return }
            for (index, layer) in unit.convolutions.enumerated() { add("\(name) convolution \(index)", layer) }
            for (index, norm) in unit.norms.enumerated() { add("\(name) norm \(index)", norm) }
        }
        if let stem {
            add("stem", stem.first)
            for (number, stage) in stem.stages.enumerated() {
                for (index, block) in stage.enumerated() {
                    for (place, layer) in block.layers.enumerated() {
                        add("stage \(number) block \(index) layer \(place)", layer)
                    }
                    add("stage \(number) block \(index) shortcut", block.shortcut)
                }
            }
        }
        add("class map", readout)
        if let decoder {
            for (index, level) in decoder.levels.enumerated() { add("level \(index)", level) }
            for (index, layer) in decoder.projections.enumerated() { add("level \(index) projection", layer) }
            for (index, fusion) in decoder.fusions.enumerated() {
                add("fusion \(index) skip", fusion.skip)
                add("fusion \(index) main", fusion.main)
                add("fusion \(index) output", fusion.output)
            }
            for (index, layer) in decoder.attention.enumerated() { add("channel attention \(index)", layer) }
            tensors += [("squeeze", decoder.squeeze), ("excitation", decoder.excitation)]
            add("output", decoder.output)
            add("output norm", decoder.outputNorm)
            add("classifier", decoder.classifier)
        }
        return tensors
    }
}
