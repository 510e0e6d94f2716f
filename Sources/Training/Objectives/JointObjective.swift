import Checkpoints
import Tensors
import VisionTransformer

/// What a step of a run makes smaller: the class head's soft margin, and, where pictures have label maps, the decoder's balanced
/// cross entropy times a weight.
struct JointObjective: Sendable {
    /// A picture's parts of the batch's loss, which are added up over the batch.
    struct Parts: Sendable {
        var softMargin = 0.0, segmentation = 0.0
        static let notFinite = Parts(softMargin: .nan, segmentation: .nan)

        static func + (a: Parts, b: Parts) -> Parts {
            Parts(softMargin: a.softMargin + b.softMargin, segmentation: a.segmentation + b.segmentation)
        }
    }

    private let classes: [Set<Int>]
    private let maps: [[UInt8]]
    private let counts: BalancedCrossEntropy.Counts
    private let segmentationWeight: Double

    /// - Parameters:
    ///   - classes: of every picture of the batch, among the logits.
    ///   - maps: a label for every position of the decoder's answer; empty where no decoder is trained.
    ///   - count: of the model's classes.
    init(classes: [Set<Int>], maps: [[UInt8]], count: Int, segmentationWeight: Double) {
        self.classes = classes
        self.maps = maps
        counts = BalancedCrossEntropy.Counts(maps, labels: count + 1)
        self.segmentationWeight = segmentationWeight
    }

    /// The batch's loss.
    func value(_ parts: Parts) -> Double { parts.softMargin + segmentationWeight * parts.segmentation }

    /// The blocks whose tokens a picture's pass must keep.
    func taps(_ place: Int, of model: VisionTransformer) -> Set<Int> { maps[place].isEmpty ? [] : model.decoderTaps }

    /// The parts of the picture at `place`, and the loss's derivatives by what the model gave; gradients of a decoder's
    /// parameters are added to `sums`.
    func evaluate(
        _ place: Int, _ trace: Trace, _ model: VisionTransformer, _ sums: ParameterArena
    ) throws(ModelError) -> (parts: Parts, cotangents: Cotangents) {
        let share = 1 / Double(classes.count)
        let (margin, byLogits) = SoftMargin.evaluate(trace.logits, classes: classes[place], weight: Float(share))
        var parts = Parts(softMargin: margin * share)
        var cotangents = Cotangents(logits: .values(Tensor(shape: [1, byLogits.count], byLogits)))
        guard !maps[place].isEmpty else { return (parts, cotangents) }
        let decoded = try model.decode(trace)
        let (logits, workspace) = (decoded.logits, model.mapWorkspace)
        let gradient = FeatureMap(height: logits.height, width: logits.width, channels: logits.channels, in: workspace)
        gradient.values.base.update(repeating: 0, count: gradient.count)
        parts.segmentation = BalancedCrossEntropy.evaluate(
            PixelPrediction(logits, compute: model.compute, in: workspace), maps[place], counts: counts,
            weight: Float(segmentationWeight), addingTo: gradient, compute: model.compute)
        cotangents.tokens = decoded.backward(gradient, addingTo: sums)
        return (parts, cotangents)
    }
}
