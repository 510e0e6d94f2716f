import Attribution

extension Preset {
    /// Presets that stand for papers beside GETAM: what of each can be had of any classifier, without its training and its weights. Maps are
    /// the classifier's own, normalized by minimum and maximum; levels are the papers' where they name one, else found in each picture.
    public static let ofPapers: [Preset] = [
        clipES, weCLIP, afa, toco, sipe, adCAM, tsCAM, mctformer, umCAM, zoomCAM, refineCAM, bas, dupl, mdba, i2crc,
        puzzleCAM, weakTr,
    ]

    private static func paper(
        _ name: String, method: String = "getam", layers: Layers = .upperHalf, fusion: LayerFusion.Kind = .sum, scales: [Double] = [1],
        flip: Bool = false, refiners: [RefinerSetting] = [], saliency: SaliencySetting = .none, rule: LabelRule = .getam, _ background: LabelCompletion.Background
    ) -> Preset {
        Preset(
            name: name, method: method, layers: layers, fusion: fusion, scales: scales, flip: flip, refiners: refiners, upsampling: .centers,
            normalization: .minimumMaximum, saliency: saliency,
            completion: LabelCompletion(rule: rule, background: background, completionCut: nil, openingSize: 0))
    }

    /// CLIP-ES (Lin et al., CVPR 2023, arXiv 2212.09506): Grad-CAM of the last block's tokens after norm 1, of the probability among the
    /// picture's classes and the background's words; class-aware attention affinity of the last eight layers from boxes at 0.4, background
    /// (1 − m)², a dense CRF. Its published code pools the patches in place of CLIP's class token; here the head reads what it was
    /// trained on.
    static let clipES: Preset = {
        var preset = paper(
            "clip-es", method: "token-gradcam", layers: .last(1),
            refiners: [
                .classAffinity(layers: .last(8), level: 0.4), .denseCRF(DenseCRFSetting(.light, backgroundLevel: 0.4, sharpness: 10)),
            ], .level(0.5))
        preset.score = .softMax
        return preset
    }()

    /// WeCLIP (Zhang et al., CVPR 2024, arXiv 2406.11189) at inference: CLIP-ES's map; affinity of those of the last six layers that the
    /// picture chooses, boxes at 0.4, PAR of 20 rounds, background 1 − m. The decoder's own affinity, by which the layers' is
    /// multiplied there, is learned, and left out; so is the decoder itself, which its final labels are by.
    static let weCLIP: Preset = {
        var preset = paper(
            "weclip", method: "token-gradcam", layers: .last(1),
            refiners: [.classAffinity(layers: .last(6), level: 0.4, selects: true), .par(iterations: 20)], .power(1))
        preset.score = .softMax
        return preset
    }()

    /// AFA (Ru et al., CVPR 2022): the patch classifier's map at three scales and mirrored, a walk on symmetric attention (raw here, learned
    /// there), PAR, two levels with what lies between unknown.
    static let afa = paper(
        "afa", method: "patch-cam", layers: .last(1), scales: [1, 0.5, 1.5], flip: true, refiners: [.affinityWalk(layers: .last(2), radius: 8), .par()],
        .band(low: 0.35, high: 0.55))

    /// ToCo (Ru et al., CVPR 2023): the patch classifier's map at three scales and mirrored, PAR, two levels.
    static let toco = paper(
        "toco", method: "patch-cam", layers: .last(1), scales: [1, 0.5, 1.5], flip: true, refiners: [.par()], .band(low: 0.25, high: 0.7))

    /// SIPE (Chen et al., CVPR 2022): the map made anew of the picture's own prototypes.
    static let sipe = paper("sipe", refiners: [.imagePrototypes], .automatic(.otsu))

    /// AD-CAM (Yang et al., IJCAI 2022): coupled diffusion, by a formula of this program's own.
    static let adCAM = paper("ad-cam", refiners: [.coupledDiffusion()], .automatic(.otsu))

    /// TS-CAM (Gao et al., ICCV 2021): attention of all layers times the patch classifier's map.
    static let tsCAM = paper("ts-cam", method: "ts-cam", layers: .from(0), fusion: .mean, .automatic(.otsu))

    /// MCTformer (Xu et al., CVPR 2022): attention of the last three layers times the patch classifier's map, the attention of all layers as
    /// affinity.
    static let mctformer = paper(
        "mctformer", method: "ts-cam", layers: .last(3), fusion: .mean, flip: true, refiners: [.patchAffinity(layers: .all, normalization: .none, steps: 1)],
        .automatic(.otsu))

    /// UM-CAM (Fu et al., MICCAI 2023): layers weighted by certainty, geodesic expansion.
    static let umCAM = paper("um-cam", fusion: .certainty, refiners: [.geodesic()], .automatic(.otsu))

    /// Puzzle-CAM (Jo & Yu, ICIP 2021): the mean with the map of two by two tiles.
    static let puzzleCAM: Preset = {
        var preset = paper("puzzle-cam", .automatic(.otsu))
        preset.tiles = .mean
        return preset
    }()

    /// WeakTr (Zhu et al., 2023): heads of all layers weighted by what they give the class, the attention of all as affinity.
    static let weakTr = paper(
        "weaktr", method: "head-weighted", layers: .from(0), refiners: [.patchAffinity(layers: .all, normalization: .none, steps: 1)],
        .automatic(.otsu))

    /// Zoom-CAM (Shi et al., ICPR 2020): the greatest over all layers of gradient times activation.
    static let zoomCAM = paper("zoom-cam", method: "hirescam", layers: .from(0), fusion: .maximum, .automatic(.otsu))

    /// RefineCAM (pytorch-grad-cam): the product of layers.
    static let refineCAM = paper("refine-cam", method: "layercam", fusion: .product, .automatic(.otsu))

    /// BAS (Wu et al., CVPR 2022): the level that leaves least of the class to the background.
    static let bas = paper("bas", .automatic(.bas))

    /// DuPL (Wu et al., CVPR 2024): the patch classifier's map, its level by a mixture of two normal distributions.
    static let dupl = paper("dupl", method: "patch-cam", layers: .last(1), scales: [1, 0.5, 1.5], flip: true, refiners: [.par()], .automatic(.mixture))

    /// MDBA (Chen et al., TIP 2023): its rule, by which saliency says where the class of a picture with one class is.
    static let mdba = paper("mdba", refiners: [.pamr()], saliency: .computed(.intersection), rule: .mdba, .level(0.3))

    /// I²CRC (Chen et al., TMM 2022): its rule and its level, on saliency of either kind.
    static let i2crc = paper("i2crc", refiners: [.pamr()], saliency: .computed(.union), rule: .i2crc, .level(0.3))
}
