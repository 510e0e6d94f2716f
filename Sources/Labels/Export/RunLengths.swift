/// A mask as COCO stores it: lengths of alternating runs, down the columns, the first run of zeros.
///
/// Source: `maskApi.c` of the COCO API.
public struct RunLengths: Sendable, Hashable {
    public let width: Int
    public let height: Int
    /// Lengths of the runs, of zeros and ones in turn; the first may be 0.
    public let counts: [Int]

    /// The runs of a mask.
    public init(_ mask: Mask) {
        width = mask.width
        height = mask.height
        var counts: [Int] = []
        var current: UInt8 = 0
        var length = 0
        mask.values.withUnsafeBufferPointer { values in
            for column in 0..<mask.width {
                var index = column
                for _ in 0..<mask.height {
                    if values[index] != current {
                        counts.append(length)
                        length = 0
                        current = values[index]
                    }
                    length += 1
                    index += mask.width
                }
            }
        }
        counts.append(length)
        self.counts = counts
    }

    /// Runs read from elsewhere; nil where they do not add up to `width·height`.
    public init?(width: Int, height: Int, counts: [Int]) {
        guard width >= 0, height >= 0, counts.allSatisfy({ $0 >= 0 }) else { return nil }
        let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
        var sum = 0
        for count in counts where sum <= pixels { sum = sum.addingReportingOverflow(count).partialValue }
        guard !overflow, sum == pixels else { return nil }
        self.width = width
        self.height = height
        self.counts = counts
    }

    /// The runs in a compressed string; nil where it is malformed or does not add up to `width·height`.
    public init?(width: Int, height: Int, compressed: String) {
        var counts: [Int] = []
        var value = 0, shift = 0
        for byte in compressed.utf8 {
            let bits = Int(byte) - 48
            guard (0..<64).contains(bits), shift < 60 else { return nil }
            value |= (bits & 0x1F) << shift
            shift += 5
            if bits & 0x20 == 0 {
                if bits & 0x10 != 0 { value |= -1 << shift }
                let (sum, overflow) = value.addingReportingOverflow(counts.count > 2 ? counts[counts.count - 2] : 0)
                if overflow { return nil }
                counts.append(sum)
                (value, shift) = (0, 0)
            }
        }
        guard shift == 0 else { return nil }
        self.init(width: width, height: height, counts: counts)
    }

    /// The runs as COCO's string: from the fourth run on the difference to the run before the last, in groups of five bits,
    /// lowest first, 0x20 for more to come, plus 48.
    public var compressed: String {
        var bytes: [UInt8] = []
        for (index, count) in counts.enumerated() {
            var value = index > 2 ? count - counts[index - 2] : count
            while true {
                let group = value & 0x1F
                value >>= 5
                let ends = group & 0x10 != 0 ? value == -1 : value == 0
                bytes.append(UInt8(48 + (ends ? group : group | 0x20)))
                if ends { break }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Number of pixels set.
    public var area: Int { counts.indices.reduce(0) { $0 + ($1 % 2 == 1 ? counts[$1] : 0) } }

    /// The smallest box around the pixels set, in pixels; zeros where none is.
    public var box: (x: Int, y: Int, width: Int, height: Int) {
        var (left, right, top, bottom) = (width, -1, height, -1)
        var start = 0
        for (index, count) in counts.enumerated() {
            defer { start += count }
            guard index % 2 == 1, count > 0 else { continue }
            let last = start + count - 1
            left = min(left, start / height)
            right = max(right, last / height)
            if start / height == last / height {
                top = min(top, start % height)
                bottom = max(bottom, last % height)
            } else {
                // A run into the next column touches both edges.
                (top, bottom) = (0, height - 1)
            }
        }
        return right < 0 ? (0, 0, 0, 0) : (left, top, right - left + 1, bottom - top + 1)
    }

    /// The mask.
    public var mask: Mask {
        var values = [UInt8](repeating: 0, count: width * height)
        var start = 0
        for (index, count) in counts.enumerated() {
            if index % 2 == 1 {
                for place in start..<start + count { values[place % height * width + place / height] = 1 }
            }
            start += count
        }
        return Mask(width: width, height: height, values: values)
    }
}
