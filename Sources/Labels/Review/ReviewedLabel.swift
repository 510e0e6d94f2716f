import Files
import Images

/// The label map of a picture in the folder of a review.
public struct ReviewedLabel: Sendable {
    /// The key of a PNG's note that holds ``ReviewEntry/labelMark``.
    public static let note = "getam review"

    /// The label's file.
    public let path: String

    /// - Parameters:
    ///   - folder: of the review.
    ///   - name: of the picture.
    public init(folder: String, name: String) { path = folder.appending(part: name) + ".png" }

    /// Whether a label is there.
    public var isThere: Bool { AtomicFile.exists(path) }

    /// Whether the label that is there is the one that was accepted.
    public func isAccepted(_ entry: ReviewEntry) -> Bool {
        guard entry.decision == .accept, let label = entry.label, isThere else { return false }
        return label == ReviewEntry.onFile || (try? PNGText.read(path))?[Self.note] == label
    }

    /// Writes the label, and by what it was made, in the place of the one that is there.
    ///
    /// - Throws: `FileError`, `PNGEncodingError`.
    public func write(_ labels: IndexedImage, mark: String, notes: [PNGEncoder.Text]) throws {
        let bytes = try PNGEncoder.encode(labels, text: notes + [(Self.note, mark)])
        if !path.folder.isEmpty { try FileSystem.makeFolder(path.folder) }
        try AtomicFile.writeEntry(bytes, to: path)
    }
}
