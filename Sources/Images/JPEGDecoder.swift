import CCodecs
import Files

/// JPEG, baseline or progressive, of gray, YCbCr, RGB, CMYK or YCCK samples, through libjpeg.
enum JPEGDecoder {
    /// Width and height after EXIF orientation.
    static func size(_ bytes: UnsafeRawBufferPointer, path: String) throws(FileError) -> (width: Int, height: Int) {
        let reader = try Reader(bytes, path: path)
        let (width, height) = try reader.header()
        return reader.orientation.swapsSides ? (height, width) : (width, height)
    }

    static func decode(
        _ bytes: UnsafeRawBufferPointer, path: String, limits: ImageLimits, into image: inout RGBImage
    ) throws(FileError) {
        let reader = try Reader(bytes, path: path)
        let (width, height) = try reader.header()
        try limits.check(width: width, height: height, path: path)
        // Asked now, for libjpeg forgets the markers when it ends.
        let orientation = reader.orientation
        let channels = try reader.start()
        guard channels == 3 || channels == 4 else {
            throw damaged("\(channels) channels", endsEarly: false, path: path)
        }
        try image.become(width: width, height: height) { (target) throws(FileError) in
            if channels == 3 {
                try reader.read(target, stride: width * 3)
            } else {
                var line: [UInt8] = Array(repeating: 0, count: width * 4)
                for row in 0..<height {
                    try line.withUnsafeMutableBufferPointer { (buffer) throws(FileError) in
                        try reader.read(buffer, stride: width * 4)
                    }
                    convertInvertedCMYK(line, into: UnsafeMutableBufferPointer(
                        rebasing: target[row * width * 3..<(row + 1) * width * 3]))
                }
            }
        }
        try reader.finish()
        if orientation != .upright { image = orientation.applied(to: image) }
    }

    /// CMYK to RGB without a profile. Adobe's programs store ink inverted (255 is none) and, as in Pillow, every CMYK JPEG is
    /// taken to be so: those that are not are hardly ever met.
    private static func convertInvertedCMYK(_ cmyk: [UInt8], into target: UnsafeMutableBufferPointer<UInt8>) {
        for pixel in 0..<cmyk.count / 4 {
            let light = UInt32(cmyk[4 * pixel + 3])
            for channel in 0..<3 {
                let ink = 255 - UInt32(cmyk[4 * pixel + channel])
                target[3 * pixel + channel] = UInt8(truncatingIfNeeded: light - (ink * light + 127) / 255)
            }
        }
    }

    /// libjpeg over bytes in memory. Owns the C reader; the bytes must outlive it.
    private struct Reader: ~Copyable {
        private let handle: OpaquePointer
        private let path: String

        init(_ bytes: UnsafeRawBufferPointer, path: String) throws(FileError) {
            guard let handle = getam_jpeg_reader_create(
                bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
            else { throw FileError(.invalid, path: path, "cannot be decoded: out of memory") }
            self.handle = handle
            self.path = path
        }

        deinit { getam_jpeg_reader_destroy(handle) }

        private func check(_ result: Int32) throws(FileError) {
            guard result == 0 else { return }
            throw damaged(
                String(cString: getam_jpeg_reader_message(handle)),
                endsEarly: getam_jpeg_reader_ended_early(handle) != 0, path: path)
        }

        /// Width and height as stored.
        func header() throws(FileError) -> (width: Int, height: Int) {
            var width: UInt32 = 0
            var height: UInt32 = 0
            try check(getam_jpeg_read_header(handle, &width, &height))
            return (Int(width), Int(height))
        }

        /// What the EXIF says, known between the header and the end; upright when it says nothing.
        var orientation: Orientation {
            var count = 0
            guard let start = getam_jpeg_exif(handle, &count) else { return .upright }
            return Orientation(exif: UnsafeBufferPointer(start: start, count: count)) ?? .upright
        }

        /// Begins decoding; returns 3 for RGB, 4 for CMYK.
        func start() throws(FileError) -> Int {
            var channels: Int32 = 0
            try check(getam_jpeg_start(handle, &channels))
            return Int(channels)
        }

        /// Reads the next rows, as many as fit `rows`.
        func read(_ rows: UnsafeMutableBufferPointer<UInt8>, stride: Int) throws(FileError) {
            try check(getam_jpeg_read_rows(handle, rows.baseAddress, stride, rows.count / stride))
        }

        /// Reads up to the end marker.
        func finish() throws(FileError) { try check(getam_jpeg_finish(handle)) }
    }
}
