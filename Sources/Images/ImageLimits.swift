import Files

/// How large a picture may be before it is refused, judged by its header before any memory is taken.
public struct ImageLimits: Sendable, Hashable {
    /// Largest width times height.
    public var maxPixels: Int
    /// Largest width and largest height.
    public var maxSide: Int

    public init(maxPixels: Int = 200_000_000, maxSide: Int = 65_535) {
        self.maxPixels = maxPixels
        self.maxSide = maxSide
    }

    /// 200 megapixels, 65,535 pixels a side.
    public static let `default` = ImageLimits()

    /// Bytes a pixel that reading a picture takes at most: a progressive JPEG's coefficients beside the samples, and a copy
    /// turned upright.
    public static let decodingSize = 12

    /// Whether a picture of this size is read; one without pixels is not.
    public func allow(width: Int, height: Int) -> Bool {
        (1...maxSide).contains(width) && (1...maxSide).contains(height) && width * height <= maxPixels
    }

    /// Throws when a picture of this size is empty or too large.
    func check(width: Int, height: Int, path: String) throws(FileError) {
        guard width > 0, height > 0 else {
            throw FileError(.invalid, path: path, "is \(width)×\(height) pixels, an empty picture")
        }
        guard width <= maxSide, height <= maxSide else {
            throw FileError(
                .invalid, path: path,
                "is \(width)×\(height) pixels, more than \(maxSide) on a side; scale it down first")
        }
        let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
        // Whatever the caller allows, sizes in bytes must stay far from overflow.
        guard !overflow, pixels <= min(maxPixels, 1 << 48) else {
            throw FileError(
                .invalid, path: path,
                "is \(width)×\(height) pixels, more than \(maxPixels / 1_000_000) megapixels; scale it down first")
        }
    }
}
