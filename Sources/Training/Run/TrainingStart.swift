import Checkpoints
import Tensors
import VisionTransformer

/// A start model brought to what a run trains: its classes and its input size.
public enum TrainingStart {
    /// - Parameters:
    ///   - parameters: of the start model.
    ///   - classes: names of the run's classes; where they are the model's own, its head is kept, else a head of zeros takes
    ///     its place, and in place of a decoder's classifier.
    ///   - side: of the input in pixels; the position embedding is resampled where it is not the model's own.
    ///   - augmentation: `published` brings ImageNet's normalization with it.
    /// - Throws: `ModelError` where the model has no patches of that size.
    public static func prepared(
        _ parameters: ParameterSet, classes: [String], side: Int, augmentation: Augmentation.Kind = .none
    ) throws(ModelError) -> ParameterSet {
        var result = parameters
        if augmentation == .published { result.configuration.preprocessing = .imageNet }
        let patch = parameters.configuration.patch
        guard side % patch.height == 0, side % patch.width == 0 else {
            throw .input("\"size\": a side of \(side) pixels is not made of whole \(patch.width)×\(patch.height) patches")
        }
        let grid = ModelConfiguration.Size(height: side / patch.height, width: side / patch.width)
        result.positions = parameters.positions(at: grid)
        result.configuration.grid = grid
        result.configuration.positionTables = 0
        let configuration = parameters.configuration
        if parameters.head == nil || configuration.distinctClassNames != classes {
            let features = parameters.head?.weight.shape[1] ?? configuration.width
            func head() -> ParameterSet.Linear {
                .init(weight: Tensor(shape: [classes.count, features]), bias: Tensor(shape: [classes.count]))
            }
            result.head = head()
            result.patchHeads = []
            if parameters.distillationHead != nil { result.distillationHead = head() }
            // A decoder's labels are background and classes; with the old ones they would go by the new ones' names.
            if let channels = parameters.decoder?.classifier.weight.shape[1] {
                result.decoder?.classifier = .init(
                    weight: Tensor(shape: [classes.count + 1, channels, 1, 1]), bias: Tensor(shape: [classes.count + 1]))
            }
            if let channels = parameters.lightDecoder?.channels {
                result.lightDecoder?.classifier = .init(
                    weight: Tensor(shape: [classes.count + 1, channels]), bias: Tensor(shape: [classes.count + 1]))
            }
            if configuration.head == .none { result.configuration.head = configuration.readsPatchMean ? .patchMean : .classToken }
            result.configuration.classCount = classes.count
            result.configuration.classNames = classes
        }
        result.configuration.probability = .sigmoid
        return result
    }

    /// A model with the patch heads that the recipe trains, those it lacks of random weights.
    ///
    /// - Throws: `ModelError` for a published model, whose checkpoints have no place for them, and for one of fewer than three blocks.
    public static func withPatchHeads(_ parameters: ParameterSet, _ recipe: Recipe) throws(ModelError) -> ParameterSet {
        let configuration = parameters.configuration
        let missing = recipe.patchHeads(depth: configuration.depth).map(\.block)
            .filter { block in !parameters.patchHeads.contains { $0.block == block } }
        guard let lowest = missing.first else { return parameters }
        guard configuration.family != .published else {
            throw .input("a published GETAM model has no patch heads; set \"patchHead\" and \"auxiliaryHead\" to none, or start from a plain ViT")
        }
        guard lowest >= 0 else {
            throw .input("\"auxiliaryHead\" reads the third last block; the model has \(configuration.depth)")
        }
        var result = parameters
        let (classes, width) = (configuration.classCount, configuration.width)
        for block in missing {
            var random = RandomStream(seed: recipe.seed, epoch: 0, picture: block + 1, .weights)
            let weight = Tensor(shape: [classes, width], (0..<classes * width).map { _ in Float(random.uniform(-1...1)) * patchHeadBound })
            result.patchHeads.append(.init(block: block, weight: weight))
        }
        result.patchHeads.sort { $0.block < $1.block }
        return result
    }

    /// Of a new patch head's weights, which are as wide as those of timm's heads, 0.02, and uniform: with zeros the largest score would
    /// be the first patch's.
    private static let patchHeadBound: Float = 0.0346

    /// A model with a decoder of random weights, as the recipe says; one that has a decoder keeps it.
    ///
    /// - Throws: `ModelError` where it cannot have one, or not at its input size.
    public static func withDecoder(_ parameters: ParameterSet, _ recipe: Recipe) throws(ModelError) -> ParameterSet {
        guard recipe.segmentationStart >= 0 else { return parameters }
        guard parameters.configuration.classCount < 255 else {
            throw .input("a decoder tells at most 254 classes apart, not \(parameters.configuration.classCount); name fewer with --class-list")
        }
        if parameters.decoder != nil || parameters.lightDecoder == nil && recipe.decoderKind == .published {
            var random = RandomStream(seed: recipe.seed, epoch: 0, .weights)
            let result = try parameters.decoder == nil ? parameters.published(features: recipe.decoderChannels, &random) : parameters
            let (size, step) = (result.configuration.inputSize, result.configuration.inputStep)
            guard size.height % step.height == 0, size.width % step.width == 0 else {
                throw .input("\"size\": the published decoder needs a side that is a multiple of \(step.width), not \(size.width)")
            }
            return result
        }
        var parameters = parameters
        if parameters.configuration.family != .published { parameters.configuration.segmentation = recipe.segmentation }
        guard parameters.lightDecoder == nil else { return parameters }
        guard parameters.configuration.family != .published else {
            throw .input("an ACR model has no decoder to train; set \"segmentationStart\" to -1, or start from a plain ViT")
        }
        let (depth, width) = (parameters.configuration.depth, parameters.configuration.width)
        let channels = recipe.decoderChannels, count = min(recipe.decoderTaps, depth), labels = parameters.configuration.classCount + 1
        var random = RandomStream(seed: recipe.seed, epoch: 0, .weights)
        /// Uniform, of the deviation 1/√inputs times `gain`.
        func matrix(_ shape: [Int], inputs: Int, gain: Double = 1) -> Tensor {
            let bound = gain * (3 / Double(inputs)).squareRoot()
            return Tensor(shape: shape, (0..<shape.reduce(1, *)).map { _ in Float(random.uniform(-bound...bound)) })
        }
        func norm(_ width: Int) -> ParameterSet.Norm {
            .init(weight: Tensor(shape: [width], repeating: 1), bias: Tensor(shape: [width]))
        }
        var result = parameters
        result.lightDecoder = .init(
            taps: (1...count).map { index in
                .init(
                    block: index * depth / count - 1, norm: norm(width),
                    reduction: .init(
                        weight: matrix([channels, width], inputs: width, gain: (1 / Double(count)).squareRoot()),
                        bias: Tensor(shape: [channels])))
            },
            refinements: (0..<ParameterSet.LightDecoder.sizes).map { _ in
                .init(
                    norm: norm(channels),
                    convolution: .init(
                        weight: matrix([channels, channels, 3, 3], inputs: 9 * channels), bias: Tensor(shape: [channels])))
            },
            norm: norm(channels),
            // Zeros: every label is as likely at the start.
            classifier: .init(weight: Tensor(shape: [labels, channels]), bias: Tensor(shape: [labels])))
        return result
    }
}

extension ModelConfiguration.Preprocessing {
    fileprivate static let imageNet = Self(
        mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225], interpolation: .bilinear)
}
