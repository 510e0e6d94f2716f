/// What the pixels of a stroke become.
public enum StrokeTarget: Sendable, Hashable {
    /// A class, by its name: numbers differ between class lists.
    case named(String)
    case background
    /// Pixels that do not count, 255 in label maps.
    case ignored
    /// What they were before any stroke.
    case automatic

    /// The number in a label map; nil for ``automatic``, and for a class that has none.
    ///
    /// - Parameter classes: the number of a class's name.
    public func number(_ classes: (String) -> UInt8?) -> UInt8? {
        switch self {
        case .named(let name): classes(name)
        case .background: 0
        case .ignored: LabelCompletion.ignored
        case .automatic: nil
        }
    }
}

/// How regions of a class are put in order. Regions hang together along edges.
public enum LabelTidying: Sendable, Hashable {
    /// Regions but the largest become what lies around them: the number most of the pixels beside them have.
    case largest
    /// So do regions of fewer pixels of the picture.
    case least(area: Int)
    /// Background and unknown pixels that lie in the class on all sides become of it.
    case holes
    /// Pixels become of the class where it has more than half of the square with sides of 2 · radius + 1 pixels of the picture around
    /// them, and cease to be of it where it has less: then they become what the most others there are.
    case smooth(radius: Int)

    func validate() throws(LabelError) {
        switch self {
        case .largest, .holes: break
        case .least(let area): guard (0...1_000_000_000).contains(area) else { throw .setting("the least area must be 0 to 1000000000 pixels") }
        case .smooth(let radius): guard (0...1000).contains(radius) else { throw .setting("the radius of smoothing must be 0 to 1000 pixels") }
        }
    }
}

/// What a stroke does beside the pixels that it covers.
public enum StrokeMode: String, Sendable, Hashable, CaseIterable {
    /// Its pixels are given, and refiners spread them to those alike.
    case constraint
    /// Its pixels are given, and no others change.
    case exact
    /// The class's map is raised there before it is refined; no pixel is given.
    case add
    /// The class's map is taken away there before it is refined; no pixel is given.
    case take

    /// Whether the pixels themselves are given.
    public var isPainted: Bool { self == .constraint || self == .exact }
}

/// A pixel of the picture, column and row from 0 at the top left; it may lie beside the picture.
public struct StrokePoint: Sendable, Hashable {
    public var x: Int
    public var y: Int

    public init(x: Int, y: Int) {
        self.x = x
        self.y = y
    }

    /// Coordinates go from `-limit` to `limit`.
    public static let limit = 1_000_000
}

/// One correction of a label by hand, in pixels of the picture, whatever the size of the label.
public struct LabelStroke: Sendable, Hashable {
    /// Which pixels.
    public enum Shape: Sendable, Hashable {
        /// Those whose centers lie within the radius of a line through the points; one point gives a disc. Of a radius below one
        /// half the line is one pixel wide.
        case line([StrokePoint], radius: Double)
        /// Those of a rectangle, both corners included.
        case rectangle(StrokePoint, StrokePoint)
        /// Those of the pixel's number that hang together with it along edges, in the label that the strokes before have made.
        case region(StrokePoint)
        /// Of the number of the region at a pixel all other regions, which become what lies around them.
        case othersThan(StrokePoint)
        /// What the label of a class, or of each class, becomes where it is put in order.
        case tidied(LabelTidying)

        /// Whether it follows from the label, and so gives refiners nothing.
        var followsLabel: Bool {
            switch self {
            case .line, .rectangle: false
            case .region, .othersThan, .tidied: true
            }
        }
    }

    public let target: StrokeTarget
    public let mode: StrokeMode
    public let shape: Shape

    /// In pixels.
    public static let radiusLimits = 0.0...10_000

    /// - Throws: `LabelError` for a line without points, numbers out of range, and a mode that the target or the shape has not.
    public init(_ target: StrokeTarget, _ shape: Shape, mode: StrokeMode = .constraint) throws(LabelError) {
        let points: [StrokePoint]
        switch shape {
        case .line(let line, let radius):
            guard !line.isEmpty else { throw .setting("a line has no points") }
            // Not a number is in no range.
            guard Self.radiusLimits.contains(radius) else { throw .setting("a stroke's radius must be 0 to 10000 pixels") }
            points = line
        case .rectangle(let first, let last): points = [first, last]
        case .region(let point), .othersThan(let point): points = [point]
        case .tidied(let kind):
            try kind.validate()
            points = []
        }
        let range = -StrokePoint.limit...StrokePoint.limit
        guard points.allSatisfy({ range.contains($0.x) && range.contains($0.y) }) else {
            throw .setting("a stroke's coordinates must be -\(StrokePoint.limit) to \(StrokePoint.limit)")
        }
        if !mode.isPainted {
            guard case .named = target else { throw .setting("\(mode.rawValue) acts on a class's map: name the class") }
            if shape.followsLabel { throw .setting("\(mode.rawValue) takes a line or a rectangle, no region") }
        }
        switch shape {
        case .line, .rectangle, .region: break
        case .othersThan: guard target == .automatic else { throw .setting("the other regions become what is around them, and nothing else") }
        case .tidied:
            guard target != .background, target != .ignored else { throw .setting("put in order is a class, or each: no background") }
        }
        self.target = target
        self.mode = mode
        self.shape = shape
    }
}
