import Checkpoints
import Foundation
import Images
import Labels
import Testing

/// labelme's way from a file's shapes to pixels, restated: `shape_to_mask` and `shapes_to_label` over Pillow's polygons.
enum LabelmeReader {
    /// Pillow's filled polygon (`polygon_generic` of libImaging) for whole numbers; `height × width` pixels.
    static func fill(_ points: [(x: Int, y: Int)], width: Int, height: Int) -> [Bool] {
        var pixels = [Bool](repeating: false, count: width * height)
        func line(_ from: Int, _ to: Int, _ y: Int) {
            guard y >= 0, y < height, from < width, to >= 0, from <= to else { return }
            for x in max(from, 0)...min(to, width - 1) { pixels[y * width + x] = true }
        }
        struct Edge {
            let x: Float, y: Int, slope: Float, top: Int, bottom: Int
            func x(at row: Int) -> Float { Float(row - y) * slope + x }
        }
        var edges: [Edge] = []
        var last = 0
        for (index, a) in points.enumerated() {
            let b = points[(index + 1) % points.count]
            last = max(last, a.y)
            if a.y == b.y {
                line(min(a.x, b.x), max(a.x, b.x), a.y)
            } else {
                edges.append(Edge(
                    x: Float(a.x), y: a.y, slope: Float(b.x - a.x) / Float(b.y - a.y), top: min(a.y, b.y), bottom: max(a.y, b.y)))
            }
        }
        for row in 0...last {
            var crossings: [Float] = []
            for (index, edge) in edges.enumerated() where row >= edge.top && row <= edge.bottom {
                var x = edge.x(at: row)
                if row == edge.bottom, row < last {
                    crossings += [x, x]
                    continue
                }
                if row == edge.top || row == edge.bottom, edge.slope != 0 {
                    // Where two flat edges meet, their row is drawn as far as the next one reaches.
                    let next = row == edge.bottom ? row - 1 : row + 1
                    for other in edges[..<index] where row == other.top || row == other.bottom {
                        guard other.slope != 0, x.rounded() == other.x(at: row).rounded(), next >= other.top, next <= other.bottom
                        else { continue }
                        let (a, b) = (edge.x(at: next), other.x(at: next))
                        if x > a + 1, x > b + 1 {
                            x = max(a, b).rounded() + 1
                        } else if x < a - 1, x < b - 1 {
                            x = min(a, b).rounded() - 1
                        }
                        break
                    }
                }
                crossings.append(x)
            }
            crossings.sort()
            for pair in stride(from: 1, to: crossings.count, by: 2) {
                // Halves go inwards.
                line(Int((crossings[pair - 1] + 0.5).rounded(.down)), Int((crossings[pair] - 0.5).rounded(.up)), row)
            }
        }
        return pixels
    }

    /// A document's shapes as a label map; `number` gives each name's.
    static func labels(
        _ document: JSONValue, width: Int, height: Int, number: (String) -> UInt8?
    ) throws -> (labels: [UInt8], kinds: [String]) {
        var drawn = [UInt8](repeating: 0, count: width * height)
        var kinds: [String] = []
        for shape in document["shapes"].list {
            let index = try #require(number(shape["label"].text ?? ""))
            let points = shape["points"].list.map { point in
                let numbers = point.list.compactMap(\.number)
                return (x: Int(numbers[0]), y: Int(numbers[1]))
            }
            kinds.append(shape["shape_type"].text ?? "")
            var mask: [Bool]
            if kinds.last == "mask" {
                mask = Array(repeating: false, count: width * height)
                let png = try #require(Data(base64Encoded: shape["mask"].text ?? ""))
                let image = try png.withUnsafeBytes { try ImageFile.decode($0, path: "mask") }
                #expect(image.width == points[1].x - points[0].x + 1 && image.height == points[1].y - points[0].y + 1)
                for y in 0..<image.height {
                    for x in 0..<image.width where image.samples[3 * (y * image.width + x)] != 0 {
                        mask[(points[0].y + y) * width + points[0].x + x] = true
                    }
                }
            } else {
                #expect(points.count > 2 && shape["mask"] == .null)
                mask = fill(points, width: width, height: height)
            }
            for pixel in drawn.indices where mask[pixel] { drawn[pixel] = index }
        }
        return (drawn, kinds)
    }
}
