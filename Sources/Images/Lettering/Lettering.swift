/// Text in pictures: outlines filled with exact coverage, so that the same text gives the same pixels everywhere.
///
/// Letters that are not there (``Letters``) are boxes. Letters follow each other from left to right, each by its own width.
public enum Lettering {
    /// How wide a text is at a font size of 1.
    public static func width(of text: String) -> Double {
        text.unicodeScalars.reduce(0) { $0 + (Letters.all[$1]?.advance ?? 0) }
    }

    /// Draws a text in black; what lies outside the picture is left out.
    ///
    /// - Parameters:
    ///   - x: where it starts, in pixels from the left.
    ///   - y: its base line, in pixels from the top.
    ///   - size: of the font, in pixels.
    ///   - isUpward: whether it is read from the bottom to the top: `x` is the base line then, and `y` where it starts.
    public static func draw(_ text: String, into picture: inout RGBImage, x: Double, y: Double, size: Double, isUpward: Bool = false) {
        var lines = OutlineLines(), start = 0.0
        for scalar in text.unicodeScalars {
            guard let glyph = Letters.all[scalar] else { continue }
            for contour in glyph.contours {
                lines.add(contour.map { point in
                    let along = (start + point.x) * size, up = point.y * size
                    return isUpward ? .init(x: x - up, y: y - along, isOn: point.isOn) : .init(x: x + along, y: y - up, isOn: point.isOn)
                })
            }
            start += glyph.advance
        }
        guard let coverage = Coverage(lines) else { return }
        coverage.blacken(&picture)
    }
}

/// Closed outlines as straight lines, in pixels.
private struct OutlineLines {
    typealias Point = Letters.Point
    private(set) var lines: [(from: Point, to: Point)] = []

    /// Adds a closed outline whose points off it bend quadratic curves; between two such points lies one on it.
    mutating func add(_ contour: [Point]) {
        guard let first = contour.firstIndex(where: \.isOn) else { return }
        var here = contour[first], bend: Point?
        for index in 1...contour.count {
            let next = contour[(first + index) % contour.count]
            if next.isOn {
                go(from: &here, by: bend, to: next)
                bend = nil
            } else {
                if let before = bend { go(from: &here, by: before, to: Point(x: (before.x + next.x) / 2, y: (before.y + next.y) / 2)) }
                bend = next
            }
        }
    }

    private mutating func go(from here: inout Point, by bend: Point?, to end: Point) {
        if let bend {
            // So many that lines are off the curve, by a quarter of what follows divided by their number squared, by 1/256 of a pixel.
            let turn = (x: here.x - 2 * bend.x + end.x, y: here.y - 2 * bend.y + end.y)
            let pieces = min(Int((64 * (abs(turn.x) + abs(turn.y))).squareRoot()) + 1, 128), start = here
            for piece in 1...pieces {
                let t = Double(piece) / Double(pieces), s = 1 - t
                let next = piece == pieces ? end : Point(
                    x: s * s * start.x + 2 * s * t * bend.x + t * t * end.x, y: s * s * start.y + 2 * s * t * bend.y + t * t * end.y)
                lines.append((here, next))
                here = next
            }
        } else {
            lines.append((here, end))
            here = end
        }
    }
}

/// How much of each pixel of a box lies inside of outlines.
private struct Coverage {
    private let left: Int
    private let top: Int
    private let width: Int
    private let height: Int
    /// Row by row; of every pixel what the outlines change of the coverage from the one left of it on.
    private var changes: [Double]

    /// - Returns: `nil` for no outlines.
    init?(_ outlines: OutlineLines) {
        let points = outlines.lines.map(\.from)
        guard let minX = points.map(\.x).min(), let maxX = points.map(\.x).max(), let minY = points.map(\.y).min(),
            let maxY = points.map(\.y).max()
        else { return nil }
        (left, top) = (Int(minX.rounded(.down)), Int(minY.rounded(.down)))
        width = Int(maxX.rounded(.up)) - left + 2
        height = Int(maxY.rounded(.up)) - top + 1
        changes = [Double](repeating: 0, count: width * height)
        for line in outlines.lines { add(line.from, line.to) }
    }

    /// What lies right of a line that goes down is covered, of one that goes up uncovered again.
    private mutating func add(_ from: Letters.Point, _ to: Letters.Point) {
        guard from.y != to.y else { return }
        let isDown = from.y < to.y, (upper, lower) = isDown ? (from, to) : (to, from)
        let slope = (lower.x - upper.x) / (lower.y - upper.y)
        var y = upper.y, x = upper.x - Double(left)
        while y < lower.y {
            let row = Int((y - Double(top)).rounded(.down))
            let endY = min(Double(top + row + 1), lower.y), endX = upper.x - Double(left) + (endY - upper.y) * slope
            addPiece(row, from: x, to: endX, share: (endY - y) * (isDown ? 1 : -1))
            (x, y) = (endX, endY)
        }
    }

    /// A piece of a line within a row of pixels, cut where columns meet.
    private mutating func addPiece(_ row: Int, from start: Double, to end: Double, share: Double) {
        let (low, high) = start < end ? (start, end) : (end, start)
        var x = low
        repeat {
            let column = min(max(Int(x.rounded(.down)), 0), width - 2)
            let next = high > Double(column + 1) ? Double(column + 1) : high
            let part = high > low ? share * (next - x) / (high - low) : share
            // The mean of the piece is where the pixel is cut.
            let right = part * min(max((x + next) / 2 - Double(column), 0), 1)
            changes[row * width + column] += part - right
            changes[row * width + column + 1] += right
            x = next
        } while x < high
    }

    func blacken(_ picture: inout RGBImage) {
        for row in max(0, -top)..<max(min(height, picture.height - top), max(0, -top)) {
            var covered = 0.0
            for column in 0..<width {
                covered += changes[row * width + column]
                let x = left + column
                guard x >= 0, x < picture.width, abs(covered) > 1e-6 else { continue }
                let light = 1 - min(abs(covered), 1), place = ((top + row) * picture.width + x) * 3
                for channel in place..<place + 3 {
                    picture.samples[channel] = UInt8((Double(picture.samples[channel]) * light).rounded())
                }
            }
        }
    }
}
