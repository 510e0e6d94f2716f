import Files

/// The chunks of a PNG, found without decoding it.
enum PNGChunks {
    /// The orientation in the eXIf chunk, before or after the pixels; upright where there is none, or a damaged one.
    ///
    /// Source: the PNG specification (third edition), 11.3.2.8 eXIf.
    static func orientation(_ bytes: UnsafeRawBufferPointer) -> Orientation {
        guard let exif = first("eXIf", in: bytes) else { return .upright }
        let prefix = "Exif\0\0".utf8
        // Some writers keep the mark that JPEG has before it.
        let tiff = exif.starts(with: prefix) ? UnsafeRawBufferPointer(rebasing: exif[prefix.count...]) : exif
        return Orientation(tiff: tiff) ?? .upright
    }

    /// The content of the first chunk of a kind; nil where there is none, its checksum is wrong, or chunks before it are cut.
    private static func first(_ kind: String, in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let wanted = kind.utf8, end = "IEND".utf8
        var position = 8
        // Length, kind, content, checksum.
        while bytes.count - position >= 12 {
            func number(_ offset: Int) -> Int { bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
            let length = number(position), found = bytes[position + 4..<position + 8]
            guard length <= bytes.count - position - 12, !found.elementsEqual(end) else { return nil }
            let content = position + 8..<position + 8 + length
            if found.elementsEqual(wanted) {
                let checked = UnsafeRawBufferPointer(rebasing: bytes[position + 4..<content.upperBound])
                guard Int(CRC32.of(checked)) == number(content.upperBound) else { return nil }
                return UnsafeRawBufferPointer(rebasing: bytes[content])
            }
            position = content.upperBound + 4
        }
        return nil
    }
}
