/// Texts that are tokens wherever they stand, such as `<|endoftext|>`: they are cut out before anything else is done.
struct SpecialTexts: Sendable {
    struct Special: Sendable {
        var text: String
        var token: Int
        /// Whether blanks before or after it belong to it.
        var takesLeft = false
        var takesRight = false
    }

    enum Part: Equatable {
        case text(String)
        case token(Int)
    }

    /// By their first byte, the longest first.
    private let specials: [UInt8: [(bytes: [UInt8], special: Special)]]

    init(_ specials: [Special]) {
        var found: [UInt8: [(bytes: [UInt8], special: Special)]] = [:]
        for special in specials {
            let bytes = Array(special.text.utf8)
            if let first = bytes.first { found[first, default: []].append((bytes, special)) }
        }
        self.specials = found.mapValues { $0.sorted { $0.bytes.count > $1.bytes.count } }
    }

    /// What stands between them, and they, in order; nothing that is empty.
    func split(_ text: String) -> [Part] {
        guard !specials.isEmpty else { return text.isEmpty ? [] : [.text(text)] }
        let bytes = Array(text.utf8)
        var parts: [Part] = []
        var start = 0, index = 0
        while index < bytes.count {
            guard let found = specials[bytes[index]]?.first(where: { bytes[index...].starts(with: $0.bytes) }) else {
                index += 1
                continue
            }
            var before = String(decoding: bytes[start..<index], as: UTF8.self)
            if found.special.takesLeft { before = before.trimmed(\.isBlank, left: false) }
            if !before.isEmpty { parts.append(.text(before)) }
            parts.append(.token(found.special.token))
            index += found.bytes.count
            if found.special.takesRight {
                let rest = String(decoding: bytes[index...], as: UTF8.self)
                index += rest.utf8.count - rest.trimmed(\.isBlank, right: false).utf8.count
            }
            start = index
        }
        if start < bytes.count { parts.append(.text(String(decoding: bytes[start...], as: UTF8.self))) }
        return parts
    }
}
