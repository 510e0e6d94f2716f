import Images
import Tensors

/// What a decoder's answer to a picture is to be: everything on the answer's positions.
struct PixelTarget: Sendable {
    /// A label each; 255 is unknown.
    var labels: [UInt8]
    /// 0 not salient, 1 salient, 255 completed; nil where no saliency is used.
    var saliency: [UInt8]?
    /// Which positions are the picture's; nil for all.
    var inside: [Bool]?
    /// The picture's colors; nil where none are needed.
    var guide: RGBImage?
    /// Columns of the answer to one of the input.
    var scale: Float = 1

    /// A picture without a label map, of which nothing is learned but its classes.
    static let none = PixelTarget(labels: [])
}
