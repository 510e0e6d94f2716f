import Images
import Synchronization

/// A part of a picture at a number of pixels: area average when it shrinks, bilinear when it grows.
package enum PictureRaster {
    /// A raster that was made lately.
    private struct Memory {
        let identity: PicturePyramid.Identity
        let width: Int, height: Int
        let part: SIMD4<Double>
        let pixels: [UInt32]
    }

    /// The newest last: from key to key, and from pane to pane, most pictures are drawn as they were.
    private static let memory = Mutex<[Memory]>([])
    /// Pixels that may be remembered, of all rasters.
    private static let limit = 1 << 20

    /// - Parameters u0…v1: the part, as fractions of the picture's sides.
    /// - Returns: `width × height` colors `0xRRGGBB`.
    package static func pixels(
        _ pyramid: PicturePyramid, width: Int, height: Int, u0: Double, u1: Double, v0: Double, v1: Double
    ) -> [UInt32] {
        let part = SIMD4(u0, u1, v0, v1), identity = pyramid.identity
        return memory.withLock { memory in
            if let index = memory.lastIndex(where: {
                $0.identity === identity && $0.width == width && $0.height == height && $0.part == part
            }) {
                let known = memory.remove(at: index)
                memory.append(known)
                return known.pixels
            }
            let pixels = make(pyramid, width: width, height: height, u0: u0, u1: u1, v0: v0, v1: v1)
            memory.append(Memory(identity: identity, width: width, height: height, part: part, pixels: pixels))
            var sum = memory.reduce(0) { $0 + $1.pixels.count }
            while sum > limit { sum -= memory.removeFirst().pixels.count }
            return pixels
        }
    }

    private static func make(
        _ pyramid: PicturePyramid, width: Int, height: Int, u0: Double, u1: Double, v0: Double, v1: Double
    ) -> [UInt32] {
        guard width > 0, height > 0 else { return [] }
        // The level that still has a pixel or more for each wanted.
        var level = 0
        while level + 1 < pyramid.levels.count {
            let next = pyramid.levels[level + 1]
            guard Double(next.width) * (u1 - u0) >= Double(width), Double(next.height) * (v1 - v0) >= Double(height)
            else { break }
            level += 1
        }
        let image = pyramid.levels[level]
        guard image.width > 0, image.height > 0 else { return Array(repeating: 0, count: width * height) }
        let across = Taps(start: u0 * Double(image.width), length: (u1 - u0) * Double(image.width), count: width,
                          limit: image.width)
        let down = Taps(start: v0 * Double(image.height), length: (v1 - v0) * Double(image.height), count: height,
                        limit: image.height)
        let firstRow = down.first.min() ?? 0
        let lastRow = (down.first.max() ?? 0) + down.width - 1
        let rowCount = lastRow - firstRow + 1
        let stride = image.width * 3

        // Across first, for the rows that are needed.
        let strips = [Float](unsafeUninitializedCapacity: rowCount * width * 3) { out, count in
            image.samples.withUnsafeBufferPointer { source in
                across.first.withUnsafeBufferPointer { firsts in
                    across.weights.withUnsafeBufferPointer { weights in
                        let taps = across.width
                        for row in 0..<rowCount {
                            let line = (row + firstRow) * stride
                            var target = row * width * 3
                            for x in 0..<width {
                                var red: Float = 0, green: Float = 0, blue: Float = 0
                                var at = line + firsts[x] * 3
                                for tap in 0..<taps {
                                    let weight = weights[x * taps + tap]
                                    red += weight * Float(source[at])
                                    green += weight * Float(source[at + 1])
                                    blue += weight * Float(source[at + 2])
                                    at += 3
                                }
                                out[target] = red
                                out[target + 1] = green
                                out[target + 2] = blue
                                target += 3
                            }
                        }
                    }
                }
            }
            count = rowCount * width * 3
        }
        return [UInt32](unsafeUninitializedCapacity: width * height) { out, count in
            strips.withUnsafeBufferPointer { strips in
                down.weights.withUnsafeBufferPointer { weights in
                    for y in 0..<height {
                        let line = (down.first[y] - firstRow) * width * 3
                        for x in 0..<width {
                            var red: Float = 0.5, green: Float = 0.5, blue: Float = 0.5
                            var at = line + x * 3
                            for tap in 0..<down.width {
                                let weight = weights[y * down.width + tap]
                                red += weight * strips[at]
                                green += weight * strips[at + 1]
                                blue += weight * strips[at + 2]
                                at += width * 3
                            }
                            out[y * width + x] = packed(red, green, blue)
                        }
                    }
                }
            }
            count = width * height
        }
    }

    @inline(__always)
    private static func packed(_ red: Float, _ green: Float, _ blue: Float) -> UInt32 {
        UInt32(min(max(red, 0), 255)) << 16 | UInt32(min(max(green, 0), 255)) << 8 | UInt32(min(max(blue, 0), 255))
    }
}

/// Which pixels of a line make up each pixel of another, and how much of each. Always inside the line.
struct Taps {
    /// The first pixel of each.
    private(set) var first: [Int]
    /// How many pixels each takes.
    let width: Int
    /// `count × width`, each row's sum 1.
    private(set) var weights: [Float]

    init(start: Double, length: Double, count: Int, limit: Int) {
        let ratio = length / Double(max(count, 1))
        width = min(max(ratio >= 1 ? Int(ratio.rounded(.up)) + 1 : 2, 1), limit)
        first = Array(repeating: 0, count: count)
        weights = Array(repeating: 0, count: count * width)
        for index in 0..<count {
            // The span of the source under this pixel: at least one pixel wide, which makes it bilinear.
            let middle = start + (Double(index) + 0.5) * ratio
            let low = middle - max(ratio, 1) / 2, high = middle + max(ratio, 1) / 2
            let begin = min(max(Int(low.rounded(.down)), 0), limit - width)
            first[index] = begin
            var sum: Float = 0
            for tap in 0..<width {
                let left = Double(begin + tap)
                // What lies beyond the line's ends counts for the pixels there.
                let from = begin + tap == 0 ? low : max(low, left)
                let to = begin + tap == limit - 1 ? high : min(high, left + 1)
                let weight = Float(max(to - from, 0))
                weights[index * width + tap] = weight
                sum += weight
            }
            if sum > 0 { for tap in 0..<width { weights[index * width + tap] /= sum } } else { weights[index * width] = 1 }
        }
    }
}
