import Files

/// An array read from a `.npy` file: its shape, and its elements as numbers.
public struct NumPyArray: Sendable, Equatable {
    /// Extent of each dimension, outermost first.
    public let shape: [Int]
    /// NumPy's word for the element type without byte order: `f4`, `u1`, `i8`, `b1`, …
    public let type: String
    /// The elements in C order, whatever order the file has; 64-bit integers beyond 2^53 are rounded.
    public let values: [Double]
}

/// An array of numbers of any type as Float32, in C order.
package struct NumPyFloats: Sendable, Equatable {
    /// Extent of each dimension, outermost first.
    package let shape: [Int]
    package let values: [Float]

    package init(shape: [Int], values: [Float]) {
        self.shape = shape
        self.values = values
    }
}

extension NumPyFile {
    /// The array in the file at `path`.
    ///
    /// Booleans, integers and floats of 1 to 8 bytes, either byte order, either element order. Arrays of Python objects are
    /// refused: they hold programs.
    ///
    /// - Throws: `FileError`.
    public static func read(path: String) throws(FileError) -> NumPyArray {
        try FileContent(path: path).withBytes { (bytes) throws(FileError) in try decode(bytes, path: path) }
    }

    /// The array in `bytes`, the whole content of a `.npy` file. `path` is only for error messages.
    public static func decode(_ bytes: UnsafeRawBufferPointer, path: String) throws(FileError) -> NumPyArray {
        let (header, element, content) = try elements(bytes, path: path)
        let values = element.doubles(content, isBigEndian: header.order == ">")
        return NumPyArray(
            shape: header.shape, type: header.type, values: header.isFortran ? ordered(values, shape: header.shape) : values)
    }

    /// The array in `bytes` as Float32, in C order.
    package static func decodeFloats(
        _ bytes: UnsafeRawBufferPointer, path: String
    ) throws(FileError) -> NumPyFloats {
        let (header, element, content) = try elements(bytes, path: path)
        let values = element.floats(content, isBigEndian: header.order == ">")
        return NumPyFloats(shape: header.shape, values: header.isFortran ? ordered(values, shape: header.shape) : values)
    }

    /// The header of an array, and its elements where they lie.
    private static func elements(
        _ bytes: UnsafeRawBufferPointer, path: String
    ) throws(FileError) -> (NumPyHeader, NumPyElement, UnsafeRawBufferPointer) {
        let header = try NumPyHeader(bytes, path: path)
        guard let element = NumPyElement(header.type) else {
            throw FileError(
                .invalid, path: path,
                header.type == "O" ? "holds Python objects, not numbers" : "has elements of type “\(header.type)”, which are not numbers")
        }
        guard let count = header.count, let length = Optional(count.multipliedReportingOverflow(by: element.size)),
            !length.overflow, bytes.count - header.dataOffset >= length.partialValue
        else { throw FileError(.invalid, path: path, "ends before its last element") }
        return (header, element, UnsafeRawBufferPointer(rebasing: bytes[header.dataOffset..<header.dataOffset + length.partialValue]))
    }

    /// Elements in Fortran's order, the first index fastest, in C's order.
    package static func ordered<Value: Numeric>(_ values: [Value], shape: [Int]) -> [Value] {
        guard shape.count > 1 else { return values }
        var result = [Value](repeating: 0, count: values.count)
        var position = [Int](repeating: 0, count: shape.count)
        for value in values {
            result[zip(position, shape).reduce(0) { $0 * $1.1 + $1.0 }] = value
            for dimension in position.indices {
                position[dimension] += 1
                if position[dimension] < shape[dimension] { break }
                position[dimension] = 0
            }
        }
        return result
    }

    /// The shape of the little-endian Float32 array in C order at `path`, as `encode` writes it; nil where the file holds
    /// another kind of array, or not all of its elements.
    package static func wholeShape(path: String) throws(FileError) -> [Int]? {
        let start = try FileContent(path: path, prefix: 1 << 16)
        return try start.withBytes { (bytes) throws(FileError) in
            let header = try NumPyHeader(bytes, path: path)
            let size = start.fileSize - header.dataOffset
            guard header.order == "<", header.type == "f4", !header.isFortran, header.count == size / 4, size % 4 == 0
            else { return nil }
            return header.shape
        }
    }
}

