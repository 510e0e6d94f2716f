extension Preset {
    /// The presets that need no file; the first is the default.
    public static let builtIn: [Preset] = [getam, official, acr, pooled]

    /// The built-in preset of a name.
    public static func named(_ name: String) -> Preset? { builtIn.first { $0.name == name } }

    /// GETAM on a Vision Transformer whose head reads the class token, without saliency: the class above the background's
    /// power, background elsewhere.
    public static let getam = Preset(
        name: "getam", refiners: [.patchAffinity(layers: .all, normalization: .none, steps: 2), .pamr()],
        completion: LabelCompletion(background: .level(0.3), completionCut: nil, openingSize: 0))

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
