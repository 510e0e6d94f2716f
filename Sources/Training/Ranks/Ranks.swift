/// The processes that train one model together, on one machine or many; this one is one of them.
///
/// Every rank makes the same calls in the same order, and none returns before all have come to it. A rank that is lost ends all.
public protocol Ranks: AnyObject, Sendable {
    /// Of this process, from 0; rank 0 writes.
    var rank: Int { get }
    /// How many there are, at least 2.
    var count: Int { get }
    /// The values of every rank, in the order of ranks; all give as many.
    func gather(_ values: [Double]) -> [[Double]]
    /// Gives piece r of `own` to rank r, and takes from each rank what it has for this one.
    ///
    /// - Parameters:
    ///   - own: ``count`` pieces of `size` numbers.
    ///   - pieces: as many, in the order of the ranks they come from.
    func exchange(_ own: UnsafePointer<Float>, _ size: Int, into pieces: UnsafeMutablePointer<Float>)
    /// Fills `all`, ``count`` pieces of `size` numbers, with piece r of each rank r.
    func share(_ all: UnsafeMutablePointer<Float>, _ size: Int)
    /// Puts what rank 0 has in the place of what all others have.
    func spread(_ values: UnsafeMutablePointer<Float>, _ size: Int)
    /// Ends this rank's part, once all have come to their end.
    func leave()
    /// Ends every rank at once, with this exit status.
    func end(status: Int32)
}

extension Ranks {
    /// Whether any rank says so.
    func anyone(_ says: Bool) -> Bool { gather([says ? 1 : 0]).contains { $0[0] != 0 } }

    /// Waits for all.
    func meet() { _ = gather([0]) }
}

/// What all ranks find out alike; one of them says it.
public struct RanksFailure: Error, CustomStringConvertible {
    public let reason: any Error
    public init(reason: any Error) { self.reason = reason }
    public var description: String { "\(reason)" }
}

/// What keeps ranks from training together.
public enum RanksError: Error, CustomStringConvertible {
    /// A rank has other pictures, labels, settings or another model than rank 0.
    case otherData(rank: Int)
    /// A rank computes with other instructions, so that its weights would drift away.
    case otherInstructions(rank: Int)
    /// The library that connects them cannot do it.
    case library(String)

    public var description: String {
        switch self {
        case .otherData(let rank):
            "rank \(rank) has other pictures, labels, settings or another model than rank 0: name the same files everywhere"
        case .otherInstructions(let rank):
            "rank \(rank) computes with another instruction set than rank 0: set GETAM_FEATURES to the lower one for all ranks"
        case .library(let reason): reason
        }
    }
}

/// Which part of a step's or a run's pictures a process takes.
struct RankShare: Sendable {
    var rank = 0
    var count = 1

    init() {}
    init(_ ranks: (any Ranks)?) { if let ranks { (rank, count) = (ranks.rank, ranks.count) } }

    /// Of a list gone through in turn.
    func takes(_ position: Int) -> Bool { position % count == rank }
}
