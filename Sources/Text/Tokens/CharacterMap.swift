/// SentencePiece's normalization as its files hold it (`precompiled_charsmap`): a double-array trie of what is replaced, and
/// the replacements.
///
/// The bytes: the trie's length as a 32-bit number, the trie in units of 32 bits (darts-clone's form), texts that end in 0.
struct CharacterMap: Sendable {
    private let units: [UInt32]
    private let texts: [UInt8]

    /// - Returns: nil where the bytes are no such map; none at all are an empty one.
    init?(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else {
            (units, texts) = ([], [])
            return
        }
        func number(_ position: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[position + $1]) << UInt32(8 * $1) }
        }
        guard bytes.count >= 4 else { return nil }
        let length = Int(number(0))
        guard length % 4 == 0, length <= bytes.count - 4 else { return nil }
        units = stride(from: 4, to: 4 + length, by: 4).map(number)
        texts = Array(bytes[(4 + length)...])
    }

    /// What the trie's entries that `bytes` begins with are replaced with, the shortest first, and their lengths.
    private func matches(_ bytes: ArraySlice<UInt8>) -> [(length: Int, text: Int)] {
        guard let root = units.first else { return [] }
        var found: [(length: Int, text: Int)] = []
        var node = Self.offset(root)
        for (index, byte) in bytes.enumerated() {
            node ^= UInt32(byte)
            // A damaged trie may point anywhere.
            guard byte != 0, node < units.count, case let unit = units[Int(node)], unit & 0x8000_00FF == UInt32(byte) else { break }
            node ^= Self.offset(unit)
            if unit & 0x100 != 0 {
                guard node < units.count else { break }
                found.append((index + 1, Int(units[Int(node)] & 0x7FFF_FFFF)))
            }
        }
        return found
    }

    private static func offset(_ unit: UInt32) -> UInt32 { (unit >> 10) << ((unit & 0x200) >> 6) }

    private func text(_ position: Int) -> ArraySlice<UInt8> {
        guard position < texts.count else { return [] }
        return texts[position...].prefix { $0 != 0 }
    }

    /// The longest entry that `bytes` begins with: how many bytes it takes, and what replaces it.
    func longest(_ bytes: ArraySlice<UInt8>) -> (length: Int, text: ArraySlice<UInt8>)? {
        matches(bytes).last.map { ($0.length, text($0.text)) }
    }

    /// The text replaced as the tokenizers library does it: cluster by cluster where a cluster's beginning is an entry, otherwise
    /// scalar by scalar; of several entries the shortest counts.
    func replaced(_ given: String) -> String {
        guard !units.isEmpty else { return given }
        var result: [UInt8] = []
        for cluster in given {
            let bytes = Array(String(cluster).utf8)
            if bytes.count < 6, let match = matches(bytes[...]).first {
                result += text(match.text)
                continue
            }
            for scalar in cluster.unicodeScalars {
                let bytes = Array(String(Character(scalar)).utf8)
                if let match = matches(bytes[...]).first { result += text(match.text) } else { result += bytes }
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
