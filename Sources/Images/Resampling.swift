import Files
import Tensors

/// How samples between pixels are found when a picture changes size.
public enum ResampleFilter: Sendable, Hashable, CaseIterable {
    case nearest
    case box
    case bilinear
    /// Keys' cubic with a = −0.5.
    case bicubic

    /// The weighting filter; nil for `.nearest`, which picks.
    fileprivate var weighting: ResampleCoefficients.Filter? {
        switch self {
        case .nearest: nil
        case .box: .box
        case .bilinear: .bilinear
        case .bicubic: .bicubic(a: -0.5)
        }
    }
}

/// A part of a picture, its edges in pixels from the picture's left and upper edge; fractions cut pixels.
public struct ResampleBox: Sendable, Hashable {
    public var left: Double
    public var top: Double
    public var right: Double
    public var bottom: Double

    public init(left: Double, top: Double, right: Double, bottom: Double) {
        self.left = left
        self.top = top
        self.right = right
        self.bottom = bottom
    }
}

/// What resizing works in; memory that serves again.
package struct ResizeScratch: Sendable {
    fileprivate var columns = ResampleCoefficients(), rows = ResampleCoefficients()
    /// Of one of them, as integers.
    fileprivate var weights: [Int32] = []
    /// Of a row of samples.
    fileprivate var sums: [Int32] = []
    /// What one pass leaves for the other.
    fileprivate var between = RGBImage()

    package init() {}

    fileprivate mutating func enterWeights(_ isAcross: Bool) {
        let one = Double(1 << fractionBits)
        weights.removeAll(keepingCapacity: true)
        // Halves away from zero.
        for weight in (isAcross ? columns : rows).weights { weights.append(Int32(weight * one + (weight < 0 ? -0.5 : 0.5))) }
    }
}

extension RGBImage {
    /// This picture, or the part in `box`, at another size; equal to Pillow's `Image.resize`.
    ///
    /// When shrinking, filters widen with the scale (anti-aliasing). As in Pillow, sums are integers with 22 fractional bits,
    /// rounded to 8 bits between the two passes, and a pass that would change nothing is left out. The horizontal pass comes
    /// first, except where the height shrinks by more than twice as many pixels as the width: so from Pillow 13 on; earlier
    /// versions always go across first, and there may differ by a few levels.
    ///
    /// - Parameters:
    ///   - width: of the result, at least 1. This picture must have pixels too.
    ///   - height: of the result, at least 1.
    ///   - box: must lie inside the picture and not be empty.
    public func resized(
        width newWidth: Int, height newHeight: Int, filter: ResampleFilter, box: ResampleBox? = nil
    ) -> RGBImage {
        var result = RGBImage(), scratch = ResizeScratch()
        return resize(width: newWidth, height: newHeight, filter: filter, box: box, into: &result, &scratch) ? result : self
    }

    /// The same in the memory of `result`.
    package func resized(
        width newWidth: Int, height newHeight: Int, filter: ResampleFilter, box: ResampleBox? = nil, into result: inout RGBImage,
        _ scratch: inout ResizeScratch
    ) {
        if resize(width: newWidth, height: newHeight, filter: filter, box: box, into: &result, &scratch) { return }
        result.become(width: width, height: height) { target in
            samples.withUnsafeBufferPointer { _ = target.update(fromContentsOf: $0) }
        }
    }

    /// Whether it has pixels that this picture has not: the picture itself is not copied.
    private func resize(
        width newWidth: Int, height newHeight: Int, filter: ResampleFilter, box: ResampleBox?, into result: inout RGBImage,
        _ scratch: inout ResizeScratch
    ) -> Bool {
        precondition(width > 0 && height > 0 && newWidth > 0 && newHeight > 0, "resizing an empty picture")
        let box = box ?? ResampleBox(left: 0, top: 0, right: Double(width), bottom: Double(height))
        precondition(box.left >= 0 && box.left < box.right && box.right <= Double(width))
        precondition(box.top >= 0 && box.top < box.bottom && box.bottom <= Double(height))
        guard let weighting = filter.weighting else {
            result = picked(
                columns: Self.nearest(box.left, box.right, count: newWidth, of: width),
                rows: Self.nearest(box.top, box.bottom, count: newHeight, of: height))
            return true
        }
        let changesWidth = newWidth != width || box.left != 0 || box.right != Double(width)
        let changesHeight = newHeight != height || box.top != 0 || box.bottom != Double(height)
        guard changesWidth || changesHeight else { return false }
        scratch.columns.set(input: width, output: newWidth, filter: weighting, antialias: true, range: box.left...box.right)
        scratch.rows.set(input: height, output: newHeight, filter: weighting, antialias: true, range: box.top...box.bottom)
        if !changesHeight {
            resampleAcross(&scratch, rows: 0..<height, into: &result)
        } else if !changesWidth {
            resampleDown(&scratch, firstRow: 0, into: &result)
        } else {
            // Taken out, for it is read while the rest of the scratch is written.
            var between = RGBImage()
            swap(&between, &scratch.between)
            if height > newHeight, height - newHeight > 2 * (width - newWidth) {
                resampleDown(&scratch, firstRow: 0, into: &between)
                between.resampleAcross(&scratch, rows: 0..<newHeight, into: &result)
            } else {
                let needed = scratch.rows.span
                resampleAcross(&scratch, rows: needed, into: &between)
                between.resampleDown(&scratch, firstRow: needed.lowerBound, into: &result)
            }
            swap(&between, &scratch.between)
        }
        return true
    }

