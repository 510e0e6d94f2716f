/// Why a model cannot do what was asked.
public enum ModelError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The input tensor does not fit the model.
    case input(String)
    /// A class index outside the model's logits.
    case classOutOfRange(Int, count: Int)
    /// A layer outside the model's blocks.
    case layerOutOfRange(Int, depth: Int)
    /// A head outside the heads of the model's attention.
    case headOutOfRange(Int, count: Int)
    /// A token outside the pass's; the text says which.
    case noSuchToken(String)
    /// The model has no classification head, so there is no logit to take a gradient of.
    case noHead
    /// The model has no segmentation decoder.
    case noDecoder
    /// The file at a path, in which parameters lie, was changed since it was read.
    case changed(String)
    /// A logit came out NaN or infinite.
    case notFinite

    public var description: String {
        switch self {
        case .input(let reason): reason
        case .classOutOfRange(let index, let count):
            "class \(index) is out of range: the model's classes are 0 to \(count - 1)"
        case .layerOutOfRange(let layer, let depth):
            "layer \(layer) is out of range: the model's layers are 0 to \(depth - 1)"
        case .headOutOfRange(let index, let count):
            "head \(index) is out of range: the model's heads are 0 to \(count - 1)"
        case .noSuchToken(let reason): reason
        case .noHead: "the model has no classification head, so it knows no classes; give it one with --head"
        case .noDecoder:
            "the model has no segmentation decoder; train one (getam train), or take a published GETAM checkpoint"
        case .changed(let path):
            "\(path): the model was changed while it was in use; start again when it is whole"
        case .notFinite: "the model's logits are not finite numbers; its weights may be damaged (see getam inspect)"
        }
    }
}
