import Files

/// The notes a PNG carries beside its pixels (tEXt, zTXt and iTXt chunks).
public enum PNGText {
    /// Every text of the PNG at `path` by its keyword; where a keyword repeats, the last one.
    public static func read(_ path: String) throws(FileError) -> [String: String] {
        try FileContent(path: path).withBytes { (bytes) throws(FileError) in try read(bytes, path: path) }
    }

    /// Every text of the PNG in `bytes` by its keyword. `path` is only for error messages.
    public static func read(_ bytes: UnsafeRawBufferPointer, path: String) throws(FileError) -> [String: String] {
        guard case .png = try ImageFormat(of: bytes, path: path) else {
            throw FileError(.invalid, path: path, "is not a PNG")
        }
        let (width, height) = try PNGDecoder.storedSize(bytes, path: path)
        try ImageLimits.default.check(width: width, height: height, path: path)
        let reader = try PNGReader(bytes, path: path)
        _ = try reader.header()
        try reader.finish()
        return Dictionary(reader.texts(), uniquingKeysWith: { $1 })
    }
}
