import CCodecs
import Files

/// PNG of every color type and bit depth, plain or interlaced, through libpng.
enum PNGDecoder {
    /// Width and height after EXIF orientation.
    static func size(_ bytes: UnsafeRawBufferPointer, path: String) throws(FileError) -> (width: Int, height: Int) {
        let (width, height) = try storedSize(bytes, path: path)
        return PNGChunks.orientation(bytes).swapsSides ? (height, width) : (width, height)
    }

    /// Width and height from the IHDR chunk, which always comes first.
    static func storedSize(_ bytes: UnsafeRawBufferPointer, path: String) throws(FileError) -> (width: Int, height: Int) {
        guard bytes.count >= 33 else { throw damaged("", endsEarly: true, path: path) }
        guard bytes[12..<16].elementsEqual("IHDR".utf8) else {
            throw damaged("its first chunk is not IHDR", endsEarly: false, path: path)
        }
        func number(at offset: Int) -> Int { bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
        return (number(at: 16), number(at: 20))
    }

    static func decode(
        _ bytes: UnsafeRawBufferPointer, path: String, limits: ImageLimits, into image: inout RGBImage
    ) throws(FileError) {
        let reader = try PNGReader(bytes, path: path)
        let header = try checkedHeader(of: reader, bytes, path: path, limits: limits)
        let width = Int(header.width)
        let height = Int(header.height)
        let (channels, passes) = try reader.start(raw: false)
        guard channels == 3 || channels == 4 else {
            throw damaged("\(channels) channels", endsEarly: false, path: path)
        }
        try image.become(width: width, height: height) { (target) throws(FileError) in
            if channels == 3 {
                for _ in 0..<passes { try reader.read(target, stride: width * 3) }
            } else if passes == 1 {
                // A row at a time, so that a large picture with alpha is not held twice.
                var line: [UInt8] = Array(repeating: 0, count: width * 4)
                for row in 0..<height {
                    try line.withUnsafeMutableBufferPointer { (buffer) throws(FileError) in
                        try reader.read(buffer, stride: width * 4)
                    }
                    layOnWhite(line, into: UnsafeMutableBufferPointer(
                        rebasing: target[row * width * 3..<(row + 1) * width * 3]))
                }
            } else {
                let whole = try [UInt8](count: width * height * 4) { (buffer) throws(FileError) in
                    for _ in 0..<passes { try reader.read(buffer, stride: width * 4) }
                }
                layOnWhite(whole, into: target)
            }
        }
        try reader.finish()
        let orientation = PNGChunks.orientation(bytes)
        if orientation != .upright { image = orientation.applied(to: image) }
    }

    /// The numbers of a label map, as stored: no orientation is applied, for whoever reads a mask's array sees it so.
    static func decodeIndices(
        _ bytes: UnsafeRawBufferPointer, path: String, limits: ImageLimits, into image: inout IndexedImage
    ) throws(FileError) {
        let reader = try PNGReader(bytes, path: path)
        let header = try checkedHeader(of: reader, bytes, path: path, limits: limits)
        let width = Int(header.width)
        let height = Int(header.height)
        let isGray = Int(header.color_type) == GETAM_PNG_GRAY
        guard isGray || Int(header.color_type) == GETAM_PNG_PALETTE else {
            guard header.bit_depth == 8 else {
                throw FileError(.invalid, path: path, "holds 16-bit colors, not label numbers; a palette or gray PNG is needed")
            }
            let (indices, palette) = try LabelColors.indices(
                rgb: try opaqueSamples(reader, width: width, height: height, path: path), path: path)
            image = IndexedImage(width: width, height: height, indices: indices, palette: palette)
            return
        }
        if isGray {
            let top = header.bit_depth == 16 ? 255 : (1 << Int(header.bit_depth)) - 1
            image.palette.removeAll(keepingCapacity: true)
            for index in 0...top { image.palette.append(RGBColor(gray: UInt8(index * 255 / top))) }
        } else {
            reader.readPalette(into: &image.palette)
        }
        let (size, passes) = try reader.start(raw: true)
        // Whoever fails leaves no picture.
        (image.width, image.height) = (0, 0)
        try image.indices.refill(count: width * height * size) { (target) throws(FileError) in
            for _ in 0..<passes { try reader.read(target, stride: width * size) }
        }
        try reader.finish()
        if size == 2 { image.indices = try lowBytes(image.indices, path: path) }
        if let highest = image.indices.max(), Int(highest) >= image.palette.count {
            image.palette.append(contentsOf: repeatElement(RGBColor(gray: 0), count: Int(highest) + 1 - image.palette.count))
        }
        (image.width, image.height) = (width, height)
    }

    /// 16-bit samples, high byte first, whose high bytes must be 0.
    private static func lowBytes(_ samples: [UInt8], path: String) throws(FileError) -> [UInt8] {
        let count = samples.count / 2
        let large = (0..<count).filter { samples[2 * $0] != 0 }
        guard large.isEmpty else {
            let highest = large.map { Int(samples[2 * $0]) << 8 | Int(samples[2 * $0 + 1]) }.max() ?? 0
            throw FileError(
                .invalid, path: path, "holds numbers up to \(highest), \(large.count) pixels above 255; a label map's end there")
        }
        return (0..<count).map { samples[2 * $0 + 1] }
    }

    /// The RGB samples of a picture of colors, or of gray with alpha, which must be opaque everywhere.
    private static func opaqueSamples(
        _ reader: borrowing PNGReader, width: Int, height: Int, path: String
    ) throws(FileError) -> [UInt8] {
        let (channels, passes) = try reader.start(raw: false)
        guard channels == 3 || channels == 4 else { throw damaged("\(channels) channels", endsEarly: false, path: path) }
        let samples = try [UInt8](count: width * height * channels) { (target) throws(FileError) in
            for _ in 0..<passes { try reader.read(target, stride: width * channels) }
        }
        try reader.finish()
        guard channels == 4 else { return samples }
        let clear = stride(from: 3, to: samples.count, by: 4).count { samples[$0] != 255 }
        guard clear == 0 else {
            throw FileError(
                .invalid, path: path, "holds colors, \(clear) pixels of them transparent, not label numbers; a palette or gray PNG is needed")
        }
        return [UInt8](unsafeUninitializedCapacity: width * height * 3) { target, count in
            for pixel in 0..<width * height {
                for channel in 0..<3 { target[3 * pixel + channel] = samples[4 * pixel + channel] }
            }
            count = width * height * 3
        }
    }

    /// The header, once its size is within limits and not more than the file could hold.
    private static func checkedHeader(
        of reader: borrowing PNGReader, _ bytes: UnsafeRawBufferPointer, path: String, limits: ImageLimits
    ) throws(FileError) -> getam_png_header {
        let (width, height) = try storedSize(bytes, path: path)
        try limits.check(width: width, height: height, path: path)
        let header = try reader.header()
        // Deflate shrinks at most 1032 to 1.
        let channels = switch header.color_type {
        case 2: 3
        case 4: 2
        case 6: 4
        default: 1
        }
        let least = width * height / (8 * 1032) * channels * Int(header.bit_depth)
        guard least <= bytes.count else { throw damaged("", endsEarly: true, path: path) }
        return header
    }

    /// RGBA over white, each sample rounded to nearest.
    private static func layOnWhite(_ rgba: [UInt8], into target: UnsafeMutableBufferPointer<UInt8>) {
        rgba.withUnsafeBufferPointer { source in
            for pixel in 0..<source.count / 4 {
                let alpha = UInt32(source[4 * pixel + 3])
                for channel in 0..<3 {
                    let sum = UInt32(source[4 * pixel + channel]) * alpha + 255 * (255 - alpha)
                    target[3 * pixel + channel] = UInt8(truncatingIfNeeded: (sum + 127) / 255)
                }
            }
        }
    }
}
