import Attribution
import Images
import Labels

/// A decoder's answer to a picture.
public struct DecodedPicture: Sendable, Equatable {
    /// An index into the models.
    public let model: Int
    public let picture: Int
    /// Of every label, plane 0 the background, at most about 500 pixels on the long side.
    public let probabilities: PixelMaps
    /// Of the probabilities' size.
    public let truth: IndexedImage?
    /// The probabilities' size over the picture's own.
    public let scale: Double

    public init(model: Int = 0, picture: Int, probabilities: PixelMaps, truth: IndexedImage? = nil, scale: Double = 1) {
        self.model = model
        self.picture = picture
        self.probabilities = probabilities
        self.truth = truth
        self.scale = scale
    }

    var key: RecordKey { RecordKey(model: model, picture: picture) }
    var byteCount: Int { probabilities.values.count * 4 + (truth?.indices.count ?? 0) }
}

/// Which classes a decoder's answer may take.
public enum DecoderScope: String, Sendable, Hashable, CaseIterable {
    /// Every class that has a number.
    case all
    /// The classes that apply to the picture.
    case applied
}

/// The label that a decoder's answer makes.
struct ShownAnswer: Sendable, Equatable {
    let key: RecordKey
    /// Among the model's logits.
    let classes: [Int]
    let labels: IndexedImage
    let figures: LabelFigures
    /// Labels' size over the picture's own.
    let scale: Double

    /// - Parameter numbers: of each class in the label map.
    /// - Throws: `LabelError` where the truth is of another size.
    init(_ decoded: DecodedPicture, classes: [Int], numbers: [UInt8]) throws(LabelError) {
        key = decoded.key
        self.classes = classes
        labels = decoded.probabilities.labels(classes: classes, numbers: numbers)
        figures = try LabelFigures(labels, truth: decoded.truth)
        scale = decoded.scale
    }
}

extension PixelMaps {
    /// The likeliest of background and some classes at every pixel; plane 0 is the background, plane c + 1 class c.
    ///
    /// - Parameter numbers: of each class in the label map; the background's is 0.
    func labels(classes: [Int], numbers: [UInt8]) -> IndexedImage {
        let kept = keeping([0] + classes.map { $0 + 1 }), all = [0] + numbers
        return IndexedImage(width: width, height: height, indices: kept.largest.map { all[$0] })
    }
}
