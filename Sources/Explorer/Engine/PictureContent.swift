import Checkpoints
import Files

/// What tells a picture's file from others, wherever it lies: its length in bytes and the hash of its content.
public enum PictureContent {
    /// `3609 1a2b3c4d5e6f7081`; nil where the file cannot be read.
    public static func of(_ path: String) -> String? {
        guard let file = try? FileContent(path: path) else { return nil }
        var hash = Fingerprint()
        file.withBytes { hash.add($0) }
        return "\(file.bytes.count) \(hash.text)"
    }

    /// Whether a file has a content; reads the file only where its length is right.
    public static func isEqual(_ path: String, _ content: String) -> Bool {
        guard let file = try? FileContent(path: path), content.hasPrefix("\(file.bytes.count) ") else { return false }
        return of(path) == content
    }
}
