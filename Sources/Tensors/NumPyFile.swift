/// Arrays in NumPy's `.npy` format, version 1.0.
///
/// Source: numpy.lib.format's description: magic, version, header length, a Python dictionary padded with spaces to a
/// multiple of 64 bytes, then the elements.
public enum NumPyFile {
    /// Float32 elements, little endian, C order.
    ///
    /// - Parameter values: as many as the product of `shape`.
    public static func encode(shape: [Int], _ values: [Float]) -> [UInt8] {
        precondition(values.count == shape.reduce(1, *), "\(values.count) values for shape \(shape)")
        var bytes = header(shape: shape, type: "<f4")
        bytes.reserveCapacity(bytes.count + values.count * 4)
        for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 } }
        return bytes
    }

    /// Int64 elements, little endian, C order.
    ///
    /// - Parameter values: as many as the product of `shape`.
    public static func encode(shape: [Int], _ values: [Int]) -> [UInt8] {
        precondition(values.count == shape.reduce(1, *), "\(values.count) values for shape \(shape)")
        var bytes = header(shape: shape, type: "<i8")
        for value in values { withUnsafeBytes(of: Int64(value).littleEndian) { bytes += $0 } }
        return bytes
    }

    /// Int32 elements, little endian, C order.
    ///
    /// - Parameter values: as many as the product of `shape`.
    public static func encode(shape: [Int], _ values: [Int32]) -> [UInt8] {
        precondition(values.count == shape.reduce(1, *), "\(values.count) values for shape \(shape)")
        var bytes = header(shape: shape, type: "<i4")
        for value in values { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
        return bytes
    }

    /// Bytes, C order.
    ///
    /// - Parameter values: as many as the product of `shape`.
    public static func encode(shape: [Int], _ values: [UInt8]) -> [UInt8] {
        precondition(values.count == shape.reduce(1, *), "\(values.count) values for shape \(shape)")
        return header(shape: shape, type: "|u1") + values
    }

    private static func header(shape: [Int], type: String) -> [UInt8] {
        let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(extents)), }"
        let preamble = 10
        header += String(repeating: " ", count: 63 - (preamble + header.utf8.count) % 64) + "\n"
        var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
        bytes.append(UInt8(header.utf8.count & 0xFF))
        bytes.append(UInt8(header.utf8.count >> 8))
        return bytes + Array(header.utf8)
    }
}
