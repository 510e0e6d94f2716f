import Images

/// The outlines of all regions of a label map, along the edges of pixels, simplified so that neighbors keep the same points between
/// them: no gap opens, and no point of an outline moves by more than a bound.
///
/// An outline is cut where three regions or more meet, and at the picture's corners; each piece is simplified by itself, from
/// whichever side it is looked at in the same way. Source of the simplification: Douglas and Peucker, 1973. Coordinates are edges of
/// pixels: the first pixel reaches from 0 to 1, as COCO has it.
public struct SharedOutlines: Sendable {
    /// A corner of pixels.
    public struct Point: Sendable, Hashable, Comparable {
        public let x: Int
        public let y: Int

        public init(x: Int, y: Int) { (self.x, self.y) = (x, y) }

        public static func < (one: Point, other: Point) -> Bool { (one.y, one.x) < (other.y, other.x) }
    }

    /// A closed outline of a region; the first point does not come again.
    public struct Ring: Sendable, Equatable {
        public let points: [Point]
        /// Whether it is the outline of a hole; those run the other way round.
        public let isHole: Bool
        /// The region that it belongs to: pixels of one number that touch along edges.
        let region: Int
        let number: UInt8
    }

    /// Of all regions, in the order of their uppermost pixels.
    public let rings: [Ring]

    /// Steps of a diagonal, 0.71 pixels off, become a line.
    public static let usualTolerance = 0.75

    /// - Parameter tolerance: how far the outline may move, in pixels; 0 keeps every corner.
    public init(_ labels: IndexedImage, tolerance: Double) {
        let tracing = OutlineTracing(labels)
        let outlines = tracing.outlines
        let pieces = outlines.map { OutlinePiece.pieces(of: $0.points) }
        var simplified = pieces.map { $0.map { $0.simplified(tolerance) } }
        // What would have no area keeps its corners, on both sides.
        var kept: Set<OutlinePiece> = []
        for (place, ring) in simplified.enumerated() where Self.points(ring).count < 3 { kept.formUnion(pieces[place].map(\.canonical)) }
        if !kept.isEmpty {
            for place in pieces.indices {
                for (index, piece) in pieces[place].enumerated() where kept.contains(piece.canonical) { simplified[place][index] = piece.points }
            }
        }
        rings = zip(outlines, simplified).map { outline, ring in
            Ring(points: Self.points(ring), isHole: outline.doubledArea < 0, region: outline.region, number: outline.number)
        }
    }

    /// The closed outline that pieces make.
    private static func points(_ pieces: [[Point]]) -> [Point] { pieces.flatMap { $0.dropLast() } }

    /// The regions of a number, each as one outline; holes are joined to it by a line there and back.
    public func polygons(of number: UInt8) -> [[Point]] {
        var outer: [Int: [Point]] = [:], order: [Int] = []
        for ring in rings where ring.number == number && !ring.isHole {
            outer[ring.region] = ring.points
            order.append(ring.region)
        }
        for ring in rings where ring.number == number && ring.isHole {
            guard let around = outer[ring.region] else { continue }
            outer[ring.region] = Self.joined(around, ring.points)
        }
        return order.compactMap { outer[$0] }
    }

    /// An outline with a hole, by the shortest line from the hole's first point.
    private static func joined(_ outline: [Point], _ hole: [Point]) -> [Point] {
        guard let start = hole.first else { return outline }
        func distance(_ point: Point) -> Int { (point.x - start.x) * (point.x - start.x) + (point.y - start.y) * (point.y - start.y) }
        let place = outline.indices.min { distance(outline[$0]) < distance(outline[$1]) } ?? 0
        return outline[...place] + hole + [start] + outline[place...]
    }
}

/// A part of an outline between places where regions meet, or half of one that comes back to where it began.
private struct OutlinePiece: Hashable {
    /// Its ends included.
    let points: [SharedOutlines.Point]

    /// The same, whichever side it is looked at from.
    var canonical: OutlinePiece {
        let back = OutlinePiece(points: points.reversed())
        return points.lexicographicallyPrecedes(back.points) ? self : back
    }

    /// The pieces of an outline, whose points say where regions meet.
    static func pieces(of outline: [(point: SharedOutlines.Point, isMeeting: Bool)]) -> [OutlinePiece] {
        let points = outline.map(\.point)
        var ends = outline.indices.filter { outline[$0].isMeeting }
        if ends.isEmpty { ends = points.indices.min { points[$0] < points[$1] }.map { [$0] } ?? [] }
        return ends.indices.flatMap { place -> [OutlinePiece] in
            let (first, last) = (ends[place], ends[(place + 1) % ends.count])
            let piece = OutlinePiece(points: last > first ? Array(points[first...last]) : Array(points[first...] + points[...last]))
            return piece.halves ?? [piece]
        }
    }

