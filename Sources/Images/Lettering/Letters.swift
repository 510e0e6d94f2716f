import Files

/// The outlines of letters: of Latin, Greek and Cyrillic scripts, punctuation and signs.
///
/// They are Roboto's, with its advances and without its kerning; `Tests/Fixtures/make_lettering.py` writes the table.
struct Letters: Sendable {
    /// A place on an outline, in ems, y upward from the base line.
    struct Point: Sendable {
        var x: Double
        var y: Double
        /// Whether the outline goes through it; else it bends a quadratic curve.
        var isOn = true
    }

    struct Glyph: Sendable {
        /// From its start to the next one's, in ems.
        var advance = 0.0
        /// Closed outlines, wound so that insides of insides are outside.
        var contours: [[Point]] = []
    }

    static let all = Letters(bytes(ofBase64: LetteringTable.text))

    private let glyphs: [Glyph]
    private let numbers: [UInt32: Int]

    /// The glyph of a character, a box for one that is not there; `nil` for one that takes no room.
    subscript(_ scalar: Unicode.Scalar) -> Glyph? {
        switch scalar.value {
        // Marks of where lines may break and how neighbors join, and choices between forms.
        case 0xAD, 0x200B...0x200F, 0x2060...0x2064, 0xFE00...0xFE0F: nil
        default: glyphs[numbers[scalar.value] ?? 0]
        }
    }

    /// The table: how many characters, then for each the step from the one before and its glyph's number; how many glyphs, then
    /// each one's advance and twice how many outlines it has, or that and one more for parts: other glyphs and where they go.
    ///
    /// Of an outline follow how many points it has and for each the steps from the one before, that of x doubled, plus one where
    /// the outline goes through it. Numbers have seven bits a byte, the lowest first; the lowest bit of a step is its sign.
    private init(_ bytes: [UInt8]) {
        var place = 0
        func number() -> Int {
            var value = 0, shift = 0
            while place < bytes.count {
                defer { place += 1 }
                value |= Int(bytes[place] & 127) << shift
                shift += 7
                if bytes[place] < 128 { break }
            }
            return value
        }
        func signed(_ value: Int) -> Int { value & 1 == 0 ? value >> 1 : -((value + 1) >> 1) }
        var numbers: [UInt32: Int] = [:], scalar = 0
        for _ in 0..<number() {
            scalar += number()
            numbers[UInt32(scalar)] = number()
        }
        let unit = 1 / Double(LetteringTable.unitsPerEm)
        var glyphs: [Glyph] = [], parts: [Int: [(glyph: Int, x: Double, y: Double)]] = [:]
        for index in 0..<number() {
            var glyph = Glyph(advance: Double(number()) * unit)
            let count = number()
            if count & 1 == 1 {
                parts[index] = (0..<count >> 1).map { _ in (number(), Double(signed(number())) * unit, Double(signed(number())) * unit) }
            } else {
                var x = 0, y = 0
                glyph.contours = (0..<count >> 1).map { _ in
                    (0..<number()).map { _ in
                        let step = number()
                        x += signed(step >> 1)
                        y += signed(number())
                        return Point(x: Double(x) * unit, y: Double(y) * unit, isOn: step & 1 == 1)
                    }
                }
            }
            glyphs.append(glyph)
        }
        func contours(_ index: Int) -> [[Point]] {
            guard let own = parts[index] else { return glyphs[index].contours }
            return own.flatMap { part in
                contours(part.glyph).map { $0.map { Point(x: $0.x + part.x, y: $0.y + part.y, isOn: $0.isOn) } }
            }
        }
        self.glyphs = glyphs.indices.map { Glyph(advance: glyphs[$0].advance, contours: contours($0)) }
        self.numbers = numbers
    }
}
