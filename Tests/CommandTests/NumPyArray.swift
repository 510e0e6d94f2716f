import Foundation

/// A `.npy` file of format 1.0 as NumPy reads it: little-endian Float32 in C order.
struct NumPyArray {
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
        guard header.hasSuffix("\n"), header.contains("'descr': '<f4'"), header.contains("'fortran_order': False"),
            let open = header.range(of: "'shape': ("), let close = header.range(of: ")", range: open.upperBound..<header.endIndex)
        else { throw Malformed(description: header) }
        shape = header[open.upperBound..<close.lowerBound].split(separator: ",").compactMap {
            Int($0.trimmingCharacters(in: .whitespaces))
        }
        let data = Array(bytes[(10 + length)...])
        guard data.count == shape.reduce(4, *) else { throw Malformed(description: "\(data.count) bytes for \(shape)") }
        values = data.withUnsafeBytes { data in
            stride(from: 0, to: data.count, by: 4).map {
                Float(bitPattern: UInt32(littleEndian: data.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
            }
        }
    }

    init(path: String) throws { try self.init(Array(Data(contentsOf: URL(filePath: path)))) }
}
