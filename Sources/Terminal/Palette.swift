import Explorer

/// Reduces colors to what a depth can show. A reduced color is a number for ncurses: -1 the terminal's own, an index,
/// or `0xRRGGBB`.
struct Palette: Sendable {
    let depth: ColorDepth
    /// At 16 colors: how many there really are (8 or 16).
    let count: Int
    /// At 24 bits: the bits kept of each channel. Few colors make few pairs, and ncurses pays for each pair.
    var bits: UInt32

    init(depth: ColorDepth, count: Int = 16, bits: UInt32 = 5) {
        self.depth = depth
        self.count = min(max(count, 8), 16)
        self.bits = bits
    }

    func reduce(_ color: Color) -> Int32 {
        if color.isStandard { return -1 }
        switch depth {
        case .mono: return -1
        case .ansi16: return Self.nearestANSI(color, count: count)
        case .palette256: return Self.nearestIndexed(color)
        case .trueColor:
            return Int32(truncatingIfNeeded: Self.keep(bits, color.packed))
        }
    }

    /// Keeps the upper `bits` of each channel and spreads them over 0–255, black and white staying what they are.
    static func keep(_ bits: UInt32, _ packed: UInt32) -> UInt32 {
        if bits >= 8 { return packed }
        var result: UInt32 = 0
        for shift: UInt32 in [16, 8, 0] {
            let top = (packed >> shift & 0xFF) >> (8 - bits)
            var spread: UInt32 = 0
            var position = Int32(8 - bits)
            while position > -Int32(bits) {
                spread |= position >= 0 ? top << UInt32(position) : top >> UInt32(-position)
                position -= Int32(bits)
            }
            result |= (spread & 0xFF) << shift
        }
        return result
    }

    /// xterm's default values of colors 0–15, `0xRRGGBB`.
    static let ansi: [UInt32] = [
        0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5,
        0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF,
    ]

    /// Squared distance with the channels weighted about as the eye does.
    @inline(__always)
    private static func distance(_ r: Int32, _ g: Int32, _ b: Int32) -> Int32 { 3 * r * r + 6 * g * g + 2 * b * b }

    static func distance(_ a: Color, _ b: Color) -> Int32 {
        distance(Int32(a.red) - Int32(b.red), Int32(a.green) - Int32(b.green), Int32(a.blue) - Int32(b.blue))
    }

    /// The color that a reduced one stands for, of those at 256 colors from 16 on.
    func color(of index: Int32) -> Color {
        if depth == .trueColor { return Color(UInt8(index >> 16 & 255), UInt8(index >> 8 & 255), UInt8(index & 255)) }
        if index >= 232 {
            let gray = UInt8(8 + 10 * min(index - 232, 23))
            return Color(gray, gray, gray)
        }
        let place = max(index - 16, 0)
        func value(_ level: Int32) -> UInt8 { level == 0 ? 0 : UInt8(55 + 40 * level) }
        return Color(value(place / 36 % 6), value(place / 6 % 6), value(place % 6))
    }

    static func nearestANSI(_ color: Color, count: Int) -> Int32 {
        let r = Int32(color.red), g = Int32(color.green), b = Int32(color.blue)
        var best: Int32 = 0, least = Int32.max
        for index in 0..<count {
            let packed = ansi[index]
            let d = distance(
                r - Int32(packed >> 16), g - Int32(packed >> 8 & 0xFF), b - Int32(packed & 0xFF))
            if d < least { (best, least) = (Int32(index), d) }
        }
        return best
    }

    /// The nearest of colors 16–255: the cube's nearest is the nearest of each channel, the ramp's the nearest to the
    /// weighted mean, since the distance is a weighted sum over channels; the nearer of the two.
    static func nearestIndexed(_ color: Color) -> Int32 {
        let r = Int32(color.red), g = Int32(color.green), b = Int32(color.blue)
        func level(_ v: Int32) -> Int32 { v < 48 ? 0 : v < 115 ? 1 : (v - 35) / 40 }
        func value(_ level: Int32) -> Int32 { level == 0 ? 0 : 55 + 40 * level }
        let lr = level(r), lg = level(g), lb = level(b)
        let cube = distance(r - value(lr), g - value(lg), b - value(lb))
        if cube == 0 { return 16 + 36 * lr + 6 * lg + lb }
        let mean = (3 * r + 6 * g + 2 * b) / 11
        let step = min(max((mean - 3) / 10, 0), 23)
        let gray = 8 + 10 * step
        return distance(r - gray, g - gray, b - gray) < cube ? 232 + step : 16 + 36 * lr + 6 * lg + lb
    }
}
