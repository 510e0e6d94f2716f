import Attribution
import Images

/// A picture that is looked at while a model is trained.
public struct TrainingProbe: Sendable, Equatable {
    /// Made safe to draw.
    public let name: String
    public let picture: PicturePyramid
    /// What the model made of it last; nil before it was asked.
    public internal(set) var reading: TrainingReading?

    public init(name: String, picture: PicturePyramid) {
        self.name = DisplayText.sanitized(name)
        self.picture = picture
    }
}

/// What a model in training makes of a picture.
public struct TrainingReading: Sendable, Equatable {
    /// Steps taken by the model.
    public let step: Int
    /// The classes looked at, among the model's, those of the picture's labels first.
    public let classes: [Int]
    /// How many of them the labels name.
    public let named: Int
    /// One a class, 0 to 1.
    public let probabilities: [Float]
    /// Maps of each class, every layer's, first layer first.
    public let maps: [[PatchMap]]
    /// The present pseudo label and the decoder's answer: 0 background, 1 + a class's index, 255 unknown; nil where there is none.
    public let label: IndexedImage?
    public let answer: IndexedImage?

    public init(
        step: Int, classes: [Int], named: Int, probabilities: [Float], maps: [[PatchMap]], label: IndexedImage?, answer: IndexedImage?
    ) {
        self.step = step
        self.classes = classes
        self.named = named
        self.probabilities = probabilities
        self.maps = maps
        self.label = label
        self.answer = answer
    }

    /// The map of a class of those looked at.
    ///
    /// - Parameter fused: the layers whose sum the fused map is.
    func map(class place: Int, layer: LayerChoice, fused: ClosedRange<Int>) -> PatchMap? {
        guard maps.indices.contains(place) else { return nil }
        switch layer {
        case .layer(let index): return maps[place].indices.contains(index) ? maps[place][index] : nil
        case .fused: return PatchMap.sum(maps[place].indices.filter(fused.contains).map { maps[place][$0] })
        }
    }
}
