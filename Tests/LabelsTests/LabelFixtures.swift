import Attribution
import Checkpoints
import Files
import Images
import Labels
import Tensors
import Testing
import TestSupport

/// The oracle data in Tests/Fixtures/labels; `make_labels.py` beside it wrote them.
func fixture(_ name: String) -> String { Fixtures.path("labels/\(name)") }

func array(_ name: String) throws -> NumPyArray { try NumPyFile.read(path: fixture(name + ".npy")) }

func floats(_ name: String) throws -> [Float] { try array(name).values.map { Float($0) } }

func bytes(_ name: String) throws -> [UInt8] { try array(name).values.map { UInt8($0) } }

func pixelMaps(_ name: String, classes: [Int]) throws -> PixelMaps {
    let maps = try array(name)
    return PixelMaps(classes: classes, height: maps.shape[1], width: maps.shape[2], values: maps.values.map { Float($0) })
}

/// A label map; the first of several in one file.
func labelMap(_ name: String) throws -> IndexedImage {
    let map = try array(name)
    let (height, width) = (map.shape[map.shape.count - 2], map.shape[map.shape.count - 1])
    return IndexedImage(width: width, height: height, indices: map.values.prefix(height * width).map { UInt8($0) })
}

func mask(_ name: String) throws -> Mask {
    let map = try array(name)
    return Mask(width: map.shape[1], height: map.shape[0], values: map.values.map { UInt8($0) })
}

func json(_ name: String) throws -> JSONValue {
    try MappedFile(path: fixture(name + ".json")).withBytes { try JSONParser.parse($0) }
}

extension JSONValue {
    subscript(key: String) -> JSONValue {
        if case .object(let members) = self { members[key] ?? .null } else { .null }
    }

    var list: [JSONValue] {
        if case .array(let values) = self { values } else { [] }
    }

    var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    var integers: [Int] { list.compactMap { $0.number.map { Int($0) } } }
}

/// The largest difference of two lists; infinite where their lengths differ.
func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1).isNaN ? .infinity : abs($1.0 - $1.1)) }
}

/// The error of `body` as text; empty when it throws none.
func complaint(_ body: () throws -> Void) -> String {
    do {
        try body()
        return ""
    } catch { return "\(error)" }
}
