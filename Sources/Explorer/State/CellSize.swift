/// The pixels of one character cell of a terminal.
public struct CellSize: Sendable, Hashable {
    public let width: Int
    public let height: Int

    /// That of a terminal that does not say.
    public static let usual = CellSize(uncheckedWidth: 8, height: 16)

    /// - Returns: `nil` for what no font has: a terminal that does not know reports anything.
    public init?(width: Int, height: Int) {
        guard (2...200).contains(width), (4...400).contains(height) else { return nil }
        self.init(uncheckedWidth: width, height: height)
    }

    private init(uncheckedWidth width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}
