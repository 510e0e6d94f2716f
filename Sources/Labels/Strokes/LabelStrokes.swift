/// A picture's corrections by hand in their order, and how many of them are not undone.
public struct LabelStrokes: Sendable, Hashable {
    /// All, those that are undone last.
    public private(set) var strokes: [LabelStroke]
    /// How many of ``strokes`` hold; the others wait to be redone.
    public private(set) var count: Int

    public init() {
        strokes = []
        count = 0
    }

    /// - Parameter count: 0 to as many as there are; nil for all.
    /// - Throws: `LabelError` for another count.
    public init(_ strokes: [LabelStroke], count: Int? = nil) throws(LabelError) {
        let count = count ?? strokes.count
        guard (0...strokes.count).contains(count) else { throw .setting("of \(strokes.count) strokes \(count) cannot hold") }
        self.strokes = strokes
        self.count = count
    }

    init(holding strokes: [LabelStroke]) {
        self.strokes = strokes
        count = strokes.count
    }

    /// Those that hold, in the order in which they were made.
    public var held: ArraySlice<LabelStroke> { strokes.prefix(count) }
    /// Whether none holds.
    public var isEmpty: Bool { count == 0 }

    /// Adds a stroke after those that hold; what was undone is gone.
    public mutating func append(_ stroke: LabelStroke) {
        strokes.removeSubrange(count...)
        strokes.append(stroke)
        count += 1
    }

    /// Puts a stroke in the place of the last that holds, which goes on; what was undone is gone.
    public mutating func replaceLast(_ stroke: LabelStroke) {
        if count > 0 { count -= 1 }
        append(stroke)
    }

    /// Takes the last stroke back; nil where none holds.
    public mutating func undo() -> LabelStroke? {
        guard count > 0 else { return nil }
        count -= 1
        return strokes[count]
    }

    /// Makes the stroke again that was taken back last; nil where there is none.
    public mutating func redo() -> LabelStroke? {
        guard count < strokes.count else { return nil }
        count += 1
        return strokes[count - 1]
    }
}
