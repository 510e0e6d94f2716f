import Labels

/// What strokes give each pixel of a picture that is larger than its label: so they are seen to the pixel.
struct StrokeCanvas: Sendable, Equatable {
    let picture: Int
    private var strokes: [LabelStroke] = []
    private(set) var layer: StrokeLayer

    /// - Parameters:
    ///   - width, height: of the picture.
    init(picture: Int, width: Int, height: Int) {
        self.picture = picture
        layer = StrokeLayer(width: width, height: height)
    }

    /// Takes the strokes that hold. What was only added to is not made anew.
    mutating func follow(_ wanted: ArraySlice<LabelStroke>, numbers: (String) -> UInt8?) {
        if let last = wanted.last, strokes.count == wanted.count, strokes.dropLast() == wanted.dropLast(), let before = strokes.last {
            if before == last { return }
            // The mouse goes on with a line.
            if let end = Self.end(of: last, beyond: before) {
                strokes[strokes.count - 1] = last
                return layer.add(end, numbers: numbers)
            }
        }
        if strokes.count > wanted.count || strokes[...] != wanted.prefix(strokes.count) {
            layer = StrokeLayer(width: layer.width, height: layer.height)
            strokes = []
        }
        for stroke in wanted.dropFirst(strokes.count) {
            switch stroke.shape {
            case .line, .rectangle: layer.add(stroke, numbers: numbers)
            // What follows from the label is known at its size alone, and what was painted before it from then on.
            case .region, .othersThan, .tidied: layer = StrokeLayer(width: layer.width, height: layer.height)
            }
            strokes.append(stroke)
        }
    }

    /// What a line has beyond another of the same kind; nil where it is not that line drawn on.
    private static func end(of line: LabelStroke, beyond before: LabelStroke) -> LabelStroke? {
        guard line.target == before.target, line.mode == before.mode, case .line(let points, let radius) = line.shape,
            case .line(let earlier, radius) = before.shape, points.count > earlier.count, points.prefix(earlier.count) == earlier[...]
        else { return nil }
        return try? LabelStroke(line.target, .line(Array(points[(earlier.count - 1)...]), radius: radius), mode: line.mode)
    }
}
