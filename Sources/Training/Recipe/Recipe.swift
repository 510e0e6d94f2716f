import Checkpoints
import Labels

/// Everything that changes what a training run gives, but the start model and the data.
///
/// What a key is called in a file or with `--set`, what it may be and what it does says ``RecipeField/all``.
public struct Recipe: Sendable, Equatable {
    /// The version of the format that this program writes and reads.
    public static let version = 1

    public var name = "plain"
    /// Updates in the run.
    public var steps = 1000
    /// Pictures an update.
    public var batch = 16
    /// Side of the input in pixels; nil until the start model says it.
    public var size: Int?
    public var seed = 0
    public var augment = Augmentation.Kind.none
    /// Of `standard`: the smallest part of the picture's area that is cut out, and how strongly colors change.
    public var cropArea = 0.35
    public var jitter = 0.3
    public var optimizer = Optimizer.Kind.sgd
    public var learningRate = 0.01
    /// The learning rate's factor for the head and a decoder.
    public var headRate = 1.0
    /// The learning rate's factor from each block to the one below it.
    public var layerDecay = 1.0
    /// Of SGD.
    public var momentum = 0.0
    public var weightDecay = 0.0
    public var schedule = Schedule.constant
    /// Of the schedule `poly`.
    public var power = 0.9
    /// Steps in which the learning rate rises from 0.
    public var warmup = 0
    /// The largest Euclidean norm of the gradient; 0 for none.
    public var clip = 0.0
    /// The probability with which the last block's branches are left out; blocks below less, the first never.
    public var dropPath = 0.0
    /// The weight of the mean of the weights; 0 for none.
    public var ema = 0.0
    /// How the scores of a classifier of the last patch tokens, and of those after the third last block, are pooled for a soft margin
    /// of their own; and the weights of those.
    public var patchHead = PatchPooling.none
    public var auxiliaryHead = PatchPooling.none
    public var patchWeight = 1.0
    public var auxiliaryWeight = 1.0
    /// The weight of the patch-token contrast.
    public var contrastWeight = 0.0
    /// The step from which a decoder is trained; −1 for never, nil for half of the steps.
    public var segmentationBegin: Int? = -1
    /// The step from which a decoder is trained; −1 for never.
    public var segmentationStart: Int {
        get { segmentationBegin ?? steps / 2 }
        set { segmentationBegin = newValue }
    }
    /// The learning rate's factor from then on.
    public var segmentationRate = 1.0
    /// What decoder a start model without one gets.
    public var decoderKind = DecoderKind.light
    /// Of the light decoder: channels of its maps, and how many blocks it reads.
    public var decoderChannels = 96
    public var decoderTaps = 4
    /// The weight of the class head's soft margin.
    public var classificationWeight = 1.0
    /// The weight of the decoder's cross entropy.
    public var segmentationWeight = 1.0
    /// Which cross entropy that is, and of the clipping one the mean from which on it clips.
    public var segmentationForm = SegmentationForm.balanced
    public var clippingStart = GradientClippingCrossEntropy.publishedStart
    /// The weight of the background's cross entropy with saliency, and what that means; of the dense energy.
    public var saliencyWeight = 0.0
    public var saliencyForm = SaliencyForm.corrected
    public var energyWeight = 0.0
    /// Where pseudo labels come from.
    public var labelSource = LabelSource.bank
    /// How the maps that they are made of are brought to 0…1.
    public var labelNormalization = LabelNormalization.preset
    /// The preset by which pseudo labels are made.
    public var labelPreset = "getam"
    /// Steps from one making of pseudo labels to the next; 0 for once.
    public var labelEvery = 0
    /// How the light decoder is asked where nobody says otherwise.
    public var segmentation = ModelConfiguration.Segmentation()
    /// Steps from one checkpoint of the weights to the next; nil for a tenth of the run.
    public var keepEvery: Int?
    /// Steps from one saved state to the next.
    public var saveEvery = 100

