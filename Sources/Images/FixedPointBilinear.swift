extension RGBImage {
    /// This picture at another size, each sample between its four neighbors, without anti-aliasing; equal to OpenCV's
    /// `resize` with `INTER_LINEAR` on 8-bit pixels, its fixed-point arithmetic included.
    ///
    /// - Parameters:
    ///   - width: of the result, at least 1. This picture must have pixels too.
    ///   - height: of the result, at least 1.
    public func resizedBetweenNeighbors(width newWidth: Int, height newHeight: Int) -> RGBImage {
        precondition(width > 0 && height > 0 && newWidth > 0 && newHeight > 0, "resizing an empty picture")
        if newWidth == width, newHeight == height { return self }
        let across = Self.taps(newWidth, of: width, clampsWeights: true)
        let down = Self.taps(newHeight, of: height, clampsWeights: false)
        let line = newWidth * 3
        // Two rows of sums with 11 fractional bits, kept from one output row to the next.
        var lines = [[Int32]](repeating: [Int32](repeating: 0, count: line), count: 2)
        var held = [-1, -1]
        let result = [UInt8](unsafeUninitializedCapacity: newHeight * line) { target, initialized in
            samples.withUnsafeBufferPointer { source in
                for row in 0..<newHeight {
                    let tap = down[row]
                    if held[0] != tap.first, held[1] == tap.first {
                        lines.swapAt(0, 1)
                        held.swapAt(0, 1)
                    }
                    for (slot, index) in [(0, tap.first), (1, tap.second)] where held[slot] != index {
                        lines[slot].withUnsafeMutableBufferPointer { sums in
                            let start = index * width * 3
                            for column in 0..<newWidth {
                                let tap = across[column]
                                for channel in 0..<3 {
                                    sums[column * 3 + channel] =
                                        Int32(source[start + tap.first * 3 + channel]) &* tap.weight0
                                        &+ Int32(source[start + tap.second * 3 + channel]) &* tap.weight1
                                }
                            }
                        }
                        held[slot] = index
                    }
                    lines[0].withUnsafeBufferPointer { upper in
                        lines[1].withUnsafeBufferPointer { lower in
                            for index in 0..<line {
                                let sum = (tap.weight0 &* (upper[index] >> 4)) >> 16
                                    &+ (tap.weight1 &* (lower[index] >> 4)) >> 16
                                target[row * line + index] = UInt8(truncatingIfNeeded: min(max((sum &+ 2) >> 2, 0), 255))
                            }
                        }
                    }
                }
            }
            initialized = newHeight * line
        }
        return RGBImage(width: newWidth, height: newHeight, samples: result)
    }

    /// The two inputs beside an output, and their weights with 11 fractional bits.
    private struct Tap {
        let first: Int, second: Int
        let weight0: Int32, weight1: Int32
    }

    /// - Parameter clampsWeights: whether an output beyond the outermost centers takes one input wholly, as OpenCV does
    ///   across; down, it takes both weights of the same row, which truncation makes a little different.
    private static func taps(_ count: Int, of input: Int, clampsWeights: Bool) -> [Tap] {
        let scale = 1 / (Double(count) / Double(input))
        return (0..<count).map { index in
            let position = Float((Double(index) + 0.5) * scale - 0.5)
            var first = Int(position.rounded(.down))
            var share = position - Float(first)
            if clampsWeights, first < 0 || first >= input - 1 {
                (first, share) = (min(max(first, 0), input - 1), 0)
            }
            func weight(_ value: Float) -> Int32 { Int32((value * 2048).rounded(.toNearestOrEven)) }
            return Tap(
                first: min(max(first, 0), input - 1), second: min(max(first + 1, 0), input - 1),
                weight0: weight(1 - share), weight1: weight(share))
        }
    }
}
