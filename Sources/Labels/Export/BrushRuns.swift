import Images

/// A mask as Label Studio's brush keeps it: the runs of a picture of red, green, blue and alpha, row by row, all 255 in the mask and 0
/// elsewhere, as bits.
///
/// 32 bits of how many values there are, 5 of the bits of a value less one, 4 times 4 of the bits of lengths less one (3, 4, 8, 16);
/// then for each run a 1, 2 bits of which length, the length less one, and the value. Source: thi.ng's rle-pack, which Label Studio
/// uses; filled up with zeros as its converter does.
public struct BrushRuns: Sendable, Equatable {
    public let bytes: [UInt8]

    /// The runs of a number in a label map, which must have fewer than 2³⁰ pixels.
    public init(_ labels: IndexedImage, index: UInt8) {
        var bits = BitWriter()
        bits.write(4 * labels.indices.count, count: 32)
        bits.write(8 - 1, count: 5)
        for size in [3, 4, 8, 16] { bits.write(size - 1, count: 4) }
        func run(_ pixels: Int, _ isInside: Bool) {
            var left = 4 * pixels
            while left > 0 {
                let length = min(left, 1 << 16)
                let kind = length <= 1 << 3 ? 0 : length <= 1 << 4 ? 1 : length <= 1 << 8 ? 2 : 3
                bits.write(0b100 | kind, count: 3)
                bits.write(length - 1, count: [3, 4, 8, 16][kind])
                bits.write(isInside ? 255 : 0, count: 8)
                left -= length
            }
        }
        labels.indices.withUnsafeBufferPointer { indices in
            var start = 0
            for place in indices.indices.dropFirst() where (indices[place] == index) != (indices[place - 1] == index) {
                run(place - start, indices[start] == index)
                start = place
            }
            if !indices.isEmpty { run(indices.count - start, indices[start] == index) }
        }
        bits.write(0, count: 8 - bits.count % 8)
        bytes = bits.bytes
    }
}

/// Numbers written bit by bit, the highest first.
private struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    mutating func write(_ value: Int, count bits: Int) {
        for bit in stride(from: bits - 1, through: 0, by: -1) {
            if count % 8 == 0 { bytes.append(0) }
            if value >> bit & 1 == 1 { bytes[bytes.count - 1] |= 0x80 >> UInt8(count % 8) }
            count += 1
        }
    }
}
