/// A part of a whole, 0…1: a probability, a level, an opacity.
public struct Fraction: Sendable, Hashable {
    public let value: Double

    /// What a text says: a number from 0 to 1, or a percentage from 0% to 100%; nil for anything else.
    public init?(_ text: String) {
        let isPercent = text.hasSuffix("%")
        guard let number = Double(isPercent ? String(text.dropLast()) : text) else { return nil }
        let value = isPercent ? number / 100 : number
        guard value >= 0, value <= 1 else { return nil }
        self.value = value
    }
}

extension Fraction: ExpressibleByFloatLiteral {
    /// For values written in the program; those out of range become the nearest in it.
    public init(floatLiteral value: Double) { self.value = min(max(value, 0), 1) }
}
