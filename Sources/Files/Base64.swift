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
