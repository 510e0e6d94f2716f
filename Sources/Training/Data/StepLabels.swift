import Attribution
import Checkpoints
import Images
import Labels
import Tensors
import VisionTransformer

/// What a decoder's answer to a picture is to be: from the label map that came with it, or from one that is made of its pass.
struct StepLabels: Sendable {
    private let recipe: Recipe
    /// Positions of the decoder's answer.
    let answer: ModelConfiguration.Size
    private let preset: Preset?

    /// - Parameter answer: positions of the decoder's answer.
    init(_ recipe: Recipe, answer: ModelConfiguration.Size) {
        self.recipe = recipe
        self.answer = answer
        preset = recipe.pseudoLabelPreset
    }

    /// The target by the label map that came with the picture.
    func target(_ input: BatchLoader.Input) -> PixelTarget {
        var target = PixelTarget(labels: input.labels)
        if !input.labels.isEmpty { addGuide(input, to: &target) }
        return target
    }

    /// The target by a label map that is made of the picture's own pass, as the model sees it: its maps, refined on its colors
    /// and completed with its saliency. What lies beside the picture is background where saliency comes from files, which end
    /// there, else unknown.
    ///
    /// - Parameter trace: of a pass of `model`.
    func target(_ input: BatchLoader.Input, classes: Set<Int>, _ trace: Trace, _ model: VisionTransformer) throws -> PixelTarget {
        guard let preset else { return .none }
        let pipeline = try LabelPipeline(model: model, preset: preset)
        let guide = input.guide(model.configuration.preprocessing), classes = classes.sorted()
        let view = LabelPipeline.View(size: .init(height: guide.height, width: guide.width), isMirrored: false)
        var memo = RefinerMemo()
        let maps = try pipeline.classMaps([view], guide: guide, classes: classes, memo: &memo) {
            LabelPipeline.ViewMaps(
                maps: preset.decoder < 1
                    ? try pipeline.tiled(pipeline.patchMaps(trace, $0, classes: classes), of: guide, $0, classes: classes) : [],
                decoded: try pipeline.decoderMaps($0, of: guide, trace: trace, classes: classes))
        }
        let saliency = try input.saliency ?? pipeline.saliency(guide, trace: trace)
        let activation = try Activation(maps, labels: classes.map { UInt8(exactly: $0 + 1) ?? 0 })
        let completed = try pipeline.completion(maps, activation, picture: guide).labels(activation, saliency: saliency)
        var labels = completed.labels.indices
        if input.saliency == nil {
            for (pixel, isInside) in input.places.inside.enumerated() where !isInside { labels[pixel] = LabelCompletion.ignored }
        }
        var target = PixelTarget(labels: centers(labels, guide), saliency: completed.saliency.map { centers($0, guide) })
        addGuide(input, guide, to: &target)
        return target
    }

    /// What the dense energy needs, where it has a weight.
    private func addGuide(_ input: BatchLoader.Input, _ known: RGBImage? = nil, to target: inout PixelTarget) {
        guard recipe.energyWeight > 0 else { return }
        let guide = known ?? input.guide(input.preprocessing)
        target.scale = Float(answer.width) / Float(guide.width)
        target.inside = centers(input.places.inside, guide)
        target.guide = RGBImage(
            width: answer.width, height: answer.height,
            samples: centers((0..<guide.width * guide.height).map { $0 }, guide).flatMap { guide.samples[3 * $0..<3 * $0 + 3] })
    }

    /// The values at the centers of the answer's positions.
    private func centers<Value>(_ values: [Value], _ picture: RGBImage) -> [Value] {
        guard picture.width != answer.width || picture.height != answer.height else { return values }
        let columns = (0..<answer.width).map { (2 * $0 + 1) * picture.width / (2 * answer.width) }
        return (0..<answer.height).flatMap { row in
            let start = (2 * row + 1) * picture.height / (2 * answer.height) * picture.width
            return columns.map { values[start + $0] }
        }
    }
}

extension BatchLoader.Input {
    /// The pixels' colors before they were normalized, cut down to 8 bits as the published code does; the mean color beside the
    /// picture.
    func guide(_ preprocessing: ModelConfiguration.Preprocessing) -> RGBImage {
        let (height, width) = (pixels.shape[1], pixels.shape[2])
        var samples = [UInt8](repeating: 0, count: 3 * height * width)
        pixels.withUnsafeElements { planes in
            for channel in 0..<3 {
                let (mean, deviation) = (preprocessing.mean[channel], preprocessing.standardDeviation[channel])
                for place in 0..<height * width {
                    samples[3 * place + channel] = UInt8(min(255, max(0, (planes[channel * height * width + place] * deviation + mean) * 255)))
                }
            }
        }
        return RGBImage(width: width, height: height, samples: samples)
    }
}