    /// The horizontal pass, over the given rows only.
    private func resampleAcross(_ scratch: inout ResizeScratch, rows: Range<Int>, into result: inout RGBImage) {
        scratch.enterWeights(true)
        let coefficients = scratch.columns, weights = scratch.weights, newWidth = coefficients.output
        result.become(width: newWidth, height: rows.count) { target in
            self.samples.withUnsafeBufferPointer { source in
                weights.withUnsafeBufferPointer { weights in
                    var position = 0
                    for row in rows {
                        for column in 0..<newWidth {
                            var red = half
                            var green = half
                            var blue = half
                            var pixel = (row * width + coefficients.starts[column]) * 3
                            let first = column * coefficients.stride
                            for tap in first..<first + coefficients.counts[column] {
                                let weight = weights[tap]
                                red &+= Int32(source[pixel]) &* weight
                                green &+= Int32(source[pixel + 1]) &* weight
                                blue &+= Int32(source[pixel + 2]) &* weight
                                pixel += 3
                            }
                            target[position] = rounded(red)
                            target[position + 1] = rounded(green)
                            target[position + 2] = rounded(blue)
                            position += 3
                        }
                    }
                }
            }
        }
    }

    /// The vertical pass over a picture whose first row is `firstRow` of the one the coefficients are for.
    private func resampleDown(_ scratch: inout ResizeScratch, firstRow: Int, into result: inout RGBImage) {
        scratch.enterWeights(false)
        let coefficients = scratch.rows, weights = scratch.weights, length = width * 3
        // Taken out, for it is written to while the rest of the scratch is read.
        var sums: [Int32] = []
        swap(&sums, &scratch.sums)
        sums.removeAll(keepingCapacity: true)
        sums.append(contentsOf: repeatElement(0, count: length))
        result.become(width: width, height: coefficients.output) { target in
            self.samples.withUnsafeBufferPointer { source in
                sums.withUnsafeMutableBufferPointer { sums in
                    for row in 0..<coefficients.output {
                        for index in 0..<length { sums[index] = half }
                        for tap in 0..<coefficients.counts[row] {
                            let weight = weights[row * coefficients.stride + tap]
                            let start = (coefficients.starts[row] + tap - firstRow) * length
                            for index in 0..<length { sums[index] &+= Int32(source[start + index]) &* weight }
                        }
                        for index in 0..<length { target[row * length + index] = rounded(sums[index]) }
                    }
                }
            }
        }
        swap(&sums, &scratch.sums)
    }

    private func picked(columns: [Int], rows: [Int]) -> RGBImage {
        var result: [UInt8] = []
        result.reserveCapacity(columns.count * rows.count * 3)
        samples.withUnsafeBufferPointer { source in
            for row in rows {
                for column in columns {
                    let pixel = (row * width + column) * 3
                    result.append(source[pixel])
                    result.append(source[pixel + 1])
                    result.append(source[pixel + 2])
                }
            }
        }
        return RGBImage(width: columns.count, height: rows.count, samples: result)
    }

    /// The pixel under each output's center. Steps are added up, not multiplied, to break ties as Pillow does.
    private static func nearest(_ low: Double, _ high: Double, count: Int, of input: Int) -> [Int] {
        let step = (high - low) / Double(count)
        var center = low + step * 0.5
        return (0..<count).map { _ in
            defer { center += step }
            return min(max(Int(center), 0), input - 1)
        }
    }
}

/// Fractional bits of a weight: 8 bits of sample and 2 of headroom leave 22.
private let fractionBits: Int32 = 22
private let half: Int32 = 1 << (fractionBits - 1)

private func rounded(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: min(max(sum >> fractionBits, 0), 255))
}
