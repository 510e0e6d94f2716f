import CZlib

/// Decompression of raw deflate streams, as zip archives hold them.
enum Inflate {
    enum Failure: Error { case damaged, short, long }

    /// Fills `target` with the beginning of what `source` inflates to; returns the number of bytes written.
    ///
    /// - Parameter whole: whether the stream must end exactly where the target does.
    /// - Throws: ``Failure`` when the stream is damaged or, with `whole`, of another length.
    @discardableResult
    static func inflate(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, whole: Bool
    ) throws(Failure) -> Int {
        var stream = z_stream()
        guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .damaged
        }
        defer { inflateEnd(&stream) }
        // zlib counts in 32 bits, so both sides are handed over in pieces.
        let piece = 1 << 30
        var (read, written) = (0, 0)
        // One byte past the end shows a stream that is too long.
        var spare: UInt8 = 0
        while true {
            let input = min(piece, source.count - read), output = min(piece, target.count - written)
            let (status, used, made) = withUnsafeMutablePointer(to: &spare) { spare in
                stream.next_in = source.baseAddress.map {
                    UnsafeMutablePointer(mutating: ($0 + read).assumingMemoryBound(to: Bytef.self))
                }
                stream.avail_in = UInt32(input)
                stream.next_out = output > 0
                    ? target.baseAddress.map { ($0 + written).assumingMemoryBound(to: Bytef.self) } : spare
                stream.avail_out = output > 0 ? UInt32(output) : 1
                let status = CZlib.inflate(&stream, Z_NO_FLUSH)
                return (
                    status, input - Int(stream.avail_in), (output > 0 ? output : 1) - Int(stream.avail_out)
                )
            }
            read += used
            if output > 0 {
                written += made
            } else if made > 0 {
                throw .long
            }
            if !whole, written == target.count { return written }
            switch status {
            case Z_STREAM_END:
                if whole, written != target.count { throw .short }
                return written
            case Z_OK, Z_BUF_ERROR:
                if used == 0, made == 0 { throw .short }
            default: throw .damaged
            }
        }
    }

    /// The checksum zip archives keep of an entry.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(truncatingIfNeeded: crc32_z(0, bytes.bindMemory(to: Bytef.self).baseAddress, bytes.count))
    }
}
