/// A head kept beside its model: a linear layer, or text embeddings and the names of what they describe.
public struct HeadSource: Sendable, Equatable {
    /// A file of tensors with a weight and a bias (DINO's and DINOv2's linear heads), or a `.npy` of text embeddings,
    /// `[classes, embedding]`.
    public var path: String
    /// One class name a line; where absent, `path` with `.txt` in place of its extension is read if it is there.
    public var namesPath: String?
    /// Embeddings that lie in no file; `path` then says where they come from.
    public var texts: TextEmbeddings?

    public init(path: String, namesPath: String? = nil) {
        self.path = path
        self.namesPath = namesPath
    }

    /// Classes in words.
    ///
    /// - Parameters:
    ///   - texts: the embeddings of what they describe.
    ///   - title: what an error line begins with, such as `--text`.
    public init(texts: TextEmbeddings, title: String) {
        path = title
        self.texts = texts
    }
}
