import Files

/// A kind of picture file, told by its first bytes.
enum ImageFormat {
    case png
    case jpeg
    /// PBM, PGM or PPM, plain or raw.
    case portable

    init(of bytes: UnsafeRawBufferPointer, path: String) throws(FileError) {
        guard !bytes.isEmpty else { throw FileError(.invalid, path: path, "is empty") }
        let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        if bytes.starts(with: signature) {
            self = .png
        } else if bytes.starts(with: [0xFF, 0xD8]) {
            self = .jpeg
        } else if bytes.count >= 3, bytes[0] == UInt8(ascii: "P"),
            (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(bytes[1]),
            PortableDecoder.isSpace(bytes[2]) || bytes[2] == UInt8(ascii: "#")
        {
            self = .portable
        } else if signature.starts(with: bytes) || bytes.elementsEqual([0xFF]) {
            throw FileError(.invalid, path: path, "ends early: only \(bytes.count) bytes")
        } else {
            throw FileError(.invalid, path: path, "not a picture this program reads (PNG, JPEG, PPM, PGM)")
        }
    }
}

/// The error for a picture whose decoder stopped with `message`.
func damaged(_ message: String, endsEarly: Bool, path: String) -> FileError {
    if endsEarly { return FileError(.invalid, path: path, "ends early; the picture is incomplete") }
    // The libraries capitalize and end their sentences; here the words stand after a colon.
    var text = message.isEmpty ? "no more is known" : message
    while text.hasSuffix(".") { text.removeLast() }
    return FileError(.invalid, path: path, "is damaged: \(text)")
}

extension Array where Element == UInt8 {
    /// An array of `count` bytes that `fill` writes, every one of them. Memory is taken but not touched beforehand.
    init<Failure: Error>(
        count: Int, filledBy fill: (UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        var failure: Failure?
        self.init(unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(Failure) {
                try fill(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
                initialized = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Becomes `count` bytes that `fill` writes, every one of them; memory that is there serves again.
    mutating func refill<Failure: Error>(
        count: Int, _ fill: (UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        guard capacity >= count else {
            self = []
            return self = try [UInt8](count: count, filledBy: fill)
        }
        if self.count > count {
            removeLast(self.count - count)
        } else {
            append(contentsOf: repeatElement(0, count: count - self.count))
        }
        try withUnsafeMutableBufferPointer { (buffer) throws(Failure) in try fill(buffer) }
    }
}
