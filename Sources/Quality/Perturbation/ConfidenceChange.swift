import Attribution
import Labels
import Tensors

/// What a model answers to a picture of which only what a map shows is left: the normalized pixels times the map at 0 to 1 (Chattopadhay
/// et al. 2018, Grad-CAM++, arXiv 1710.11063; pytorch-grad-cam's `CamMultImageConfidenceChange`).
public struct ConfidenceChange: Sendable, Equatable {
    /// The class's probability for the picture, and for what is left of it.
    public let before: Double
    public let after: Double

    /// The share of the probability that went; 0 where it rose.
    public var drop: Double { before > 0 ? max(0, before - after) / before : 0 }
    /// Whether the probability rose.
    public var rises: Bool { after > before }

    /// The pixels times the map: (x − smallest) / (largest − smallest), 0 where all are the same, enlarged bilinearly, patches where they were cut.
    static func masked(_ pixels: Tensor, by map: PatchMap) throws(QualityError) -> Tensor {
        try map.checkValues()
        let (channels, height, width) = (pixels.shape[0], pixels.shape[1], pixels.shape[2]), (low, high) = map.range
        var scaled = map
        // Without the 10⁻⁷ that the library adds to the divisor: raw maps are smaller than that.
        for index in scaled.values.indices { scaled.values[index] = high > low ? (map.values[index] - low) / (high - low) : 0 }
        let mask = LabelMaker.upsampled([scaled], classes: [0], width: width, height: height, .centers).values
        var values = pixels.values
        for channel in 0..<channels {
            for pixel in mask.indices { values[channel * mask.count + pixel] *= mask[pixel] }
        }
        return Tensor(shape: pixels.shape, values)
    }
}
