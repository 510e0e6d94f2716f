import CCodecs
import Glibc

/// Why a picture could not be written as PNG.
public struct PNGEncodingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One line without a full stop.
    public let description: String

    package init(description: String) { self.description = description }
}

/// Pictures to PNG, with notes. The same picture and notes always give the same bytes (for one version of zlib).
///
/// Notes become `tEXt` chunks where their value is Latin-1, else `iTXt` (UTF-8). A keyword is 1 to 79 Latin-1 characters
/// without leading, trailing or double spaces; a value may not hold a zero character. Every `encode` throws
/// `PNGEncodingError` for other notes and for a picture without pixels.
public enum PNGEncoder {
    /// A note beside the picture.
    public typealias Text = (key: String, value: String)

    /// 8-bit RGB.
    ///
    /// - Parameter pixelsPerMetre: how large it is to be printed; `nil` says nothing of it.
    public static func encode(
        _ image: RGBImage, text: [Text] = [], pixelsPerMetre: Int? = nil
    ) throws(PNGEncodingError) -> [UInt8] {
        try encode(
            image.samples, width: image.width, height: image.height, depth: 8, type: GETAM_PNG_RGB, palette: [], text,
            pixelsPerMetre: pixelsPerMetre)
    }

    /// 8-bit gray.
    public static func encode(_ image: GrayImage, text: [Text] = []) throws(PNGEncodingError) -> [UInt8] {
        try encode(
            image.samples, width: image.width, height: image.height, depth: 8, type: GETAM_PNG_GRAY, palette: [], text)
    }

    /// An 8-bit palette of all the image's entries. Every index must have an entry.
    public static func encode(_ image: IndexedImage, text: [Text] = []) throws(PNGEncodingError) -> [UInt8] {
        if let highest = image.indices.max(), Int(highest) >= image.palette.count {
            throw PNGEncodingError(description: "index \(highest) has no color in a palette of \(image.palette.count)")
        }
        return try encode(
            image.indices, width: image.width, height: image.height, depth: 8, type: GETAM_PNG_PALETTE,
            palette: image.palette, text)
    }

    /// Bits of one gray sample of a mask.
    public enum MaskDepth: Sendable {
        /// One bit: 0 or 1.
        case one
        /// Eight bits: 0 or 255, for readers that expect whole bytes.
        case eight
    }

    /// A mask, black where false and white where true.
    ///
    /// - Parameter mask: `height × width` values, row by row from the top.
    public static func encode(
        mask: [Bool], width: Int, height: Int, depth: MaskDepth = .one, text: [Text] = []
    ) throws(PNGEncodingError) -> [UInt8] {
        precondition(width >= 0 && height >= 0 && mask.count == width * height)
        let white: UInt8 = depth == .one ? 1 : 255
        return try encode(
            mask.map { $0 ? white : 0 }, width: width, height: height, depth: depth == .one ? 1 : 8,
            type: GETAM_PNG_GRAY, palette: [], text)
    }

    private static func encode(
        _ rows: [UInt8], width: Int, height: Int, depth: Int32, type: Int, palette: [RGBColor], _ texts: [Text],
        pixelsPerMetre: Int? = nil
    ) throws(PNGEncodingError) -> [UInt8] {
        let sides = 1...0x7FFF_FFFF
        guard sides.contains(width), sides.contains(height) else {
            throw PNGEncodingError(description: "a picture of \(width)×\(height) pixels cannot be written")
        }
        let notes = try Notes(texts)
        var output = getam_png_output()
        defer { free(output.bytes) }
        let header = getam_png_header(
            width: UInt32(width), height: UInt32(height), bit_depth: depth, color_type: Int32(type))
        let done = rows.withUnsafeBufferPointer { rows in
            palette.flatMap { [$0.red, $0.green, $0.blue] }.withUnsafeBufferPointer { colors in
                notes.withChunks { chunks in
                    var picture = getam_png_picture(
                        header: header, rows: rows.baseAddress, palette: colors.baseAddress,
                        palette_count: Int32(palette.count), texts: chunks.baseAddress,
                        text_count: Int32(clamping: chunks.count), pixels_per_metre: UInt32(clamping: pixelsPerMetre ?? 0))
                    return getam_png_write(&picture, &output) != 0
                }
            }
        }
        guard done else {
            let message = withUnsafeBytes(of: output.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            throw PNGEncodingError(description: "PNG: \(message)")
        }
        return Array(UnsafeBufferPointer(start: output.bytes, count: output.count))
    }

    /// Checked notes as bytes, each ended by a zero.
    private struct Notes {
        private var bytes: [UInt8] = []
        private var entries: [(key: Int, value: Int, length: Int, isUTF8: Bool)] = []

        init(_ texts: [Text]) throws(PNGEncodingError) {
            for (key, value) in texts {
                let latin = key.unicodeScalars.map { UInt8(exactly: $0.value) ?? 0 }
                let isKeyword = (1...79).contains(latin.count)
                    && latin.allSatisfy { (0x20...0x7E).contains($0) || $0 >= 0xA1 }
                    && latin.first != 0x20 && latin.last != 0x20 && !key.contains("  ")
                guard isKeyword else { throw PNGEncodingError(description: "“\(key)” cannot be a PNG keyword") }
                guard !value.unicodeScalars.contains("\0") else {
                    throw PNGEncodingError(description: "the text of “\(key)” holds a zero character")
                }
                let keyStart = bytes.count
                bytes += latin + [0]
                let isUTF8 = value.unicodeScalars.contains { $0.value > 0xFF }
                let content = isUTF8
                    ? Array(value.utf8) : value.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
                entries.append((keyStart, bytes.count, content.count, isUTF8))
                bytes += content + [0]
            }
        }

        func withChunks<R>(_ body: (UnsafeBufferPointer<getam_png_text>) -> R) -> R {
            bytes.withUnsafeBytes { memory in
                let base = memory.baseAddress?.assumingMemoryBound(to: CChar.self)
                let chunks = entries.map { entry in
                    getam_png_text(
                        key: base.map { $0 + entry.key }, value: base.map { $0 + entry.value }, length: entry.length,
                        utf8: entry.isUTF8 ? 1 : 0)
                }
                return chunks.withUnsafeBufferPointer(body)
            }
        }
    }
}
