import Foundation

/// Writes safetensors files for tests, well-formed or not.
public struct SafetensorsWriter {
    public struct Entry {
        public var name: String
        public var type: String
        public var shape: [Int]
        public var bytes: [UInt8]

        public init(name: String, type: String = "F32", shape: [Int], bytes: [UInt8]) {
            (self.name, self.type, self.shape, self.bytes) = (name, type, shape, bytes)
        }
    }

    public var entries: [Entry] = []

    public init(entries: [Entry] = []) { self.entries = entries }

    /// Adds a Float32 tensor.
    public mutating func add(_ name: String, _ shape: [Int], _ values: [Float]) {
        entries.append(Entry(name: name, shape: shape, bytes: values.withUnsafeBytes(Array.init)))
    }

    /// Adds 16-bit words under the given dtype.
    public mutating func add(_ name: String, _ type: String, _ shape: [Int], words: [UInt16]) {
        entries.append(Entry(name: name, type: type, shape: shape, bytes: words.withUnsafeBytes(Array.init)))
    }

    /// The file; `padding` blanks make the header longer and so move the data.
    public func file(padding: Int = 0) -> [UInt8] {
        var parts: [String] = []
        var data: [UInt8] = []
        for entry in entries {
            parts.append(
                "\"\(entry.name)\":{\"dtype\":\"\(entry.type)\",\"shape\":\(entry.shape),\"data_offsets\":[\(data.count),\(data.count + entry.bytes.count)]}"
            )
            data += entry.bytes
        }
        let header = "{" + parts.joined(separator: ",") + "}"
        let aligned = header.utf8.count + (8 - header.utf8.count % 8) % 8
        return Self.file(
            header: header + String(repeating: " ", count: aligned - header.utf8.count + padding), data: data)
    }

    /// A file with this header, whatever it says.
    public static func file(header: String, length: UInt64? = nil, data: [UInt8] = []) -> [UInt8] {
        withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian, Array.init) + Array(header.utf8) + data
    }

    /// A ViT with timm's names: width 64, depth 2, patch 4, grid 3×3, 3 classes; every element has another value.
    public static func timm(prefix: String = "") -> SafetensorsWriter {
        var writer = SafetensorsWriter()
        var next: Float = 0
        func values(_ shape: [Int]) -> [Float] {
            (0..<shape.reduce(1, *)).map { _ in
                next += 1
                return next / 1024
            }
        }
        var shapes: [(String, [Int])] = [
            ("cls_token", [1, 1, 64]), ("pos_embed", [1, 10, 64]), ("patch_embed.proj.weight", [64, 3, 4, 4]),
            ("patch_embed.proj.bias", [64]), ("norm.weight", [64]), ("norm.bias", [64]), ("head.weight", [3, 64]),
            ("head.bias", [3]),
        ]
        for index in 0..<2 {
            let stem = "blocks.\(index)."
            shapes += [
                (stem + "norm1.weight", [64]), (stem + "norm1.bias", [64]), (stem + "attn.qkv.weight", [192, 64]),
                (stem + "attn.qkv.bias", [192]), (stem + "attn.proj.weight", [64, 64]), (stem + "attn.proj.bias", [64]),
                (stem + "norm2.weight", [64]), (stem + "norm2.bias", [64]), (stem + "mlp.fc1.weight", [128, 64]),
                (stem + "mlp.fc1.bias", [128]), (stem + "mlp.fc2.weight", [64, 128]), (stem + "mlp.fc2.bias", [64]),
            ]
        }
        for (name, shape) in shapes { writer.add(prefix + name, shape, values(shape)) }
        return writer
    }

    public mutating func remove(_ name: String) { entries.removeAll { $0.name == name } }

    /// Replaces a tensor by one of zeros with another shape.
    public mutating func reshape(_ name: String, _ shape: [Int]) {
        for index in entries.indices where entries[index].name == name {
            entries[index].shape = shape
            entries[index].bytes = [UInt8](repeating: 0, count: shape.reduce(4, *))
        }
    }

    /// The values of a Float32 tensor as they were added.
    public func values(_ name: String) -> [Float] {
        guard let entry = entries.first(where: { $0.name == name }) else { return [] }
        return entry.bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 4).map {
                Float(bitPattern: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self))
            }
        }
    }
}
