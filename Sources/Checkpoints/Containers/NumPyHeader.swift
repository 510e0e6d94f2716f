/// The header of an array in NumPy's `.npy` format.
///
/// Source: numpy.lib.format's description: magic, version, header length, then a Python dictionary such as
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
struct NumPyHeader {
    let elementType: ElementType
    let shape: [Int]
    /// Column-major order instead of row-major.
    let isFortran: Bool
    /// Where the elements start.
    let count: Int

    struct Problem: Error { let reason: String }

    /// How far a header may reach.
    static let maximumCount = 1 << 16

    /// - Parameter bytes: the beginning of the array, at least its header.
    init(_ bytes: some Collection<UInt8>) throws(Problem) {
        var rest = bytes.prefix(Self.maximumCount)[...]
        func next(_ count: Int) throws(Problem) -> [UInt8] {
            guard rest.count >= count else { throw Problem(reason: "is cut short") }
            let part = Array(rest.prefix(count))
            rest = rest.dropFirst(count)
            return part
        }
        guard try next(6) == [0x93] + Array("NUMPY".utf8) else { throw Problem(reason: "is not a NumPy array") }
        let version = try next(2)[0]
        guard (1...3).contains(version) else { throw Problem(reason: "has version \(version) of NumPy's format; 1 to 3 can be read") }
        let length = try next(version == 1 ? 2 : 4).reversed().reduce(0) { $0 << 8 | Int($1) }
        count = (version == 1 ? 10 : 12) + length
        guard count <= Self.maximumCount else { throw Problem(reason: "has a header of \(length) bytes, which cannot be right") }
        let text = String(decoding: try next(length), as: UTF8.self)

        guard let type = Self.value(of: "descr", in: text) else { throw Problem(reason: "has a header without descr") }
        guard let quote = type.first, quote == "'" || quote == "\"" else {
            throw Problem(reason: "is an array of records, which is not supported")
        }
        let name = type.dropFirst().prefix { $0 != quote }
        guard let elementType = Self.types[String(name)] else {
            throw Problem(reason: "has elements of the type \(name.prefix(40)), which is not supported")
        }
        self.elementType = elementType
        guard let order = Self.value(of: "fortran_order", in: text), order.hasPrefix("True") || order.hasPrefix("False")
        else { throw Problem(reason: "has a header without fortran_order") }
        isFortran = order.hasPrefix("True")
        guard let extents = Self.value(of: "shape", in: text), extents.hasPrefix("("), let end = extents.firstIndex(of: ")")
        else { throw Problem(reason: "has a header without shape") }
        var shape: [Int] = []
        for part in extents[extents.index(after: extents.startIndex)..<end].split(separator: ",") {
            let digits = part.filter { $0 != " " }
            if digits.isEmpty { continue }
            guard let extent = Int(digits), extent >= 0 else { throw Problem(reason: "has the impossible shape \(extents.prefix(60))") }
            shape.append(extent)
        }
        self.shape = shape
    }

    /// The elements' place in an array of `size` bytes, header included.
    func array(size: Int) throws(Problem) -> StoredArray {
        let available = max(0, size - count) / (elementType.bitCount / 8)
        // Column-major order is row-major order of the reversed shape.
        let strides = isFortran ? Array(StoredArray.rowMajor(shape.reversed()).reversed()) : nil
        do throws(StoredArray.Problem) {
            return try StoredArray(elementType, shape: shape, strides: strides, available: available)
        } catch { throw Problem(reason: error.reason) }
    }

    /// What follows `'name':` in a dictionary's text.
    private static func value(of name: String, in text: String) -> Substring? {
        for quote in ["'", "\""] {
            let key = Array((quote + name + quote).utf8)
            let bytes = text.utf8
            var place = bytes.startIndex
            while place < bytes.endIndex {
                if bytes[place...].starts(with: key) {
                    let rest = text[bytes.index(place, offsetBy: key.count)...].drop { $0 == " " }
                    guard rest.first == ":" else { return nil }
                    return rest.dropFirst().drop { $0 == " " }
                }
                place = bytes.index(after: place)
            }
        }
        return nil
    }

    /// Little-endian types; two bytes without a type are what bfloat16 becomes in NumPy.
    private static let types: [String: ElementType] = [
        "|b1": .bool, "|u1": .u8, "|i1": .i8, "<u2": .u16, "<i2": .i16, "<u4": .u32, "<i4": .i32, "<u8": .u64, "<i8": .i64,
        "<f2": .f16, "<f4": .f32, "<f8": .f64, "<c8": .c64, "|V2": .bf16, "<V2": .bf16, "bfloat16": .bf16,
    ]
}
