import Checkpoints

/// One key of a recipe: where it stands, what it may be, what it does.
///
/// One table serves files, `--set`, and the manual.
public struct RecipeField: Sendable {
    /// Dotted where objects are nested.
    public let path: String
    /// What it may be, in words: "a whole number from 1 to 1024".
    public let range: String
    public let help: String
    let write: @Sendable (Recipe) -> JSONValue
    /// False where the value is none that the key may have.
    let read: @Sendable (inout Recipe, JSONValue) -> Bool

    public static let all: [RecipeField] = [
        integer("steps", \.steps, 1...100_000_000, "updates in the run"),
        integer("batch", \.batch, 1...65_536, "pictures an update"),
        optional("size", \.size, 8...4096, "side of the input in pixels; by default the start model's"),
        integer("seed", \.seed, -0x7FFF_FFFF_FFFF...0x7FFF_FFFF_FFFF, "of all random numbers"),
        choice("augment", \.augment, "none: the picture squashed to the size; standard: crops of random size and aspect, mirror images, colors; published: as GETAM's code"),
        number("cropArea", \.cropArea, 0.01...1, "of standard: the smallest share of the picture that is cut out"),
        number("jitter", \.jitter, 0...0.9, "of standard: how far brightness, contrast and saturation change"),
        choice("optimizer", \.optimizer, "what makes new weights of gradients"),
        number("learningRate", \.learningRate, 0...1000, "step width"),
        number("headRate", \.headRate, 0...1000, "the learning rate's factor for head and decoder"),
        number("layerDecay", \.layerDecay, 0.01...1, "the learning rate's factor from a block to the one below"),
        number("momentum", \.momentum, 0...0.9999, "of sgd"),
        number("weightDecay", \.weightDecay, 0...10, "of matrices and kernels"),
        choice("schedule", \.schedule, "how the learning rate falls"),
        number("power", \.power, 0...10, "of poly: (1 - x)^power"),
        integer("warmup", \.warmup, 0...100_000_000, "steps in which the learning rate rises from 0"),
        number("clip", \.clip, 0...1e9, "largest norm of the gradient; 0 for none"),
        number("dropPath", \.dropPath, 0...0.9, "probability with which the last block's branches are left out"),
        number("ema", \.ema, 0...0.999999, "weight of the mean of the weights; 0 for none"),
        choice("patchHead", \.patchHead, "pooling of a classifier of the last patch tokens, which is trained beside the head"),
        choice("auxiliaryHead", \.auxiliaryHead, "the same of the patch tokens after the third last block"),
        number("losses.patch", \.patchWeight, 0...1000, "weight of the patch head's soft margin"),
        number("losses.auxiliary", \.auxiliaryWeight, 0...1000, "weight of the auxiliary head's soft margin"),
        number("losses.contrast", \.contrastWeight, 0...1000, "weight of the patch-token contrast"),
        optional("segmentationStart", \.segmentationBegin, -1...100_000_000, "step from which a decoder is trained; -1 for never, null for half of the steps"),
        number("segmentationRate", \.segmentationRate, 0...1000, "the learning rate's factor from segmentationStart on"),
        choice("decoder.kind", \.decoderKind, "decoder that a start model without one gets"),
        integer("decoder.channels", \.decoderChannels, 8...1024, "channels of the decoder's maps"),
        integer("decoder.taps", \.decoderTaps, 1...64, "blocks that the decoder reads, evenly spread up to the last"),
        number("losses.classification", \.classificationWeight, 0...1000, "weight of the class head's soft margin"),
        number("losses.segmentation", \.segmentationWeight, 0...1000, "weight of the decoder's cross entropy"),
        choice("losses.segmentationForm", \.segmentationForm, "balanced: background and classes weigh the same; clipping: what is far from the rest is left alone"),
        number("losses.clippingStart", \.clippingStart, 0...1000, "of clipping: the mean loss from which on pixels are left alone"),
        number("losses.saliency", \.saliencyWeight, 0...1000, "weight of the background's cross entropy with saliency"),
        choice("losses.saliencyForm", \.saliencyForm, "which pixels are not background: corrected, salient and completed ones; published, completed ones"),
        number("losses.energy", \.energyWeight, 0...1000, "weight of the dense energy"),
        choice("labels.source", \.labelSource, "bank: all pictures' pseudo labels at once, kept in the run's folder; step: each step's, of its very passes"),
        choice("labels.normalization", \.labelNormalization, "how maps come to 0...1: as the preset says, or as the published code"),
        RecipeField(
            path: "labels.preset", range: "the name of a preset", help: "preset by which pseudo labels are made",
            write: { .string($0.labelPreset) },
            read: { recipe, value in
                guard case .string(let name) = value else { return false }
                recipe.labelPreset = name
                return true
            }),
        integer("labels.every", \.labelEvery, 0...100_000_000, "steps from one making of pseudo labels to the next; 0 for once"),
        RecipeField(
            path: "segment.scales", range: "sides from 1 to 8192 with commas between them, or nothing",
            help: "sides that the light decoder is asked at; by default the model's own",
            write: { .string($0.segmentation.scales.map(String.init).joined(separator: ",")) },
            read: { recipe, value in
                let text: String
                switch value {
                case .string(let list): text = list
                case .integer(let side): text = "\(side)"
                default: return false
                }
                let parts = text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false), sides = parts.compactMap { Int($0) }
                guard sides.count == parts.count, sides.allSatisfy((1...8192).contains) else { return false }
                recipe.segmentation.scales = sides
                return true
            }),
        flag("segment.flip", \.segmentation.flip, "whether it is asked about the mirror image too"),
        number("segment.gate", \.segmentation.gate, 0...100, "power of the classes' probabilities by which its labels are weighed"),
        flag("segment.crf", \.segmentation.crf, "whether a dense conditional random field refines its answer"),
        optional("keepEvery", \.keepEvery, 1...100_000_000, "steps from one kept checkpoint to the next; by default a tenth of the run"),
        integer("saveEvery", \.saveEvery, 1...100_000_000, "steps from one saved state to the next"),
    ]

    private static func integer(
        _ path: String, _ key: WritableKeyPath<Recipe, Int> & Sendable, _ range: ClosedRange<Int>, _ help: String
    ) -> RecipeField {
        RecipeField(
            path: path, range: words(range), help: help, write: { .integer($0[keyPath: key]) },
            read: { recipe, value in
                guard case .integer(let number) = value, range.contains(number) else { return false }
                recipe[keyPath: key] = number
                return true
            })
    }

    private static func optional(
        _ path: String, _ key: WritableKeyPath<Recipe, Int?> & Sendable, _ range: ClosedRange<Int>, _ help: String
    ) -> RecipeField {
        RecipeField(
            path: path, range: words(range), help: help, write: { $0[keyPath: key].map { .integer($0) } ?? .null },
            read: { recipe, value in
                switch value {
                case .null: recipe[keyPath: key] = nil
                case .integer(let number) where range.contains(number): recipe[keyPath: key] = number
                default: return false
                }
                return true
            })
    }

    private static func number(
        _ path: String, _ key: WritableKeyPath<Recipe, Double> & Sendable, _ range: ClosedRange<Double>, _ help: String
    ) -> RecipeField {
        let words = "a number from \(JSONValue.number(range.lowerBound).text()) to \(JSONValue.number(range.upperBound).text())"
        return RecipeField(
            path: path, range: words, help: help, write: { .number($0[keyPath: key]) },
            read: { recipe, value in
                let number: Double
                switch value {
                case .integer(let whole): number = Double(whole)
                case .number(let any): number = any
                default: return false
                }
                guard range.contains(number) else { return false }
                recipe[keyPath: key] = number
                return true
            })
    }

    private static func flag(_ path: String, _ key: WritableKeyPath<Recipe, Bool> & Sendable, _ help: String) -> RecipeField {
        RecipeField(
            path: path, range: "true or false", help: help, write: { .bool($0[keyPath: key]) },
            read: { recipe, value in
                switch value {
                case .bool(let on): recipe[keyPath: key] = on
                case .string("true"): recipe[keyPath: key] = true
                case .string("false"): recipe[keyPath: key] = false
                default: return false
                }
                return true
            })
    }

    private static func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
        _ path: String, _ key: WritableKeyPath<Recipe, Choice> & Sendable, _ help: String
    ) -> RecipeField where Choice.RawValue == String {
        RecipeField(
            path: path, range: "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "), help: help,
            write: { .string($0[keyPath: key].rawValue) },
            read: { recipe, value in
                guard case .string(let text) = value, let choice = Choice(rawValue: text) else { return false }
                recipe[keyPath: key] = choice
                return true
            })
    }

    private static func words(_ range: ClosedRange<Int>) -> String {
        "a whole number from \(range.lowerBound) to \(range.upperBound)"
    }
}
