import Images
import Labels
import Tensors
import Testing
import TestSupport

/// Outlines that neighbors share: no gap, and no point farther off than the bound.
@Suite struct SharedOutlinesTests {
    private typealias Point = SharedOutlines.Point

    /// Noise, or the most frequent of a neighborhood of noise.
    private func map(_ seed: Int) -> IndexedImage {
        var random = SplitMix(seed: UInt64(seed))
        let (width, height) = (Int.random(in: 1...60, using: &random), Int.random(in: 1...50, using: &random)), reach = seed % 4
        let noise = (0..<width * height).map { _ in Int.random(in: 0..<4, using: &random) }
        let indices = (0..<width * height).map { pixel -> UInt8 in
            var counts = [0, 0, 0, 0]
            for y in max(pixel / width - reach, 0)...min(pixel / width + reach, height - 1) {
                for x in max(pixel % width - reach, 0)...min(pixel % width + reach, width - 1) { counts[noise[y * width + x]] += 1 }
            }
            return [0, 1, 254, 255][counts.indices.max { counts[$0] < counts[$1] } ?? 0]
        }
        return IndexedImage(width: width, height: height, indices: indices)
    }

    private func doubledArea(_ points: [Point]) -> Int {
        points.indices.reduce(0) { sum, place in
            let (one, two) = (points[place], points[(place + 1) % points.count])
            return sum + one.x * two.y - two.x * one.y
        }
    }

    /// Whether a pixel's center lies within polygons, by the number of edges to its left.
    private func pixels(_ polygons: [[Point]], _ width: Int, _ height: Int) -> [Bool] {
        var inside = [Bool](repeating: false, count: width * height)
        for polygon in polygons {
            for (place, one) in polygon.enumerated() {
                let two = polygon[(place + 1) % polygon.count]
                for y in min(one.y, two.y)..<max(one.y, two.y) {
                    let share = (Double(y) + 0.5 - Double(one.y)) / Double(two.y - one.y)
                    let crossing = Double(one.x) + share * Double(two.x - one.x)
                    for x in 0..<width where Double(x) + 0.5 > crossing { inside[y * width + x].toggle() }
                }
            }
        }
        return inside
    }

    @Test(arguments: 0..<24) func withoutToleranceTheyAreTheRegions(_ seed: Int) {
        let labels = map(seed), outlines = SharedOutlines(labels, tolerance: 0)
        for number in Set(labels.indices) {
            #expect(pixels(outlines.polygons(of: number), labels.width, labels.height) == labels.indices.map { $0 == number }, "\(number)")
        }
    }

    @Test(arguments: 0..<24) func neighborsShareTheirPoints(_ seed: Int) {
        let labels = map(seed), outlines = SharedOutlines(labels, tolerance: SharedOutlines.usualTolerance)
        #expect(outlines.rings.allSatisfy { $0.points.count > 2 })
        // Each edge comes back the other way round but at the picture's border, and all regions together are the picture.
        struct Edge: Hashable { let start, end: SharedOutlines.Point }
        var edges: [Edge: Int] = [:]
        for ring in outlines.rings {
            for (place, point) in ring.points.enumerated() { edges[Edge(start: point, end: ring.points[(place + 1) % ring.points.count]), default: 0] += 1 }
        }
        for (edge, count) in edges {
            let (start, end) = (edge.start, edge.end)
            let isBorder = start.x == end.x && (start.x == 0 || start.x == labels.width) || start.y == end.y && (start.y == 0 || start.y == labels.height)
            #expect(isBorder || edges[Edge(start: end, end: start)] == count, "\(edge)")
        }
        #expect(outlines.rings.reduce(0) { $0 + doubledArea($1.points) } == 2 * labels.width * labels.height)
        #expect(outlines.rings.count(where: { !$0.isHole }) == Components(labels.indices.map { $0 &+ 1 }, width: labels.width, height: labels.height).areas.count + Components(labels.indices.map { $0 == 255 ? 1 : 0 }, width: labels.width, height: labels.height).areas.count)
    }

    /// No corner of a region is farther from its simplified outline than the bound.
    @Test(arguments: 0..<12) func theBoundHolds(_ seed: Int) {
        let labels = map(seed), bound = 2.0
        let exact = SharedOutlines(labels, tolerance: 0).rings, simplified = SharedOutlines(labels, tolerance: bound).rings
        #expect(exact.count == simplified.count && simplified.reduce(0) { $0 + $1.points.count } <= exact.reduce(0) { $0 + $1.points.count })
        func distance(_ point: Point, _ start: Point, _ end: Point) -> Double {
            let (dx, dy) = (Double(end.x - start.x), Double(end.y - start.y)), (px, py) = (Double(point.x - start.x), Double(point.y - start.y))
            let length = dx * dx + dy * dy, share = length > 0 ? min(max((px * dx + py * dy) / length, 0), 1) : 0
            return ((px - share * dx) * (px - share * dx) + (py - share * dy) * (py - share * dy)).squareRoot()
        }
        for (whole, ring) in zip(exact, simplified) {
            let worst = whole.points.map { point in
                ring.points.indices.map { distance(point, ring.points[$0], ring.points[($0 + 1) % ring.points.count]) }.min() ?? .infinity
            }.max() ?? 0
            #expect(worst <= bound)
        }
    }

    @Test func holesAreJoined() {
        let rows = ["11111", "1...1", "1.2.1", "1...1", "11111"]
        let labels = IndexedImage(width: 5, height: 5, indices: rows.flatMap { $0.map { UInt8(String($0)) ?? 0 } })
        let outlines = SharedOutlines(labels, tolerance: SharedOutlines.usualTolerance)
        #expect(outlines.rings.count(where: \.isHole) == 2)
        #expect(outlines.polygons(of: 1).count == 1 && outlines.polygons(of: 1)[0].count == 4 + 4 + 2)
        // A single pixel keeps its corners.
        #expect(outlines.polygons(of: 2).map { Set($0.map { [$0.x, $0.y] }) } == [[[3, 2], [3, 3], [2, 3], [2, 2]]])
        for number: UInt8 in [0, 1, 2] {
            #expect(pixels(outlines.polygons(of: number), 5, 5) == labels.indices.map { $0 == number }, "\(number)")
        }
    }
}
