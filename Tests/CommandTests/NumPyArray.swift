import Foundation

/// A `.npy` file of format 1.0 as NumPy reads it: little-endian Float32, Int32 or bytes, in C order.
struct NumPyArray {
    /// As NumPy calls it, such as `<f4`.
    let type: String
    let shape: [Int]
    let values: [Float]

    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    init(_ bytes: [UInt8]) throws {
        guard bytes.starts(with: [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0]), bytes.count >= 10 else {
            throw Malformed(description: "no signature: \(bytes.prefix(16))")
        }
        let length = Int(bytes[8]) | Int(bytes[9]) << 8
        guard (10 + length) % 64 == 0, bytes.count >= 10 + length else { throw Malformed(description: "header of \(length)") }
        let header = String(decoding: bytes[10..<10 + length], as: UTF8.self)
        guard header.hasSuffix("\n"), let type = ["<f4", "<i4", "|u1"].first(where: { header.contains("'descr': '\($0)'") }),
            header.contains("'fortran_order': False"),
            let open = header.range(of: "'shape': ("), let close = header.range(of: ")", range: open.upperBound..<header.endIndex)
        else { throw Malformed(description: header) }
        shape = header[open.upperBound..<close.lowerBound].split(separator: ",").compactMap {
            Int($0.trimmingCharacters(in: .whitespaces))
        }
        let data = Array(bytes[(10 + length)...])
        self.type = type
        let size = type == "|u1" ? 1 : 4
        guard data.count == shape.reduce(size, *) else { throw Malformed(description: "\(data.count) bytes for \(shape)") }
        values = data.withUnsafeBytes { data in
            stride(from: 0, to: data.count, by: size).map {
                if type == "|u1" { return Float(data[$0]) }
                let bits = UInt32(littleEndian: data.loadUnaligned(fromByteOffset: $0, as: UInt32.self))
                return type == "<i4" ? Float(Int32(bitPattern: bits)) : Float(bitPattern: bits)
            }
        }
    }

    init(path: String) throws { try self.init(Array(Data(contentsOf: URL(filePath: path)))) }
}
