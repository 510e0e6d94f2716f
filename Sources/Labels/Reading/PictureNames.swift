/// The names of a run's pictures, to find them in text.
public struct PictureNames: Sendable {
    private let stems: Set<String>

    /// - Parameter names: paths or names.
    public init(_ names: some Sequence<String>) { stems = Set(names.map(ImageLabels.stem)) }

    /// Whether a text is a picture's name, with or without folder and extension.
    public func contains(_ text: String) -> Bool { stems.contains(ImageLabels.stem(text)) }
}
