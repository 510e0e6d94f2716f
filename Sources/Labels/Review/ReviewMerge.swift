import Files

/// The decisions of several people about the same pictures, in one log.
///
/// Of a picture that one has decided and another has not the decision counts, else what was said last. Where both decided, and not the
/// same or not of the same label, there is a conflict: what was decided last counts, or the picture is flagged.
public struct ReviewMerge: Sendable {
    /// A picture that was decided in two ways.
    public struct Conflict: Sendable, Equatable {
        public let picture: String
        /// The earlier and the later entry.
        public let earlier: ReviewEntry
        public let later: ReviewEntry

        /// `2007_000032: accepted 2026-01-31T12:00:00.000Z, rejected 2026-01-31T13:00:00.000Z`.
        public var text: String {
            if earlier.decision == later.decision { return "\(picture): both \(later.decision.title), with labels made otherwise" }
            return "\(picture): \(earlier.decision.title) \(Timestamp.text(earlier.time)), \(later.decision.title) \(Timestamp.text(later.time))"
        }
    }

    public private(set) var log: ReviewLog
    public private(set) var conflicts: [Conflict] = []
    private let flagsConflicts: Bool

    /// - Parameter flagsConflicts: whether pictures with a conflict are flagged, with a note that says what was decided.
    public init(_ log: ReviewLog, flagsConflicts: Bool = false) {
        self.log = log
        self.flagsConflicts = flagsConflicts
    }

    /// Adds the decisions of another.
    public mutating func add(_ other: ReviewLog) {
        for entry in other.entries {
            guard let own = log[entry.picture] else {
                log.take(entry)
                continue
            }
            if own.saysSame(as: entry) {
                log.take(own.time >= entry.time ? own : entry)
                continue
            }
            let (earlier, later) = own.time <= entry.time ? (own, entry) : (entry, own)
            guard earlier.decision != .undecided, later.decision != .undecided else {
                log.take(later.decision != .undecided || earlier.decision == .undecided ? later : earlier)
                continue
            }
            guard earlier.decision != later.decision || earlier.decision == .accept && !earlier.hasSameLabel(as: later) else {
                // Notes alone differ.
                log.take(later)
                continue
            }
            let conflict = Conflict(picture: entry.picture, earlier: earlier, later: later)
            conflicts.append(conflict)
            var kept = later
            if flagsConflicts {
                kept.decision = .flag
                kept.label = nil
                kept.note = [later.note, "two decisions: \(earlier.decision.title), \(later.decision.title)"].filter { !$0.isEmpty }
                    .joined(separator: "; ")
            }
            log.take(kept)
        }
    }
}

extension ReviewEntry {
    /// Whether the labels that were accepted are made the same way.
    fileprivate func hasSameLabel(as other: ReviewEntry) -> Bool { label == other.label && labelMark == other.labelMark }
}
