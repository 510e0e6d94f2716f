import GETAM
import Synchronization

/// Looks for label maps that hold 0 and 255 only: masks of one object, as many programs write them, in which 255 is no class.
final class MaskSurvey: Sendable {
    private let counts = Mutex((maps: 0, binary: 0))

    func add(_ labels: IndexedImage) {
        let isBinary = labels.indices.contains(LabelCompletion.ignored)
            && labels.indices.allSatisfy { $0 == 0 || $0 == LabelCompletion.ignored }
        counts.withLock { counts in
            counts.maps += 1
            if isBinary { counts.binary += 1 }
        }
    }

    /// What to do about it; nil where 255 is likely meant as unknown.
    ///
    /// - Parameters:
    ///   - what: the maps' name.
    ///   - fate: what becomes of pixels of 255.
    func hint(_ what: String, fate: String, classes: ClassList) -> String? {
        let (maps, binary) = counts.withLock { $0 }
        guard binary > 0, binary == maps || classes.names.count == 1 else { return nil }
        return "\(binary == maps ? "all" : "\(binary)") of the \(maps) \(what) hold 0 and 255 only, and 255 is no class: it \(fate); "
            + "for \(classes.names.count == 1 ? classes.names[0] : "a class") write its number, 1 for the first"
    }
}
