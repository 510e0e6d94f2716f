import Assets
import GETAM
import Synchronization

/// Text towers that were read, so that a second text is quick.
final class TextModels: Sendable {
    private let known = Mutex<[String: TextModel]>([:])

    /// The text tower of the model at `path`.
    func model(_ path: String, compute: Compute) throws(FileError) -> TextModel {
        if let model = known.withLock({ $0[path] }) { return model }
        let model = try TextModel(path: path, clipMerges: Assets.clipMerges, compute: compute)
        known.withLock { $0[path] = model }
        return model
    }
}
