/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers from the same seed on every machine.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    /// A generator for a purpose: numbers of other keys have nothing to do with its.
    package init(key: (UInt64, UInt64, UInt64, UInt64)) {
        func hashed(_ state: UInt64, _ part: UInt64) -> UInt64 { Self.mixed((state ^ part) &+ Self.step) }
        state = hashed(hashed(hashed(hashed(0, key.0), key.1), key.2), key.3)
    }

    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    public mutating func next() -> UInt64 {
        state &+= Self.step
        return Self.mixed(state)
    }

    /// A number from 0 up to but not 1, of 53 bits.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// One of `0..<count`, every one as likely; the product's high half, since a remainder would favor small numbers.
    public mutating func index(below count: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(count)).high) }
}
