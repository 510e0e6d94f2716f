import CZlib

/// The pictures that a terminal with kitty's graphics protocol holds, read from what a program sends.
public struct TerminalPictures: Sendable {
    public struct Picture: Sendable, Equatable {
        /// The cells that it fills.
        public let columns, rows: Int
        public let width, height: Int
        /// `0xAARRGGBB`, row by row.
        public let pixels: [UInt32]
    }

    public private(set) var held: [UInt32: Picture] = [:]
    /// How many came, and were taken away.
    public private(set) var sent = 0
    public private(set) var deleted = 0
    /// What was taken away or ended that had not come, as where sending is cut off.
    public private(set) var missed = 0
    /// How often it was asked whether it takes pictures.
    public private(set) var questions = 0
    /// What was not as the protocol says.
    public private(set) var problems: [String] = []
    /// The keys of a picture that is coming, and its pieces.
    private var coming: (keys: [String: String], payload: [UInt8])?

    public init() {}
    /// Whether a picture has begun and not ended.
    public var isComing: Bool { coming != nil }

    /// - Parameter command: what stands between `ESC _ G` and `ESC \`.
    mutating func take(_ command: ArraySlice<UInt8>) {
        let parts = command.split(separator: UInt8(ascii: ";"), maxSplits: 1, omittingEmptySubsequences: false)
        var keys: [String: String] = [:]
        for pair in String(decoding: parts[0], as: UTF8.self).split(separator: ",") {
            let sides = pair.split(separator: "=")
            if sides.count == 2, keys[String(sides[0])] == nil { keys[String(sides[0])] = String(sides[1]) } else { problems.append("key \(pair)") }
        }
        let payload = parts.count > 1 ? Array(parts[1]) : []
        if keys["a"] == "q" {
            questions += 1
            return
        }
        if keys["q"] != "2" { problems.append("an answer would come: \(keys)") }
        if payload.count > 4096 { problems.append("a piece of \(payload.count)") }
        if keys["a"] == "d" { return delete(keys) }
        if coming != nil {
            if !Set(keys.keys).isSubset(of: ["m", "q"]) { problems.append("keys within a picture: \(keys)") }
            coming?.payload += payload
        } else if keys == ["m": "0", "q": "2"], payload.isEmpty {
            missed += 1
            return
        } else {
            guard keys["a"] == "T", keys["U"] == "1" else { return problems.append("not a picture by placeholders: \(keys)") }
            coming = (keys, payload)
        }
        guard keys["m"] != "1", let whole = coming else { return }
        coming = nil
        guard !payload.isEmpty else { return missed += 1 }
        finish(whole.keys, whole.payload)
    }

    private mutating func delete(_ keys: [String: String]) {
        guard keys["d"] == "I", let id = keys["i"].flatMap({ UInt32($0) }) else { return problems.append("deletion \(keys)") }
        if held.removeValue(forKey: id) == nil { missed += 1 } else { deleted += 1 }
    }

    private mutating func finish(_ keys: [String: String], _ payload: [UInt8]) {
        func number(_ key: String) -> Int { keys[key].flatMap { Int($0) } ?? 0 }
        let width = number("s"), height = number("v"), size = number("f") / 8
        guard let id = keys["i"].flatMap({ UInt32($0) }), id > 0, size == 3 || size == 4, width > 0, height > 0, number("c") > 0,
            number("r") > 0
        else { return problems.append("picture \(keys)") }
        let bytes = Self.fromBase64(payload)
        guard let samples = keys["o"] == "z" ? Self.inflated(bytes, to: width * height * size) : bytes, samples.count == width * height * size
        else { return problems.append("picture of \(bytes.count) bytes: \(keys)") }
        if held[id] != nil { problems.append("picture \(id) is there") }
        sent += 1
        held[id] = Picture(
            columns: number("c"), rows: number("r"), width: width, height: height,
            pixels: (0..<width * height).map { pixel in
                let at = pixel * size
                let alpha: UInt32 = size == 4 ? UInt32(samples[at + 3]) : 255
                return alpha << 24 | UInt32(samples[at]) << 16 | UInt32(samples[at + 1]) << 8 | UInt32(samples[at + 2])
            })
    }

    private static func fromBase64(_ text: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0, count = 0
        for character in text {
            let value: UInt8
            switch character {
            case 0x41...0x5A: value = character - 0x41
            case 0x61...0x7A: value = character - 0x61 + 26
            case 0x30...0x39: value = character - 0x30 + 52
            case 0x2B: value = 62
            case 0x2F: value = 63
            default: continue
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    private static func inflated(_ bytes: [UInt8], to count: Int) -> [UInt8]? {
        var result = [UInt8](repeating: 0, count: count)
        var length = uLong(count)
        return uncompress(&result, &length, bytes, uLong(bytes.count)) == Z_OK && length == uLong(count) ? result : nil
    }
}

extension ScreenModel {
    /// What a cell shows of a picture in pixels: its number and which of its cells; `nil` for text.
    public func piece(_ column: Int, _ row: Int) -> (id: UInt32, column: Int, row: Int)? {
        let cell = self[column, row]
        guard cell.scalar.value == 0x10EEEE, cell.marks.count >= 2 else { return nil }
        let places = cell.marks.compactMap { Self.numbers[$0] }
        guard places.count == cell.marks.count else { return nil }
        let low: UInt32
        switch cell.foreground {
        case .standard: return nil
        case .indexed(let index): low = UInt32(index)
        case .rgb(let red, let green, let blue): low = UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue)
        }
        return (low | UInt32(places.count > 2 ? places[2] : 0) << 24, places[1], places[0])
    }

    private static let numbers = Dictionary(uniqueKeysWithValues: marks.enumerated().map { ($1, $0) })

    /// The marks that stand for numbers, by Unicode's properties: those above a letter that none is composed with, as of Unicode 6.0.
    private static let marks: [Unicode.Scalar] = (UInt32(0x300)...0x1D2FF).compactMap { value in
        guard let scalar = Unicode.Scalar(value), !composing.contains(value) else { return nil }
        let properties = scalar.properties
        guard properties.generalCategory == .nonspacingMark, properties.canonicalCombiningClass.rawValue == 230,
            let age = properties.age, age.major < 6 || (age.major == 6 && age.minor == 0)
        else { return nil }
        return scalar
    }

    /// Those that letters are composed with; the last four are others of these written in another way.
    private static let composing: Set<UInt32> = [
        0x300, 0x301, 0x302, 0x303, 0x304, 0x306, 0x307, 0x308, 0x309, 0x30A, 0x30B, 0x30C, 0x30F, 0x311, 0x313, 0x314, 0x342, 0x653,
        0x654, 0x340, 0x341, 0x343, 0x344,
    ]
}