    /// A piece that ends where it begins, cut at the point farthest from there, of equal ones the first of all; nil for others.
    private var halves: [OutlinePiece]? {
        guard let start = points.first, points.last == start else { return nil }
        func distance(_ place: Int) -> Int {
            let (x, y) = (points[place].x - start.x, points[place].y - start.y)
            return x * x + y * y
        }
        let farthest = points.indices.max { (distance($0), points[$1]) < (distance($1), points[$0]) } ?? 0
        return [OutlinePiece(points: Array(points[...farthest])), OutlinePiece(points: Array(points[farthest...]))]
    }

    /// The points that remain where none of the others lies farther than `tolerance` from the line between those.
    func simplified(_ tolerance: Double) -> [SharedOutlines.Point] {
        let canonical = canonical, line = canonical.points
        guard tolerance > 0, line.count > 2 else { return points }
        var isKept = [Bool](repeating: false, count: line.count)
        (isKept[0], isKept[line.count - 1]) = (true, true)
        var open = [(0, line.count - 1)]
        while let (first, last) = open.popLast() {
            var (farthest, most) = (-1, tolerance * tolerance)
            for place in first + 1..<max(last, first + 1) {
                let distance = Self.squaredDistance(line[place], line[first], line[last])
                if distance > most { (farthest, most) = (place, distance) }
            }
            guard farthest >= 0 else { continue }
            isKept[farthest] = true
            open += [(first, farthest), (farthest, last)]
        }
        let kept = line.indices.filter { isKept[$0] }.map { line[$0] }
        return canonical == self ? kept : kept.reversed()
    }

    /// From a point to the line between two others.
    private static func squaredDistance(_ point: SharedOutlines.Point, _ start: SharedOutlines.Point, _ end: SharedOutlines.Point) -> Double {
        let (dx, dy) = (Double(end.x - start.x), Double(end.y - start.y))
        let (px, py) = (Double(point.x - start.x), Double(point.y - start.y))
        let length = dx * dx + dy * dy
        let share = length > 0 ? min(max((px * dx + py * dy) / length, 0), 1) : 0
        let (x, y) = (px - share * dx, py - share * dy)
        return x * x + y * y
    }
}

/// The outlines of all regions, corner by corner, the region on the right hand.
private struct OutlineTracing {
    /// One of them, before it is simplified: the corners where it turns or regions meet.
    struct Outline {
        var points: [(point: SharedOutlines.Point, isMeeting: Bool)] = []
        let region: Int
        let number: UInt8

        /// Twice the area within, negative for a hole.
        var doubledArea: Int {
            points.indices.reduce(0) { sum, place in
                let (one, two) = (points[place].point, points[(place + 1) % points.count].point)
                return sum + one.x * two.y - two.x * one.y
            }
        }
    }

    private(set) var outlines: [Outline] = []

    init(_ labels: IndexedImage) {
        let (width, height) = (labels.width, labels.height)
        // Numbers and one more, so that no region has it, for what lies beyond the picture.
        func number(_ x: Int, _ y: Int) -> Int { x < 0 || y < 0 || x >= width || y >= height ? 256 : Int(labels.indices[y * width + x]) }
        let regions = Components(labels.indices, width: width, height: height, outside: 255)
        let unknown = Components(labels.indices.map { $0 == 255 ? 1 : 0 }, width: width, height: height)
        var isTraced = [Bool](repeating: false, count: labels.indices.count)
        // Right, down, left, up; the pixels ahead of a corner on the right and left hand, as seen from it.
        let steps = [(1, 0), (0, 1), (-1, 0), (0, -1)]
        let right = [(0, 0), (-1, 0), (-1, -1), (0, -1)], left = [(0, -1), (0, 0), (-1, 0), (-1, -1)]
        for start in labels.indices.indices {
            let (column, row) = (start % width, start / width)
            let own = Int(labels.indices[start])
            guard !isTraced[start], number(column, row - 1) != own else { continue }
            let region = own == 255 ? -1 - Int(unknown.numbers[start]) : Int(regions.numbers[start])
            var outline = Outline(region: region, number: labels.indices[start])
            var (x, y, heading) = (column, row, 0)
            repeat {
                if heading == 0 { isTraced[y * width + x] = true }
                x += steps[heading].0
                y += steps[heading].1
                let next: Int
                if number(x + right[heading].0, y + right[heading].1) != own {
                    next = (heading + 1) % 4
                } else if number(x + left[heading].0, y + left[heading].1) != own {
                    next = heading
                } else {
                    next = (heading + 3) % 4
                }
                let around = [number(x - 1, y - 1), number(x, y - 1), number(x, y), number(x - 1, y)]
                let edges = around.indices.count { around[$0] != around[($0 + 1) % 4] }
                let isMeeting = edges > 2 || (x == 0 || x == width) && (y == 0 || y == height)
                if next != heading || isMeeting { outline.points.append((SharedOutlines.Point(x: x, y: y), isMeeting)) }
                heading = next
            } while (x, y, heading) != (column, row, 0)
            outlines.append(outline)
        }
    }
}
