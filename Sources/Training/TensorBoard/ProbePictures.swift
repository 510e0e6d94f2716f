import Attribution
import Checkpoints
import Files
import Images
import Labels
import Tensors
import VisionTransformer

/// A few of a run's pictures as its weights see them, side by side: the picture, the map of its first class over it, the label
/// that the recipe's preset makes of the maps, and the decoder's answer where there is a decoder.
struct ProbePictures {
    private let pictures: [TrainingSet.Picture]
    private let preset: Preset?
    private let compute: Compute

    private static let most = 3
    /// Of the longer side, in pixels.
    private static let longest = 320

    init(_ set: TrainingSet, recipe: Recipe, compute: Compute) {
        pictures = set.probes(most: Self.most).map { set.pictures[$0] }.filter { !$0.classes.isEmpty }
        let own = recipe.segmentationStart >= 0 ? recipe.pseudoLabelPreset : nil
        // Without a decoder nothing is learned of labels; they show what maps alone would give.
        preset = own ?? Preset.named(Recipe.plain.labelPreset)
        self.compute = compute
    }

    /// The pictures by name. One that cannot be read, or of which the weights make no numbers, is left out.
    func drawn(by weights: ParameterSet) -> [(name: String, picture: RGBImage)] {
        let model = VisionTransformer(weights, compute: compute)
        guard let preset, let pipeline = try? LabelPipeline(model: model, preset: preset) else { return [] }
        return pictures.compactMap { picture in (try? drawn(picture, pipeline)).map { (picture.name, $0) } }
    }

    private func drawn(_ picture: TrainingSet.Picture, _ pipeline: LabelPipeline) throws -> RGBImage {
        let shown = try ImageFile.read(path: picture.path).fitting(Self.longest), classes = picture.classes.sorted()
        var panels = [shown]
        let views = try pipeline.views(width: shown.width, height: shown.height)
        let trace = try views.first.map { try pipeline.trace(shown, $0) }
        if let trace, let view = views.first, let map = try pipeline.patchMaps(trace, view, classes: classes).first {
            panels.append(map.picture(over: shown, blend: .standard, scale: MapScale(of: map)))
        }
        let labels = try pipeline.labels(
            shown, classes: classes, labels: classes.map { UInt8(exactly: $0 + 1) ?? 0 }, trace: trace, saliencyFile: picture.saliency)
        panels.append(LabelPaint().picture(labels.labels.labels, over: shown))
        if pipeline.model.parameters.hasDecoder {
            let asked = MultiScaleSegmentation.usual(for: pipeline.model.parameters)
            let answer = try asked.probabilities(of: shown, by: SegmentationModel(pipeline.model)).largest
            let map = IndexedImage(width: shown.width, height: shown.height, indices: answer.map { UInt8(exactly: $0) ?? 255 })
            panels.append(LabelPaint().picture(map, over: shown))
        }
        return RGBImage(tiles: [panels])
    }
}

extension RGBImage {
    /// The picture, made smaller where its longer side is above `side` pixels.
    fileprivate func fitting(_ side: Int) -> RGBImage {
        let longer = max(width, height)
        guard longer > side else { return self }
        return resized(width: max(1, width * side / longer), height: max(1, height * side / longer), filter: .bicubic)
    }
}
