import CZlib
import Explorer
import Files

/// kitty's graphics protocol, as far as pictures by Unicode placeholders need it. The terminal answers none of these.
package struct KittyGraphics {
    /// Whether what is sent goes through tmux.
    let isThroughTmux: Bool

    package init(isThroughTmux: Bool = false) { self.isThroughTmux = isThroughTmux }

    /// Characters of base 64 that a piece may have.
    private static let pieceLength = 4096

    /// Sends a picture, and makes it one that shows wherever its placeholders stand.
    package func transmission(_ image: PixelImage, id: UInt32) -> [UInt8] {
        let isClear = image.pixels.count < image.width * image.height
        let samples = Self.samples(image, isClear: isClear)
        let deflated = Self.deflated(samples)
        let text = Array(base64(deflated ?? samples).utf8)
        var keys = "a=T,U=1,q=2,i=\(id),c=\(image.rect.columns),r=\(image.rect.rows),f=\(isClear ? 32 : 24)"
        keys += ",s=\(image.width),v=\(image.height)" + (deflated == nil ? "" : ",o=z")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count + text.count / 128 + 256)
        var start = 0
        repeat {
            let end = min(start + Self.pieceLength, text.count), more = end < text.count ? 1 : 0
            append(start == 0 ? "\(keys),m=\(more)" : "q=2,m=\(more)", text[start..<end], to: &bytes)
            start = end
        } while start < text.count
        return bytes
    }

    /// Takes a picture from the terminal, and its memory.
    package func deletion(_ id: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        append("a=d,d=I,q=2,i=\(id)", [], to: &bytes)
        return bytes
    }

    /// Ends what may have been cut off: a sequence, and a picture that came in pieces.
    var ending: [UInt8] {
        var bytes = Array("\u{1B}\\".utf8)
        append("q=2,m=0", [], to: &bytes)
        return bytes
    }

    private func append(_ keys: String, _ payload: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        // tmux passes on what stands in a string of its own, with every ESC in it doubled.
        let escape = isThroughTmux ? "\u{1B}\u{1B}" : "\u{1B}"
        bytes += Array((isThroughTmux ? "\u{1B}Ptmux;" : "").utf8) + Array("\(escape)_G\(keys);".utf8)
        bytes += payload
        bytes += Array("\(escape)\\".utf8) + Array((isThroughTmux ? "\u{1B}\\" : "").utf8)
    }

    /// Red, green, blue, and where a part is clear alpha, of each pixel.
    private static func samples(_ image: PixelImage, isClear: Bool) -> [UInt8] {
        let size = isClear ? 4 : 3, count = image.width * image.height
        return [UInt8](unsafeUninitializedCapacity: count * size) { out, initialized in
            out.initialize(repeating: 0)
            image.pixels.withUnsafeBufferPointer { pixels in
                var at = 0
                for pixel in pixels.prefix(count) {
                    out[at] = UInt8(truncatingIfNeeded: pixel >> 16)
                    out[at + 1] = UInt8(truncatingIfNeeded: pixel >> 8)
                    out[at + 2] = UInt8(truncatingIfNeeded: pixel)
                    if isClear { out[at + 3] = 255 }
                    at += size
                }
            }
            initialized = count * size
        }
    }

    /// In zlib's format, as fast as it can; `nil` where nothing is saved.
    private static func deflated(_ bytes: [UInt8]) -> [UInt8]? {
        var length = compressBound(uLong(bytes.count))
        var status = Z_OK
        let result = [UInt8](unsafeUninitializedCapacity: Int(length)) { out, count in
            status = compress2(out.baseAddress, &length, bytes, uLong(bytes.count), Z_BEST_SPEED)
            count = status == Z_OK ? Int(length) : 0
        }
        return status == Z_OK && result.count < bytes.count ? result : nil
    }
}
