/// What strokes say of each pixel of a picture, or of a coarser grid over it. Held for the box alone that they cover.
///
/// Regions follow from a label and are no part of it: ``LabelStrokes/painted(on:pictureWidth:pictureHeight:numbers:)`` has them.
public struct StrokeLayer: Sendable, Equatable {
    /// Of the grid.
    public let width: Int
    /// Of the grid.
    public let height: Int
    /// The part of the grid that is held; nil before the first stroke.
    public private(set) var box: PixelBox?
    /// `box.height × box.width` values row by row: 0 where no stroke holds, else ``given`` and the number of the label, with
    /// ``spreads`` where refiners are to follow it.
    public private(set) var values: [UInt16] = []

    /// Set where a stroke gives a number, which is the value's low byte.
    public static let given: UInt16 = 1 << 8
    /// Set where the stroke is a constraint to refiners.
    public static let spreads: UInt16 = 1 << 9

    /// An empty layer. Sides must not be negative.
    public init(width: Int, height: Int) {
        precondition(width >= 0 && height >= 0)
        self.width = width
        self.height = height
    }

    /// The number that a stroke gives a pixel; nil where none does, and beside the grid.
    public subscript(column: Int, row: Int) -> UInt8? {
        let value = value(column, row)
        return value == 0 ? nil : UInt8(truncatingIfNeeded: value)
    }

    /// 0, or what ``values`` holds.
    public func value(_ column: Int, _ row: Int) -> UInt16 {
        guard let box, column >= box.left, column <= box.right, row >= box.top, row <= box.bottom else { return 0 }
        return values[(row - box.top) * box.width + column - box.left]
    }

    /// Adds a stroke to a layer of the picture's own size. One that is not painted, and a region, change nothing. The time taken
    /// goes by the stroke's box, and where it leaves ``box`` by that.
    ///
    /// - Parameter numbers: the number of a class's name; a stroke of a class without one changes nothing.
    public mutating func add(_ stroke: LabelStroke, numbers: (String) -> UInt8?) {
        guard let value = Self.value(of: stroke, numbers), let box = stroke.box(width: width, height: height) else { return }
        hold(box)
        fill(value, stroke, pictureWidth: width, pictureHeight: height)
    }

    /// Adds a stroke to a coarser layer: whatever cell it touches, so that thin strokes are not lost.
    ///
    /// - Parameters:
    ///   - pictureWidth, pictureHeight: of the picture whose pixels the stroke is in.
    ///   - numbers: as in ``add(_:numbers:)``.
    public mutating func add(
        _ stroke: LabelStroke, pictureWidth: Int, pictureHeight: Int, numbers: (String) -> UInt8?
    ) {
        guard width > 0, height > 0, let value = Self.value(of: stroke, numbers),
            let box = stroke.box(width: pictureWidth, height: pictureHeight)
        else { return }
        hold(PixelBox(
            left: box.left * width / pictureWidth, top: box.top * height / pictureHeight, right: box.right * width / pictureWidth,
            bottom: box.bottom * height / pictureHeight))
        fill(value, stroke, pictureWidth: pictureWidth, pictureHeight: pictureHeight)
    }

    private mutating func fill(_ value: UInt16, _ stroke: LabelStroke, pictureWidth: Int, pictureHeight: Int) {
        guard let box else { return }
        let (width, height) = (width, height)
        values.withUnsafeMutableBufferPointer { values in
            stroke.spans(width: pictureWidth, height: pictureHeight) { row, columns in
                let start = (row * height / pictureHeight - box.top) * box.width - box.left
                let first = columns.lowerBound * width / pictureWidth, last = (columns.upperBound - 1) * width / pictureWidth
                for column in first...last { values[start + column] = value }
            }
        }
    }

    /// What a stroke writes; nil for one that writes nothing.
    private static func value(of stroke: LabelStroke, _ numbers: (String) -> UInt8?) -> UInt16? {
        guard stroke.mode.isPainted else { return nil }
        if stroke.target == .automatic { return 0 }
        return stroke.target.number(numbers).map { UInt16($0) | given | (stroke.mode == .constraint ? spreads : 0) }
    }

    /// Grows what is held.
    private mutating func hold(_ wanted: PixelBox) {
        let grown = box?.union(wanted) ?? wanted
        guard grown != box else { return }
        var grownValues = [UInt16](repeating: 0, count: grown.width * grown.height)
        if let box {
            for row in 0..<box.height {
                let start = (row + box.top - grown.top) * grown.width + box.left - grown.left
                grownValues.replaceSubrange(start..<start + box.width, with: values[row * box.width..<(row + 1) * box.width])
            }
        }
        box = grown
        values = grownValues
    }
}
