/// Some of a picture's patches, counted row by row from the top left.
public struct PatchSet: Sendable, Hashable {
    /// How many there could be.
    public let size: Int
    /// How many there are.
    public let count: Int
    private let words: [UInt64]

    /// - Parameter members: each from 0 up to but not `size`.
    public init(_ members: some Sequence<Int>, of size: Int) {
        var words = [UInt64](repeating: 0, count: (size + 63) / 64)
        for member in members {
            precondition((0..<size).contains(member), "patch \(member) of \(size)")
            words[member / 64] |= 1 << UInt64(member % 64)
        }
        self.words = words
        self.size = size
        count = words.reduce(0) { $0 + $1.nonzeroBitCount }
    }

    /// All of them.
    public static func all(of size: Int) -> PatchSet { PatchSet(0..<size, of: size) }

    public func contains(_ member: Int) -> Bool { words[member / 64] >> UInt64(member % 64) & 1 == 1 }
    /// Ascending.
    public var members: [Int] { (0..<size).filter(contains) }
}
