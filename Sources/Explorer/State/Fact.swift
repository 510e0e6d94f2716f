/// One thing that is known, for `:doctor`.
public struct Fact: Sendable, Equatable {
    public let name: String
    public let text: String

    public init(_ name: String, _ text: String) {
        self.name = name
        self.text = text
    }
}
