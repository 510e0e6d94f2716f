/// RFC 4648's base 64.
package func base64(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    let length = (bytes.count + 2) / 3 * 4
    return String(unsafeUninitializedCapacity: length) { text in
        var place = 0
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let left = bytes.count - start
            let value = Int(bytes[start]) << 16 | (left > 1 ? Int(bytes[start + 1]) << 8 : 0) | (left > 2 ? Int(bytes[start + 2]) : 0)
            text[place] = digits[value >> 18]
            text[place + 1] = digits[value >> 12 & 63]
            text[place + 2] = left > 1 ? digits[value >> 6 & 63] : UInt8(ascii: "=")
            text[place + 3] = left > 2 ? digits[value & 63] : UInt8(ascii: "=")
            place += 4
        }
        return length
    }
}

/// What a text of base 64 stands for; other characters than its digits are passed over.
package func bytes(ofBase64 text: StaticString) -> [UInt8] { text.withUTF8Buffer { bytes(ofBase64: $0) } }

/// What a text of base 64, in ASCII, stands for; other characters than its digits are passed over.
package func bytes(ofBase64 text: some Collection<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = [], value = 0, bits = 0
    bytes.reserveCapacity(text.count / 4 * 3)
    for character in text {
        let digit: UInt8
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): digit = 62
        case UInt8(ascii: "/"): digit = 63
        default: continue
        }
        value = value << 6 | Int(digit)
        bits += 6
        guard bits >= 8 else { continue }
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: value >> bits))
        value &= 0xFF
    }
    return bytes
}
