/// Erosion, dilation and opening of gray pictures and masks by a square of ones.
///
/// Windows of a square of side k reach k/2 (rounded down) samples back and the rest forward, as OpenCV's default anchor
/// does; outside the picture erosion sees 255 and dilation 0. Complexity: O(width · height · log k).
extension GrayImage {
    /// Where the square lies in an opening's second half, the dilation.
    public enum OpeningAnchor: String, Sendable, Hashable, CaseIterable {
        /// The dilation's window mirrors the erosion's: the mathematical opening, which moves nothing.
        case centered
        /// Both windows lie alike, as in OpenCV: with an even side the result is shifted by one sample down and right.
        case openCV
    }

    /// The smallest sample in each window. `side` below 2 changes nothing.
    public func eroded(side: Int) -> GrayImage { windowed(side, back: side / 2, keepsSmallest: true) }

    /// The largest sample in each window. `side` below 2 changes nothing.
    ///
    /// - Parameter mirrored: whether the window reaches k/2 samples forward instead of back.
    public func dilated(side: Int, mirrored: Bool = false) -> GrayImage {
        windowed(side, back: mirrored ? side - 1 - side / 2 : side / 2, keepsSmallest: false)
    }

    /// Erosion, then dilation: what is narrower than the square goes.
    ///
    /// Squares may reach out of the picture by half their side; centered, by equally much on all four sides.
    public func opened(side: Int, anchor: OpeningAnchor) -> GrayImage {
        guard anchor == .centered, side > 1, side % 2 == 0, width > 0, height > 0 else {
            return eroded(side: side).dilated(side: side, mirrored: anchor == .centered)
        }
        // The middle of an even square is a corner of pixels, of which there are one more across and down.
        var wide = GrayImage(
            width: width + 1, height: height + 1, samples: [UInt8](repeating: 255, count: (width + 1) * (height + 1)))
        for row in 0..<height {
            wide.samples.replaceSubrange(
                row * (width + 1)..<row * (width + 1) + width, with: samples[row * width..<(row + 1) * width])
        }
        let opened = wide.eroded(side: side).dilated(side: side, mirrored: true).samples
        var result = self
        for row in 0..<height {
            result.samples.replaceSubrange(
                row * width..<(row + 1) * width, with: opened[row * (width + 1)..<row * (width + 1) + width])
        }
        return result
    }

    private func windowed(_ side: Int, back: Int, keepsSmallest: Bool) -> GrayImage {
        guard side > 1, width > 0, height > 0 else { return self }
        // A window that covers every sample wherever it lies need not be longer.
        let acrossBack = min(back, width - 1), acrossFront = min(side - 1 - back, width - 1)
        let downBack = min(back, height - 1), downFront = min(side - 1 - back, height - 1)
        let across = acrossBack + acrossFront + 1, down = downBack + downFront + 1
        let stride = width + across - 1, rows = height + down - 1
        var padded = [UInt8](repeating: keepsSmallest ? 255 : 0, count: stride * rows)
        padded.withUnsafeMutableBufferPointer { padded in
            let base = padded.baseAddress!
            samples.withUnsafeBufferPointer { samples in
                for row in 0..<height {
                    (base + (row + downBack) * stride + acrossBack)
                        .update(from: samples.baseAddress! + row * width, count: width)
                }
            }
            if keepsSmallest {
                reduce(base, stride * rows, window: across, step: 1) { min($0, $1) }
                reduce(base, stride * rows, window: down, step: stride) { min($0, $1) }
            } else {
                reduce(base, stride * rows, window: across, step: 1) { max($0, $1) }
                reduce(base, stride * rows, window: down, step: stride) { max($0, $1) }
            }
        }
        var result = self
        for row in 0..<height {
            result.samples.replaceSubrange(
                row * width..<(row + 1) * width, with: padded[row * stride..<row * stride + width])
        }
        return result
    }
}

/// Replaces each sample by the extreme of the `window` samples from it on, `step` apart: of two, of four, … of the largest
/// power of two that fits, then of two such windows that overlap. What reaches past the end is left unfinished.
@inline(__always)
private func reduce(
    _ samples: UnsafeMutablePointer<UInt8>, _ count: Int, window: Int, step: Int, _ extreme: (UInt8, UInt8) -> UInt8
) {
    var length = 1
    while length < window {
        let shift = min(length, window - length) * step
        var index = 0
        while index < count - shift {
            samples[index] = extreme(samples[index], samples[index + shift])
            index += 1
        }
        length += min(length, window - length)
    }
}
