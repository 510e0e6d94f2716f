import Attribution
import Checkpoints

extension Preset {
    /// The presets that need no file.
    public static let builtIn: [Preset] = [getam, joint, official, acr, pooled] + ofPapers

    /// The preset where nobody names one: ``joint`` for a model with a light segmentation decoder, else ``getam``.
    public static func usual(for parameters: ParameterSet) -> Preset { parameters.lightDecoder == nil ? getam : joint }

    /// How ``usual(for:)`` chooses, in words.
    public static let usualText = "\(joint.name) for a model with a light decoder, else \(getam.name)"

    /// The built-in preset of a name.
    public static func named(_ name: String) -> Preset? { builtIn.first { $0.name == name } }

    /// The best labels the bundled classifier was found to give (the table in `Sources/Labels/README.md`): GETAM at twice the
    /// trained side, spread along the late layers' attention, then a dense CRF. No saliency and no completion.
    public static let getam = Preset(
        name: "getam", size: 448, share: true, refiners: lateAffinityAndField(backgroundLevel: 0.55),
        upsampling: .centers, normalization: .minimumMaximum,
        completion: LabelCompletion(background: .level(0.5), completionCut: nil, openingSize: 0))

    private static func lateAffinityAndField(backgroundLevel: Double) -> [RefinerSetting] {
        [
            .patchAffinity(layers: .fused, normalization: .sinkhorn, steps: 2),
            .denseCRF(DenseCRFSetting(.light, backgroundLevel: backgroundLevel, sharpness: 10)),
        ]
    }

    /// Half GETAM, half the decoder's answer, then a dense CRF: the best labels found for a model whose light decoder was trained
    /// (the table in `Sources/Labels/README.md`). With a decoder that has learned nothing yet, the maps alone decide.
    public static let joint: Preset = {
        var preset = getam
        (preset.name, preset.size, preset.decoder) = ("joint", 384, 0.5)
        preset.refiners = lateAffinityAndField(backgroundLevel: 0.5)
        return preset
    }()

    /// The published training pipeline of arXiv 2112.02841: layers from 6 on, PAMR, division by the largest value, saliency
    /// from files, background power 32, completion at 0.9, opening 10×10, slips kept.
    public static let official = Preset(
        name: "getam-official", layers: .from(6), resize: .square, refiners: [.pamr()],
        saliency: .files(threshold: 0), completion: LabelCompletion(mode: .published))

    /// The follow-up's recipe (ACR) with GETAM's map: the last two layers, the mirrored picture too, attention of all layers
    /// as affinity, minimum–maximum normalization, background level 0.35.
    public static let acr = Preset(
        name: "acr", layers: .last(2), resize: .square, flip: true, refiners: [.patchAffinity()],
        normalization: .minimumMaximum, completion: LabelCompletion(background: .level(0.35), completionCut: nil, openingSize: 0))

    /// For models whose head pools the patch tokens; the method itself takes the mean over the patch rows there. With an
    /// ignore band in place of saliency.
    public static let pooled = Preset(
        name: "pooled-head", refiners: [.pamr()],
        completion: LabelCompletion(background: .band(low: 0.1, high: 0.25), completionCut: nil, openingSize: 0))
}
