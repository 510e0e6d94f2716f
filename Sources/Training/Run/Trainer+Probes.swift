import Attribution
import Checkpoints
import Files
import Images
import Labels
import Tensors
import VisionTransformer

/// A picture that is looked at while a model is trained, and what the model makes of it.
public struct ProbePicture: Sendable {
    /// What it is called in messages.
    public let name: String
    /// At most ``longSide`` pixels on its long side.
    public let picture: RGBImage
    /// The classes that its labels name, ascending.
    public let classes: [Int]
    /// Its place in the run's set.
    let place: Int
    static let longSide = 448

    /// What the model makes of it at some step.
    public struct Reading: Sendable {
        /// Steps taken by the model.
        public let step: Int
        /// The classes looked at, among the model's logits: those that the labels name, then the most probable others.
        public let classes: [Int]
        /// One a class of `classes`, 0 to 1.
        public let probabilities: [Float]
        /// Maps of each of `classes`, every layer's, first layer first.
        public let maps: [[PatchMap]]
        /// The label that a decoder would learn now, 0 for the background, 1 + a class's index, 255 for unknown pixels: the one kept
        /// since pseudo labels were made last, else one that is made of the model as it is. Of any size; nil where none can be made.
        public let label: IndexedImage?
        /// The decoder's answer in the same numbers; nil without one.
        public let answer: IndexedImage?
    }
}

extension Trainer {
    /// The run's probe pictures that can be read.
    public func probePictures() -> [ProbePicture] {
        probes.compactMap { place in
            let known = set.pictures[place]
            guard let picture = try? ImageFile.read(path: known.path) else { return nil }
            let smaller = picture.forDisplay(longSide: ProbePicture.longSide)
            return ProbePicture(name: known.name, picture: smaller, classes: known.classes.sorted(), place: place)
        }
    }

    /// What the model, as it is between two steps, makes of a picture. Changes nothing of the run.
    ///
    /// - Parameter others: how many classes are looked at beside those that the labels name.
    /// - Throws: `ModelError` where the model's answer is no number.
    public func reading(of probe: ProbePicture, others: Int = 1) throws -> ProbePicture.Reading {
        let configuration = model.configuration, preset = recipe.pseudoLabelPreset ?? .getam
        let size = try ResizeMode.fit.inputSize(width: probe.picture.width, height: probe.picture.height, for: configuration)
        let trace = try model.forward(
            probe.picture.modelInput(size, configuration.preprocessing), options: ForwardOptions(taps: model.decoderTaps))
        let probabilities = configuration.probability(trace.logits)
        let ranking = probabilities.indices.sorted { (probabilities[$0], $1) > (probabilities[$1], $0) }
        let classes = probe.classes + ranking.filter { !probe.classes.contains($0) }.prefix(max(others, probe.classes.isEmpty ? 1 : 0))
        let method = MapMethods.named(preset.method) as? any ClassMethod ?? GETAM()
        return ProbePicture.Reading(
            step: step, classes: classes, probabilities: classes.map { probabilities[$0] },
            maps: try model.layerMaps(of: trace, classes: classes, method: method, layers: 0...configuration.depth - 1),
            label: label(of: probe, preset), answer: try answer(to: probe, trace, size))
    }

    /// The layers whose sum is the map that pseudo labels are made of.
    public var fusedLayers: ClosedRange<Int> {
        let depth = model.configuration.depth
        return (recipe.pseudoLabelPreset ?? .getam).layers.range(depth: depth) ?? depth / 2...depth - 1
    }

    private func label(of probe: ProbePicture, _ preset: Preset) -> IndexedImage? {
        if let steps = recipe.labelSteps(for: step + 1) {
            if let kept = PseudoLabels(folder: folder.labels(steps.first), set: set).map(of: probe.place) { return kept }
        }
        guard !probe.classes.isEmpty, let pipeline = try? LabelPipeline(model: model, preset: preset) else { return nil }
        let numbers = probe.classes.map { UInt8(exactly: $0 + 1) ?? 0 }, saliency = set.pictures[probe.place].saliency
        return try? pipeline.labels(probe.picture, classes: probe.classes, labels: numbers, saliencyFile: saliency).labels.labels
    }

    /// The likeliest label at every position of the decoder's answer.
    private func answer(to probe: ProbePicture, _ trace: Trace, _ size: ModelConfiguration.Size) throws -> IndexedImage? {
        guard model.parameters.hasDecoder else { return nil }
        if model.canDecode(trace) { return try model.decode(trace).logits.largest }
        // The published decoder takes whole multiples of its step.
        let step = model.configuration.inputStep
        let fitting = ModelConfiguration.Size(
            height: max(size.height / step.height, 1) * step.height, width: max(size.width / step.width, 1) * step.width)
        return try SegmentationModel(model).answer(to: probe.picture.modelInput(fitting, model.configuration.preprocessing)).map.largest
    }
}

extension FeatureMap {
    /// The channel of the largest value at every position, the first of equals.
    fileprivate var largest: IndexedImage {
        let indices = (0..<positions).map { place -> UInt8 in
            let line = values.base + place * channels
            var best = 0
            for channel in 1..<channels where line[channel] > line[best] { best = channel }
            return UInt8(clamping: best)
        }
        return IndexedImage(width: width, height: height, indices: indices)
    }
}
