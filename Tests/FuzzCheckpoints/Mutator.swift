/// Changes bytes at random, in ways that formats are sensitive to.
struct Mutator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Numbers at the borders of what fits.
    private static let borders: [UInt64] = [
        0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000, 1 << 48,
        0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFF,
    ]
    /// Pickle opcodes, and letters that JSON and NumPy's headers are made of.
    private static let letters = Array("(.012NJKMGXBCTUtsleaduqhjcRbQ})]\u{0},:[]{}\"'0123456789-eIFT".utf8)
        + [0x80, 0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95]

    /// One to four changes to `bytes`.
    mutating func mutate(_ bytes: [UInt8], splicing other: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) where !result.isEmpty {
            let place = Int.random(in: 0..<result.count, using: &self)
            let length = min(Int.random(in: 1...16, using: &self), result.count - place)
            switch Int.random(in: 0..<9, using: &self) {
            case 0: result[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 1: result[place] = UInt8.random(in: 0...255, using: &self)
            case 2, 3: result[place] = Self.letters.randomElement(using: &self) ?? 0
            case 4:
                let value = Self.borders.randomElement(using: &self) ?? 0
                let size = [1, 2, 4, 8].randomElement(using: &self) ?? 1
                for index in 0..<min(size, result.count - place) {
                    result[place + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))
                }
            case 5: result.removeSubrange(place..<place + length)
            case 6: result.insert(contentsOf: result[place..<place + length], at: place)
            case 7:
                guard !other.isEmpty else { continue }
                let from = Int.random(in: 0..<other.count, using: &self)
                let piece = other[from..<min(from + Int.random(in: 1...64, using: &self), other.count)]
                result.replaceSubrange(place..<min(place + piece.count, result.count), with: piece)
            default:
                if Int.random(in: 0..<4, using: &self) == 0 { result.removeSubrange(place...) }
            }
        }
        return result
    }
}
