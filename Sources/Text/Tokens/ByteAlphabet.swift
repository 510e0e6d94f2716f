/// A visible letter for every byte, as byte-pair vocabularies write them (GPT-2's table): printable bytes of Latin-1 stand
/// for themselves, the others for the letters from U+0100 on.
enum ByteAlphabet {
    static let letters: [Unicode.Scalar] = {
        var next: UInt32 = 0x100
        return (0..<256).map { (byte: UInt32) in
            if (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte) {
                return Unicode.Scalar(UInt8(byte))
            }
            defer { next += 1 }
            return Unicode.Scalar(next) ?? "?"
        }
    }()

    /// The letters in the order in which CLIP numbers them: printable bytes first.
    static let numbered: [Unicode.Scalar] = letters.filter { $0.value < 0x100 } + letters.filter { $0.value >= 0x100 }

    /// A text's bytes in UTF-8 in letters.
    static func spelled(_ text: String) -> String { String(text.utf8.lazy.map { letters[Int($0)] }) }
}
