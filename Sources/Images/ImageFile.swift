import Files

/// Reading pictures: PNG, JPEG, and the portable bitmaps PBM, PGM and PPM, told apart by content, never by name.
public enum ImageFile {
    /// The picture at `path` in 8-bit RGB, upright.
    ///
    /// Palettes are looked up, gray is repeated, 16-bit samples keep their high byte, transparency is laid on white, CMYK is
    /// converted without a color profile, and the EXIF orientation of a JPEG or PNG is applied. Color profiles and gamma are ignored.
    /// Samples agree with Pillow's `convert("RGB")`.
    ///
    /// - Throws: `FileError` of kind `.missing` when the file cannot be opened; of kind `.invalid` when it is no picture,
    ///   is damaged or incomplete, or is larger than `limits` allow.
    public static func read(path: String, limits: ImageLimits = .default) throws(FileError) -> RGBImage {
        try FileContent(path: path).withBytes { (bytes) throws(FileError) in
            try decode(bytes, path: path, limits: limits)
        }
    }

    /// The picture in `bytes`, the whole content of a file; see ``read(path:limits:)``. `path` is only for error messages.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, path: String, limits: ImageLimits = .default
    ) throws(FileError) -> RGBImage {
        var image = RGBImage()
        try decode(bytes, path: path, limits: limits, into: &image)
        return image
    }

    private static func decode(
        _ bytes: UnsafeRawBufferPointer, path: String, limits: ImageLimits, into image: inout RGBImage
    ) throws(FileError) {
        switch try ImageFormat(of: bytes, path: path) {
        case .png: try PNGDecoder.decode(bytes, path: path, limits: limits, into: &image)
        case .jpeg: try JPEGDecoder.decode(bytes, path: path, limits: limits, into: &image)
        case .portable: try PortableDecoder.decode(bytes, path: path, limits: limits, into: &image)
        }
    }

    /// As ``read(path:limits:)`` and ``readIndices(path:limits:)``, in memory that serves again: the file's, and the picture's.
    package static func read(path: String, by buffer: FileBuffer, into image: inout RGBImage) throws(FileError) {
        try buffer.withContent(of: path) { (bytes) throws(FileError) in try decode(bytes, path: path, limits: .default, into: &image) }
    }

    package static func readIndices(path: String, by buffer: FileBuffer, into image: inout IndexedImage) throws(FileError) {
        try buffer.withContent(of: path) { (bytes) throws(FileError) in
            try decodeIndices(bytes, path: path, limits: .default, into: &image)
        }
    }

    /// Width and height of the picture at `path` in pixels, after orientation. Reads the header only and applies no limits.
    public static func size(path: String) throws(FileError) -> (width: Int, height: Int) {
        // All but a few pictures say it in the beginning of the file.
        let start = try FileContent(path: path, prefix: 1 << 16)
        do throws(FileError) {
            return try size(start)
        } catch {
            guard start.fileSize > start.bytes.count else { throw error }
            return try size(FileContent(path: path))
        }
    }

    private static func size(_ content: FileContent) throws(FileError) -> (width: Int, height: Int) {
        try content.withBytes { (bytes) throws(FileError) in
            switch try ImageFormat(of: bytes, path: content.path) {
            case .png: try PNGDecoder.size(bytes, path: content.path)
            case .jpeg: try JPEGDecoder.size(bytes, path: content.path)
            case .portable: try PortableDecoder.size(bytes, path: content.path)
            }
        }
    }

    /// The label map at `path`: a palette PNG of any bit depth, a gray PNG, or colors that stand for numbers: all of VOC's
    /// palette, else gray throughout.
    ///
    /// Indices are the numbers stored in the file, never scaled, and no orientation is applied; a gray file's palette is its gray
    /// ramp, its numbers must be below 256. Indices beyond a short palette are black.
    public static func readIndices(
        path: String, limits: ImageLimits = .default
    ) throws(FileError) -> IndexedImage {
        try FileContent(path: path).withBytes { (bytes) throws(FileError) in
            try decodeIndices(bytes, path: path, limits: limits)
        }
    }

    /// The label map in `bytes`, the whole content of a file; see ``readIndices(path:limits:)``.
    public static func decodeIndices(
        _ bytes: UnsafeRawBufferPointer, path: String, limits: ImageLimits = .default
    ) throws(FileError) -> IndexedImage {
        var image = IndexedImage()
        try decodeIndices(bytes, path: path, limits: limits, into: &image)
        return image
    }

    private static func decodeIndices(
        _ bytes: UnsafeRawBufferPointer, path: String, limits: ImageLimits, into image: inout IndexedImage
    ) throws(FileError) {
        guard case .png = try ImageFormat(of: bytes, path: path) else {
            throw FileError(.invalid, path: path, "is not a label map; a palette or gray PNG is needed")
        }
        try PNGDecoder.decodeIndices(bytes, path: path, limits: limits, into: &image)
    }

    /// File name extensions of the pictures this program reads, in lower case.
    public static let extensions: Set<String> = ["png", "jpg", "jpeg", "jpe", "jfif", "ppm", "pgm", "pbm", "pnm"]

    /// Whether a file of this name is likely a picture, judged by its extension alone.
    public static func isPicture(_ path: String) -> Bool {
        path.ending.map(extensions.contains) ?? false
    }
}
