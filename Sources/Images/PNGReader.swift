import CCodecs
import Files
import Glibc

/// libpng over bytes in memory. Owns the C reader; the bytes must outlive it.
struct PNGReader: ~Copyable {
    private let handle: OpaquePointer
    private let path: String

    init(_ bytes: UnsafeRawBufferPointer, path: String) throws(FileError) {
        guard let handle = getam_png_reader_create(
            bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        else { throw FileError(.invalid, path: path, "cannot be decoded: out of memory") }
        self.handle = handle
        self.path = path
    }

    deinit { getam_png_reader_destroy(handle) }

    private func check(_ result: Int32) throws(FileError) {
        guard result == 0 else { return }
        throw damaged(
            String(cString: getam_png_reader_message(handle)),
            endsEarly: getam_png_reader_ended_early(handle) != 0, path: path)
    }

    /// Reads everything before the pixels.
    func header() throws(FileError) -> getam_png_header {
        var header = getam_png_header()
        try check(getam_png_read_header(handle, &header))
        return header
    }

    /// Decides the form of the rows: the file's own indices, or RGB or RGBA. Returns bytes a pixel and passes.
    func start(raw: Bool) throws(FileError) -> (channels: Int, passes: Int) {
        var channels: Int32 = 0
        var passes: Int32 = 0
        try check(getam_png_start(handle, raw ? 1 : 0, &channels, &passes))
        return (Int(channels), Int(passes))
    }

    /// Reads the next rows, as many as fit `rows`.
    func read(_ rows: UnsafeMutableBufferPointer<UInt8>, stride: Int) throws(FileError) {
        try check(getam_png_read_rows(handle, rows.baseAddress, stride, rows.count / stride))
    }

    /// Reads everything after the pixels.
    func finish() throws(FileError) { try check(getam_png_finish(handle)) }

    /// The palette's entries in place of those that are there; none when the file has none.
    func readPalette(into palette: inout [RGBColor]) {
        palette.removeAll(keepingCapacity: true)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 768) { samples in
            for index in 0..<Int(getam_png_palette(handle, samples.baseAddress)) {
                palette.append(RGBColor(red: samples[3 * index], green: samples[3 * index + 1], blue: samples[3 * index + 2]))
            }
        }
    }

    /// The text chunks met so far, in file order.
    func texts() -> [(key: String, value: String)] {
        (0..<getam_png_text_count(handle)).map { index in
            let text = getam_png_text_at(handle, index)
            let value = UnsafeRawBufferPointer(start: text.value, count: text.length)
            let key = UnsafeRawBufferPointer(start: text.key, count: text.key.map { strlen($0) } ?? 0)
            return (latin1(key), text.utf8 != 0 ? String(decoding: value, as: UTF8.self) : latin1(value))
        }
    }

    private func latin1(_ bytes: UnsafeRawBufferPointer) -> String {
        String(String.UnicodeScalarView(bytes.lazy.map { Unicode.Scalar($0) }))
    }
}
