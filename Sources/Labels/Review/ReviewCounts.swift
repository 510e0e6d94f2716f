/// How far a review is.
public struct ReviewCounts: Sendable, Equatable {
    /// Of the pictures.
    public private(set) var total = 0
    public private(set) var accepted = 0
    public private(set) var rejected = 0
    public private(set) var flagged = 0
    public private(set) var noted = 0
    /// Pictures whose label is made otherwise than others'.
    public private(set) var changed = 0
    /// Spent on all of them.
    public private(set) var seconds = 0.0
    /// Spent on those that were decided.
    private var decidedSeconds = 0.0

    /// - Parameters:
    ///   - entries: of pictures of the review, one each.
    ///   - total: pictures, those without an entry among them.
    public init(_ entries: some Sequence<ReviewEntry>, of total: Int? = nil) {
        for entry in entries {
            self.total += 1
            switch entry.decision {
            case .undecided: break
            case .accept: accepted += 1
            case .reject: rejected += 1
            case .flag: flagged += 1
            }
            if !entry.note.isEmpty { noted += 1 }
            if entry.hasOwnSettings { changed += 1 }
            seconds += entry.seconds
            if entry.decision != .undecided { decidedSeconds += entry.seconds }
        }
        if let total { self.total = max(total, self.total) }
    }

    public var decided: Int { accepted + rejected + flagged }
    public var undecided: Int { total - decided }

    /// Seconds that a decision took on average; nil before the first.
    public var pace: Double? { decided > 0 && decidedSeconds > 0 ? decidedSeconds / Double(decided) : nil }

    /// Seconds that the pictures left will take at that pace; nil before the first decision.
    public var timeLeft: Double? { pace.map { $0 * Double(undecided) } }
}