/// The elements of an array of one type as numbers.
package struct NumPyElement: Sendable {
    /// Bytes of an element.
    package let size: Int
    private let isFloat32: Bool
    private let convert: @Sendable (UInt64) -> Double

    /// - Parameter type: NumPy's word without byte order: `f4`, `u1`, `i8`, `b1`, …
    /// - Returns: nil for elements that are no numbers.
    package init?(_ type: String) {
        isFloat32 = type == "f4"
        switch type {
        case "b1": (size, convert) = (1, { $0 == 0 ? 0 : 1 })
        case "f2": (size, convert) = (2, { Double(Self.halfPrecision(UInt16(truncatingIfNeeded: $0))) })
        case "f4": (size, convert) = (4, { Double(Float(bitPattern: UInt32(truncatingIfNeeded: $0))) })
        case "f8": (size, convert) = (8, { Double(bitPattern: $0) })
        case "i1": (size, convert) = (1, { Double(Int8(truncatingIfNeeded: $0)) })
        case "i2": (size, convert) = (2, { Double(Int16(truncatingIfNeeded: $0)) })
        case "i4": (size, convert) = (4, { Double(Int32(truncatingIfNeeded: $0)) })
        case "i8": (size, convert) = (8, { Double(Int64(truncatingIfNeeded: $0)) })
        case "u1": (size, convert) = (1, { Double($0) })
        case "u2": (size, convert) = (2, { Double($0) })
        case "u4": (size, convert) = (4, { Double($0) })
        case "u8": (size, convert) = (8, { Double($0) })
        default: return nil
        }
    }

    /// All elements of `bytes`, a whole number of them.
    package func doubles(_ bytes: UnsafeRawBufferPointer, isBigEndian: Bool) -> [Double] {
        (0..<bytes.count / size).map { value(bytes, at: $0 * size, isBigEndian: isBigEndian) }
    }

    /// All elements of `bytes` as Float32.
    package func floats(_ bytes: UnsafeRawBufferPointer, isBigEndian: Bool) -> [Float] {
        let count = bytes.count / size
        guard isFloat32, !isBigEndian else {
            return (0..<count).map { Float(value(bytes, at: $0 * size, isBigEndian: isBigEndian)) }
        }
        return (0..<count).map {
            Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 &* 4, as: UInt32.self)))
        }
    }

    /// The element at byte `start`, whose `size` bytes must lie in `bytes`.
    package func value(_ bytes: UnsafeRawBufferPointer, at start: Int, isBigEndian: Bool) -> Double {
        var bits: UInt64 = 0
        for byte in 0..<size {
            bits |= UInt64(bytes[start + byte]) << UInt64(8 * (isBigEndian ? size - 1 - byte : byte))
        }
        return convert(bits)
    }

    private static func halfPrecision(_ bits: UInt16) -> Float {
        let exponent = Int(bits >> 10 & 31), fraction = Float(bits & 0x3FF)
        let magnitude: Float =
            switch exponent {
            case 0: fraction * 0x1p-24
            case 31: fraction == 0 ? .infinity : .nan
            default: Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
            }
        return bits >> 15 == 0 ? magnitude : -magnitude
    }
}

/// What stands before the elements of a `.npy` file.
package struct NumPyHeader: Sendable {
    package let shape: [Int]
    /// `<`, `>`, `|` or `=`.
    package let order: Character
    package let type: String
    package let isFortran: Bool
    /// Where the elements start.
    package let dataOffset: Int

    /// Number of elements; nil where that overflows.
    package var count: Int? {
        var count = 1
        for extent in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            if overflow { return nil }
            count = product
        }
        return count
    }

    package init(_ bytes: UnsafeRawBufferPointer, path: String) throws(FileError) {
        func malformed(_ reason: String) -> FileError { FileError(.invalid, path: path, reason) }
        guard bytes.count >= 10, bytes[0] == 0x93, bytes[1..<6].elementsEqual("NUMPY".utf8) else {
            throw malformed("is not a .npy file")
        }
        let wide = bytes[6] >= 2
        let preamble = wide ? 12 : 10
        guard bytes.count >= preamble else { throw malformed("ends within its header") }
        let length = (0..<preamble - 8).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
        // NumPy itself refuses longer ones of plain arrays.
        guard length <= 10_000, bytes.count >= preamble + length else { throw malformed("ends within its header") }
        let text = String(decoding: bytes[preamble..<preamble + length], as: UTF8.self)
        guard let descr = Self.field("descr", of: text), descr.count >= 3, let quote = descr.first, quote == "'" || quote == "\"",
            let end = descr.dropFirst().firstIndex(of: quote)
        else { throw malformed("has no plain element type in its header") }
        let word = descr[descr.index(after: descr.startIndex)..<end]
        guard let first = word.first, "<>|=".contains(first), word.count > 1 else {
            throw malformed("has no plain element type in its header")
        }
        order = first
        type = String(word.dropFirst())
        guard let fortran = Self.field("fortran_order", of: text), fortran.hasPrefix("True") || fortran.hasPrefix("False"),
            let tuple = Self.field("shape", of: text), tuple.first == "(", let close = tuple.firstIndex(of: ")")
        else { throw malformed("has a malformed header") }
        isFortran = fortran.hasPrefix("True")
        var shape: [Int] = []
        for part in tuple[tuple.index(after: tuple.startIndex)..<close].split(separator: ",") {
            let digits = part.filter { $0 != " " }
            if digits.isEmpty { continue }
            guard let extent = Int(digits), extent >= 0 else { throw malformed("has a malformed shape") }
            shape.append(extent)
        }
        guard shape.count <= 32 else { throw malformed("has a malformed shape") }
        self.shape = shape
        dataOffset = preamble + length
    }

    /// What follows a key and its colon.
    private static func field(_ key: String, of text: String) -> Substring? {
        for quote in ["'", "\""] {
            let name = quote + key + quote
            var start = text.startIndex
            while start < text.endIndex {
                if text[start...].hasPrefix(name) {
                    let rest = text[start...].dropFirst(name.count).drop { $0 == " " }
                    guard rest.first == ":" else { return nil }
                    return rest.dropFirst().drop { $0 == " " }
                }
                start = text.index(after: start)
            }
        }
        return nil
    }
}
