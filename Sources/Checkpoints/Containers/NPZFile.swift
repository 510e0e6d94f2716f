import Files
import Tensors

/// A NumPy `.npz` file of tensors: a zip archive of `.npy` arrays, stored or deflated. Names keep their slashes.
///
/// Arrays are converted when asked for, so that a file of any size costs no more than the tensors taken from it.
public struct NPZFile: TensorArchive {
    public var path: String { zip.path }
    public var files: [String] { [zip.path] }
    public var mappings: [MappedFile] { [zip.file] }
    public let tensors: [TensorInfo]

    private let zip: ZipFile
    private let arrays: [(entry: String, header: Int, array: StoredArray)]
    private let places: [String: Int]

    /// NumPy's words for little-endian types; two bytes without a type are what bfloat16 becomes in NumPy.
    private static let types: [String: ElementType] = [
        "b1": .bool, "u1": .u8, "i1": .i8, "u2": .u16, "i2": .i16, "u4": .u32, "i4": .i32, "u8": .u64, "i8": .i64,
        "f2": .f16, "f4": .f32, "f8": .f64, "c8": .c64, "V2": .bf16,
    ]
    /// Longer than any header that can be read.
    private static let headerLimit = 1 << 14

    /// Maps the file and reads every array's header.
    ///
    /// - Throws: `FileError` when the file cannot be read or is not an archive of arrays.
    public init(path: String) throws(FileError) {
        try self.init(try ZipFile(try MappedFile(path: path)))
    }

    init(_ zip: ZipFile) throws(FileError) {
        self.zip = zip
        var tensors: [TensorInfo] = []
        var arrays: [(entry: String, header: Int, array: StoredArray)] = []
        for entry in zip.directory.entries where entry.name.hasSuffix(".npy") {
            let start = try zip.beginning(of: entry, limit: Self.headerLimit)
            let inside = "\"\(entry.name.prefix(200))\" in it "
            do throws(FileError) {
                let header = try start.withBytes { (bytes) throws(FileError) in try NumPyHeader(bytes, path: zip.path) }
                let array = try Self.array(header, size: entry.count, path: zip.path)
                let name = String(entry.name.dropLast(4))
                tensors.append(
                    TensorInfo(name: name, elementType: array.elementType, shape: array.shape, byteCount: array.byteCount))
                arrays.append((entry.name, header.dataOffset, array))
            } catch {
                throw FileError(error.kind, path: error.path, inside + error.reason)
            }
        }
        guard !arrays.isEmpty else { throw FileError(.invalid, path: zip.path, "is a zip archive without NumPy arrays") }
        self.tensors = tensors
        self.arrays = arrays
        places = Dictionary(tensors.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { a, _ in a })
    }

    /// Where the elements lie in an array of `size` bytes, header included.
    private static func array(_ header: NumPyHeader, size: Int, path: String) throws(FileError) -> StoredArray {
        guard header.order != ">", let type = types[header.type] else {
            throw FileError(
                .invalid, path: path, "has elements of type “\(header.order)\(header.type.prefix(40))”, which is not supported")
        }
        let available = max(0, size - header.dataOffset) / (type.bitCount / 8)
        // Column-major order is row-major order of the reversed shape.
        let strides = header.isFortran ? Array(StoredArray.rowMajor(header.shape.reversed()).reversed()) : nil
        do throws(StoredArray.Problem) {
            return try StoredArray(type, shape: header.shape, strides: strides, available: available)
        } catch { throw FileError(.invalid, path: path, error.reason) }
    }

    public func info(named name: String) -> TensorInfo? { places[name].map { tensors[$0] } }

    public func tensor(named name: String) throws(FileError) -> Tensor {
        guard let place = places[name] else { throw FileError(.invalid, path: path, "has no array \"\(name)\"") }
        let (entry, header, array) = arrays[place]
        try array.elementType.checkReadable(name, path: path)
        let content = try zip.bytes(named: entry)
        guard content.bytes.count >= header + array.byteCount else {
            throw FileError(.invalid, path: path, "array \"\(name)\" is cut short")
        }
        return array.tensor(in: content.from(header))
    }
}
