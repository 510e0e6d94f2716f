extension LabelStroke {
    /// The pixels that the shape covers, in runs along rows; one that follows from a label has none. A run may come twice.
    ///
    /// - Parameters:
    ///   - width, height: of the picture in pixels; what lies beside it is left out.
    ///   - body: called with a row and a range of its columns, never an empty one.
    public func spans(width: Int, height: Int, _ body: (_ row: Int, _ columns: Range<Int>) -> Void) {
        guard width > 0, height > 0 else { return }
        switch shape {
        case .region, .othersThan, .tidied: return
        case .rectangle(let a, let b):
            let left = max(min(a.x, b.x), 0), right = min(max(a.x, b.x), width - 1)
            let top = max(min(a.y, b.y), 0), bottom = min(max(a.y, b.y), height - 1)
            guard left <= right, top <= bottom else { return }
            for row in top...bottom { body(row, left..<right + 1) }
        case .line(let points, let radius):
            for index in points.indices where index > 0 || points.count == 1 {
                Capsule(points[max(index - 1, 0)], points[index], radius: radius).spans(width: width, height: height, body)
            }
        }
    }

    /// The smallest box around the pixels that ``spans(width:height:_:)`` gives; nil where there is none.
    public func box(width: Int, height: Int) -> PixelBox? {
        guard width > 0, height > 0 else { return nil }
        let points: [StrokePoint], reach: Int
        switch shape {
        case .region, .othersThan, .tidied: return nil
        case .rectangle(let a, let b): (points, reach) = ([a, b], 0)
        case .line(let line, let radius): (points, reach) = (line, Int(radius.rounded(.up)))
        }
        guard let left = points.map(\.x).min(), let right = points.map(\.x).max(), let top = points.map(\.y).min(),
            let bottom = points.map(\.y).max()
        else { return nil }
        let box = PixelBox(
            left: max(left - reach, 0), top: max(top - reach, 0), right: min(right + reach, width - 1), bottom: min(bottom + reach, height - 1))
        return box.left <= box.right && box.top <= box.bottom ? box : nil
    }
}

/// A rectangle of pixels, all four sides included.
public struct PixelBox: Sendable, Hashable {
    public var left: Int
    public var top: Int
    public var right: Int
    public var bottom: Int

    public init(left: Int, top: Int, right: Int, bottom: Int) {
        self.left = left
        self.top = top
        self.right = right
        self.bottom = bottom
    }

    public var width: Int { right - left + 1 }
    public var height: Int { bottom - top + 1 }

    /// The smallest box that holds both.
    public func union(_ other: PixelBox) -> PixelBox {
        PixelBox(
            left: min(left, other.left), top: min(top, other.top), right: max(right, other.right), bottom: max(bottom, other.bottom))
    }
}

/// The pixels whose centers are no further from a line between two centers than a radius.
private struct Capsule {
    let (ax, ay, dx, dy): (Double, Double, Double, Double)
    /// At least one half, so that a line has no gaps.
    let radius: Double
    let length: Double

    init(_ a: StrokePoint, _ b: StrokePoint, radius: Double) {
        (ax, ay) = (Double(a.x), Double(a.y))
        (dx, dy) = (Double(b.x - a.x), Double(b.y - a.y))
        self.radius = max(radius, 0.5)
        length = (dx * dx + dy * dy).squareRoot()
    }

    func contains(_ x: Int, _ y: Int) -> Bool {
        let px = Double(x) - ax, py = Double(y) - ay
        let along = px * dx + py * dy
        if along <= 0 { return px * px + py * py <= radius * radius }
        if along >= length * length {
            let (qx, qy) = (px - dx, py - dy)
            return qx * qx + qy * qy <= radius * radius
        }
        let across = px * dy - py * dx
        return across * across <= radius * radius * length * length
    }

    /// A row cuts a convex shape in one run: near its ends by the sides, exactly by the test.
    func spans(width: Int, height: Int, _ body: (Int, Range<Int>) -> Void) {
        let top = max(Int((min(ay, ay + dy) - radius).rounded(.up)), 0), bottom = min(Int((max(ay, ay + dy) + radius).rounded(.down)), height - 1)
        guard top <= bottom else { return }
        for row in top...bottom {
            guard let (low, high) = ends(Double(row)) else { continue }
            var left = max(Int(low.rounded(.down)) - 1, 0), right = min(Int(high.rounded(.up)) + 1, width - 1)
            while left <= right, !contains(left, row) { left += 1 }
            while left <= right, !contains(right, row) { right -= 1 }
            if left <= right { body(row, left..<right + 1) }
        }
    }

    /// Where a row enters and leaves, by the two discs and the four-sided body between them.
    private func ends(_ y: Double) -> (Double, Double)? {
        var low = Double.infinity, high = -Double.infinity
        func take(_ x: Double) {
            low = min(low, x)
            high = max(high, x)
        }
        for (cx, cy) in [(ax, ay), (ax + dx, ay + dy)] {
            let rest = radius * radius - (y - cy) * (y - cy)
            guard rest >= 0 else { continue }
            take(cx - rest.squareRoot())
            take(cx + rest.squareRoot())
        }
        if length > 0 {
            let (nx, ny) = (-dy / length * radius, dx / length * radius)
            let corners = [(ax + nx, ay + ny), (ax + dx + nx, ay + dy + ny), (ax + dx - nx, ay + dy - ny), (ax - nx, ay - ny)]
            for (index, a) in corners.enumerated() {
                let b = corners[(index + 1) % 4]
                guard min(a.1, b.1) <= y, y <= max(a.1, b.1) else { continue }
                if a.1 == b.1 {
                    take(a.0)
                    take(b.0)
                } else {
                    take(a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0))
                }
            }
        }
        return low <= high ? (low, high) : nil
    }
}
