import Checkpoints
import Files

/// Strokes as a JSON text, which reads back to equal ones.
///
///     {"version": 1, "count": 2, "strokes": [
///         {"shape": "line", "points": [310, 95, 322, 140], "radius": 6, "class": "cat", "mode": "constraint"},
///         {"shape": "rectangle", "points": [0, 0, 99, 49], "target": "background", "mode": "exact"},
///         {"shape": "region", "points": [40, 200], "target": "automatic"}, {"shape": "smooth", "size": 3, "class": "cat", "mode": "exact"}]}
///
/// Points are columns and rows in turn, in pixels of the picture from its top left. A stroke has a class's name or a `"target"`:
/// `background`, `ignore`, `automatic`. `"mode"` is `constraint` unless it says otherwise; `"count"`, how many are not undone, is all.
extension LabelStrokes {
    /// The version of the format that this program writes and reads.
    public static let version = 1

    /// The strokes of a text, such as a note of a PNG.
    ///
    /// - Parameter path: where the text stands, for error messages.
    /// - Throws: `FileError` with one line that names the key.
    public static func decode(_ text: String, path: String) throws(FileError) -> LabelStrokes {
        try decode(try JSONValue(note: text, path: path), path: path)
    }

    /// As ``decode(_:path:)-(String,_)``, of a value that stands in another.
    package static func decode(_ value: JSONValue, path: String, name: String? = nil) throws(FileError) -> LabelStrokes {
        var fields = try PresetFields(value, path: path, name: name)
        let version = try fields.integer("version")
        guard version == Self.version else {
            throw fields.failure(
                "version", version.map { "is \($0); this program reads strokes of version \(Self.version)" } ?? "is missing")
        }
        let count = try fields.integer("count")
        var strokes: [LabelStroke] = []
        for var stroke in try fields.objects("strokes") ?? [] { strokes.append(try LabelStroke(&stroke)) }
        try fields.finish()
        do throws(LabelError) {
            return try LabelStrokes(strokes, count: count)
        } catch { throw fields.failure("count", "does not fit: \(error)") }
    }

    /// The text, in one line.
    public var line: String { value.text() }

    package var value: JSONValue {
        var members: [String: JSONValue] = ["version": .integer(Self.version), "strokes": .array(strokes.map(\.value))]
        if count < strokes.count { members["count"] = .integer(count) }
        return .object(members)
    }
}

extension LabelStroke {
    fileprivate init(_ fields: inout PresetFields) throws(FileError) {
        let target: StrokeTarget
        let name = try fields.text("class"), kind = try fields.text("target", oneOf: ["background", "ignore", "automatic"])
        switch (name, kind) {
        case (let name?, nil): target = .named(name)
        case (nil, "background"?): target = .background
        case (nil, "ignore"?): target = .ignored
        case (nil, "automatic"?): target = .automatic
        default: throw fields.failure("target", "or \"class\" must be given, and not both")
        }
        let mode: StrokeMode = try fields.choice("mode") ?? .constraint
        let coordinates = try fields.numbers("points") ?? []
        var points: [StrokePoint] = []
        guard coordinates.count.isMultiple(of: 2) else { throw fields.failure("points", "must be columns and rows in turn") }
        for at in stride(from: 0, to: coordinates.count, by: 2) {
            guard let x = Int(exactly: coordinates[at]), let y = Int(exactly: coordinates[at + 1]) else {
                throw fields.failure("points", "must be whole numbers")
            }
            points.append(StrokePoint(x: x, y: y))
        }
        let shape: Shape
        let kinds = ["line", "rectangle", "region", "others", "largest", "least", "holes", "smooth"]
        func size() throws(FileError) -> Int {
            guard let size = try fields.integer("size") else { throw fields.failure("size", "is missing") }
            return size
        }
        switch try fields.text("shape", oneOf: kinds) {
        case "rectangle"?:
            guard points.count == 2 else { throw fields.failure("points", "must be two corners") }
            shape = .rectangle(points[0], points[1])
        case "region"?:
            guard points.count == 1 else { throw fields.failure("points", "must be one pixel") }
            shape = .region(points[0])
        case "others"?:
            guard points.count == 1 else { throw fields.failure("points", "must be one pixel") }
            shape = .othersThan(points[0])
        case "largest"?: shape = .tidied(.largest)
        case "holes"?: shape = .tidied(.holes)
        case "least"?: shape = .tidied(.least(area: try size()))
        case "smooth"?: shape = .tidied(.smooth(radius: try size()))
        case "line"?: shape = .line(points, radius: try fields.number("radius") ?? 0)
        default: throw fields.failure("shape", "is missing: " + kinds.joined(separator: ", "))
        }
        try fields.finish()
        do throws(LabelError) {
            try self.init(target, shape, mode: mode)
        } catch { throw fields.failure("shape", "cannot be: \(error)") }
    }

    fileprivate var value: JSONValue {
        var members: [String: JSONValue] = [:]
        switch target {
        case .named(let name): members["class"] = .string(name)
        case .background: members["target"] = .string("background")
        case .ignored: members["target"] = .string("ignore")
        case .automatic: members["target"] = .string("automatic")
        }
        if mode != .constraint { members["mode"] = .string(mode.rawValue) }
        let points: [StrokePoint]
        switch shape {
        case .line(let line, let radius):
            points = line
            members["shape"] = .string("line")
            members["radius"] = .number(radius)
        case .rectangle(let first, let last):
            points = [first, last]
            members["shape"] = .string("rectangle")
        case .region(let point):
            points = [point]
            members["shape"] = .string("region")
        case .othersThan(let point):
            points = [point]
            members["shape"] = .string("others")
        case .tidied(let kind):
            points = []
            switch kind {
            case .largest: members["shape"] = .string("largest")
            case .holes: members["shape"] = .string("holes")
            case .least(let area): (members["shape"], members["size"]) = (.string("least"), .integer(area))
            case .smooth(let radius): (members["shape"], members["size"]) = (.string("smooth"), .integer(radius))
            }
        }
        if !points.isEmpty { members["points"] = .array(points.flatMap { [.integer($0.x), .integer($0.y)] }) }
        return .object(members)
    }
}
