import Tensors

/// Classes given in words, as their texts' embeddings.
public struct TextEmbeddings: Sendable, Equatable {
    public var names: [String]
    /// `[names, width]` in row-major order.
    public var values: [Float]
    /// Numbers of an embedding.
    public var width: Int

    /// - Parameter values: `width` numbers a name.
    public init(names: [String], values: [Float], width: Int) {
        precondition(values.count == names.count * width, "\(values.count) numbers for \(names.count) embeddings of \(width)")
        (self.names, self.values, self.width) = (names, values, width)
    }
}
