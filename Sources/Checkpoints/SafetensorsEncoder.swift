import Files
import Tensors

/// Makes the bytes of a `.safetensors` file.
public struct SafetensorsEncoder {
    /// How numbers are stored.
    public enum Element: String, Sendable, CaseIterable {
        case float32, float16, bfloat16

        fileprivate var code: String {
            switch self {
            case .float32: "F32"
            case .float16: "F16"
            case .bfloat16: "BF16"
            }
        }
        fileprivate var size: Int { self == .float32 ? 4 : 2 }
    }

    private struct Entry {
        let name: String
        let code: String
        let shape: [Int]
        let size: Int
        let write: (UnsafeMutableRawPointer) -> Void
    }

    private var entries: [Entry] = []
    private let metadata: [String: String]

    /// - Parameter metadata: texts by name, kept in the header.
    public init(metadata: [String: String] = [:]) { self.metadata = metadata }

    /// Adds a tensor whose elements are those of `parts`, one after another.
    public mutating func add(_ name: String, shape: [Int], _ parts: [Tensor], as element: Element = .float32) {
        precondition(shape.reduce(1, *) == parts.reduce(0) { $0 + $1.count }, "\(name) of shape \(shape)")
        entries.append(Entry(name: name, code: element.code, shape: shape, size: shape.reduce(element.size, *)) { start in
            var out = start
            for part in parts {
                part.withUnsafeElements { elements in
                    Self.write(elements, as: element, to: out)
                    out += elements.count * element.size
                }
            }
        })
    }

    /// Adds whole numbers.
    ///
    /// - Parameter shape: nil for a row of them.
    public mutating func add(_ name: String, _ numbers: [Int], shape: [Int]? = nil) {
        precondition(shape.map { $0.reduce(1, *) == numbers.count } ?? true)
        entries.append(Entry(name: name, code: "I64", shape: shape ?? [numbers.count], size: numbers.count * 8) { out in
            for (index, number) in numbers.enumerated() {
                out.storeBytes(of: Int64(number).littleEndian, toByteOffset: index * 8, as: Int64.self)
            }
        })
    }

    /// The file: tensors in the order in which they were added, the first at a multiple of 64 bytes.
    public var bytes: [UInt8] {
        var members: [String: JSONValue] = [:]
        var offset = 0
        for entry in entries {
            members[entry.name] = .object([
                "dtype": .string(entry.code), "shape": .array(entry.shape.map { .integer($0) }),
                "data_offsets": .array([.integer(offset), .integer(offset + entry.size)]),
            ])
            offset += entry.size
        }
        if !metadata.isEmpty { members["__metadata__"] = .object(metadata.mapValues { .string($0) }) }
        var header = Array(JSONValue.object(members).text().utf8)
        header += [UInt8](repeating: 0x20, count: (64 - (header.count + 8) % 64) % 64)
        let total = 8 + header.count + offset
        return [UInt8](unsafeUninitializedCapacity: total) { buffer, initialized in
            guard let base = buffer.baseAddress else { return }
            let raw = UnsafeMutableRawPointer(base)
            raw.storeBytes(of: UInt64(header.count).littleEndian, as: UInt64.self)
            header.withUnsafeBytes { (raw + 8).copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
            var out = raw + 8 + header.count
            for entry in entries {
                entry.write(out)
                out += entry.size
            }
            initialized = total
        }
    }

    private static func write(_ elements: UnsafeBufferPointer<Float>, as element: Element, to out: UnsafeMutableRawPointer) {
        guard let source = elements.baseAddress else { return }
        switch element {
        case .float32: out.copyMemory(from: source, byteCount: elements.count * 4)
        case .float16:
            for index in 0..<elements.count {
                out.storeBytes(of: Float16(source[index]).bitPattern, toByteOffset: index * 2, as: UInt16.self)
            }
        case .bfloat16:
            for index in 0..<elements.count {
                // Round to nearest, ties to even; what is no number stays none.
                let bits = source[index].bitPattern
                let rounded = source[index].isNaN ? bits | 0x40_0000 : bits &+ 0x7FFF &+ (bits >> 16 & 1)
                out.storeBytes(of: UInt16(truncatingIfNeeded: rounded >> 16), toByteOffset: index * 2, as: UInt16.self)
            }
        }
    }
}
