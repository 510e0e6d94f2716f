import Files

extension LoadedModel {
    /// 16 hexadecimal digits that the content of the files read decides, and the embeddings of classes and of a background in
    /// words: the same for copies, other ones for other weights, class names or heads. To tell models apart, no protection against forgery.
    ///
    /// Reads every byte of the files, at memory speed once they have been loaded.
    ///
    /// - Throws: `FileError` where a file is gone.
    public func fingerprint() throws(FileError) -> String {
        var hash = Fingerprint()
        for file in files {
            try MappedFile(path: file).withBytes { hash.add($0) }
        }
        if let texts {
            for name in texts.names { Array(name.utf8).withUnsafeBytes { hash.add($0) } }
            texts.values.withUnsafeBytes { hash.add($0) }
        }
        parameters.background?.weight.values.withUnsafeBytes { hash.add($0) }
        return hash.text
    }
}

/// A 64-bit hash of bytes: four lanes of multiply and rotate (the constants of xxHash, its mixing), folded into one.
package struct Fingerprint {
    private var state: UInt64 = 0

    package init() {}

    private static let first: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let second: UInt64 = 0xC2B2_AE3D_27D4_EB4F

    private static func mixed(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        let sum = lane &+ word &* second
        return (sum << 31 | sum >> 33) &* first
    }

    /// Adds bytes and how many they are, so that the borders between two runs count.
    package mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var (a, b, c, d) = (state, state &+ Self.first, state &+ Self.second, state ^ Self.first)
        var position = 0
        while position + 32 <= bytes.count {
            a = Self.mixed(a, bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian)
            b = Self.mixed(b, bytes.loadUnaligned(fromByteOffset: position + 8, as: UInt64.self).littleEndian)
            c = Self.mixed(c, bytes.loadUnaligned(fromByteOffset: position + 16, as: UInt64.self).littleEndian)
            d = Self.mixed(d, bytes.loadUnaligned(fromByteOffset: position + 24, as: UInt64.self).littleEndian)
            position += 32
        }
        var result = [b, c, d, UInt64(bytes.count)].reduce(a, Self.mixed)
        for byte in bytes[position...] { result = Self.mixed(result, UInt64(byte)) }
        state = result ^ result >> 32
    }

    /// 16 hexadecimal digits.
    package var text: String { String(hexadecimal: state, digits: 16) }
}