    public init() {}

    /// The recipe that changes nothing until a key is set: the class head's soft margin alone.
    public static let plain = Recipe()

    /// The first is the default.
    public static let builtIn: [Recipe] = [getam, plain, published]

    public enum DecoderKind: String, Sendable, CaseIterable {
        /// getam's own (``Checkpoints/ParameterSet/LightDecoder``).
        case light
        /// The published one, and with it its class head: the model becomes a published one.
        case published
    }

    /// Which pixels the saliency loss means to be background.
    public enum SaliencyForm: String, Sendable, CaseIterable {
        /// Those that are neither salient nor completed.
        case corrected
        /// All but those completed: GETAM's code overwrites the mask with 0 and 1 before it reads it as one of 0 and 255.
        case published
    }

    public enum LabelSource: String, Sendable, CaseIterable {
        /// All pictures' at once, kept in the run's folder, made anew from time to time.
        case bank
        /// Made in every step, of its pictures as the model sees them, by the very passes that learn from them.
        case step
    }

    public enum LabelNormalization: String, Sendable, CaseIterable {
        /// As the preset says.
        case preset
        /// x / (largest + 10⁻⁵) of the raw maps after PAMR, as the published code.
        case published
    }

    /// The preset by which pseudo labels are made; nil where there is none of its name.
    var pseudoLabelPreset: Preset? {
        var preset = Preset.named(labelPreset)
        if labelNormalization == .published { preset?.normalization = .publishedMaximum }
        return preset
    }

    /// Whether pictures come with saliency maps, and what those must exceed.
    public var saliencyThreshold: Double? {
        guard segmentationStart >= 0, case .files(let threshold)? = pseudoLabelPreset?.saliency else { return nil }
        return threshold
    }

    /// The cross entropy of a decoder's answer with the label maps.
    public enum SegmentationForm: String, Sendable, CaseIterable {
        /// ``BalancedCrossEntropy``.
        case balanced
        /// ``GradientClippingCrossEntropy``.
        case clipping
    }

    /// Whether patch tokens are contrasted, by the auxiliary head's labels.
    var contrasts: Bool { contrastWeight > 0 && auxiliaryHead != .none }

    /// What of the settings does not fit together; nil where all do.
    public var conflict: String? {
        if warmup > steps { return "\"warmup\" (\(warmup)) is longer than \"steps\" (\(steps))" }
        if contrastWeight > 0, auxiliaryHead == .none { return "\"losses.contrast\" needs the labels of an \"auxiliaryHead\", mean or max" }
        if segmentationStart >= 0 {
            guard let preset = pseudoLabelPreset else {
                return "\"labels.preset\" (\(labelPreset)) is none of the built-in presets \(Preset.builtIn.map(\.name).joined(separator: ", "))"
            }
            if saliencyWeight > 0 {
                guard preset.saliency != .none else {
                    return "\"losses.saliency\" needs saliency, which \"labels.preset\" (\(labelPreset)) does not use"
                }
                guard labelSource == .step else { return "\"losses.saliency\" needs \"labels.source\" step" }
            }
            if segmentationStart >= steps { return "\"segmentationStart\" (\(segmentationStart)) is not before the last of \"steps\" (\(steps))" }
        }
        return nil
    }

    /// The first and the last step that are served by the same pseudo labels as `step`; nil where no decoder is trained.
    func labelSteps(for step: Int) -> (first: Int, last: Int)? {
        guard segmentationStart >= 0, step > segmentationStart, labelSource == .bank else { return nil }
        guard labelEvery > 0 else { return (segmentationStart + 1, steps) }
        let first = segmentationStart + 1 + (step - 1 - segmentationStart) / labelEvery * labelEvery
        return (first, min(steps, first + labelEvery - 1))
    }

    /// Steps from one checkpoint of the weights to the next.
    public var keptEvery: Int { keepEvery ?? max(1, steps / 10) }
}
