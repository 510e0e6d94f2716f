/// How a stored picture is to be turned to stand upright: EXIF tag 0x0112.
enum Orientation: Int, CaseIterable {
    case upright = 1
    case mirrored = 2
    case turned180 = 3
    case flipped = 4
    case transposed = 5
    /// To be turned a quarter clockwise.
    case turned90 = 6
    case transversed = 7
    /// To be turned a quarter counterclockwise.
    case turned270 = 8

    /// The orientation in an EXIF block that starts with `Exif\0\0`; nil when there is none or the block is damaged.
    init?(exif: UnsafeBufferPointer<UInt8>) {
        guard exif.count > 6 else { return nil }
        self.init(tiff: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(exif)[6...]))
    }

    /// The orientation in an EXIF block without that mark, as PNG has it.
    init?(tiff: UnsafeRawBufferPointer) {
        guard tiff.count >= 8 else { return nil }
        let isLittle: Bool
        switch (tiff[0], tiff[1]) {
        case (0x49, 0x49): isLittle = true
        case (0x4D, 0x4D): isLittle = false
        default: return nil
        }
        func number(at offset: Int, bytes count: Int) -> Int? {
            guard offset >= 0, offset <= tiff.count - count else { return nil }
            let field = tiff[offset..<offset + count]
            return isLittle
                ? field.reversed().reduce(0) { $0 << 8 | Int($1) } : field.reduce(0) { $0 << 8 | Int($1) }
        }
        guard number(at: 2, bytes: 2) == 42, let directory = number(at: 4, bytes: 4),
            let entries = number(at: directory, bytes: 2)
        else { return nil }
        for entry in 0..<entries {
            let offset = directory + 2 + 12 * entry
            guard let tag = number(at: offset, bytes: 2) else { return nil }
            guard tag == 0x0112 else { continue }
            let short = 3
            guard number(at: offset + 2, bytes: 2) == short, let value = number(at: offset + 8, bytes: 2) else { return nil }
            self.init(rawValue: value)
            return
        }
        return nil
    }

    /// Whether width and height change places.
    var swapsSides: Bool { rawValue >= 5 }

    /// `image` turned upright.
    func applied(to image: RGBImage) -> RGBImage {
        let w = image.width
        let h = image.height
        // The source pixel of the output's first, and the steps to its right and lower neighbors' sources.
        let (first, right, down): (Int, Int, Int) = switch self {
        case .upright: (0, 1, w)
        case .mirrored: (w - 1, -1, w)
        case .turned180: (w * h - 1, -1, -w)
        case .flipped: (w * (h - 1), 1, -w)
        case .transposed: (0, w, 1)
        case .turned90: (w * (h - 1), -w, 1)
        case .transversed: (w * h - 1, -w, -1)
        case .turned270: (w - 1, w, -1)
        }
        guard self != .upright, w > 0, h > 0 else { return image }
        let (width, height) = swapsSides ? (h, w) : (w, h)
        let samples = image.samples.withUnsafeBufferPointer { source in
            [UInt8](unsafeUninitializedCapacity: w * h * 3) { target, initialized in
                var position = 0
                for y in 0..<height {
                    var pixel = first + y * down
                    for _ in 0..<width {
                        for channel in 0..<3 { target[position + channel] = source[3 * pixel + channel] }
                        position += 3
                        pixel += right
                    }
                }
                initialized = w * h * 3
            }
        }
        return RGBImage(width: width, height: height, samples: samples)
    }
}
