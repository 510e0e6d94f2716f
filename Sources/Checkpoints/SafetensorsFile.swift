import Files
import Tensors

/// A `.safetensors` file, mapped into memory.
///
/// Float32 tensors are used where they lie; other floating-point formats are converted when asked for.
public struct SafetensorsFile: TensorArchive {
    public var path: String { file.path }
    public var files: [String] { [file.path] }
    public var mappings: [MappedFile] { [file] }
    public var tensors: [TensorInfo] { entries.map(\.info) }

    /// Texts by name that whoever wrote the file left in it.
    public let metadata: [String: String]

    private let file: MappedFile
    private let entries: [SafetensorsHeader.Entry]
    private let positions: [String: Int]

    /// Maps the file and checks its header.
    ///
    /// - Throws: `FileError` when the file cannot be read or is not a well-formed safetensors file.
    public init(path: String) throws(FileError) {
        try self.init(try MappedFile(path: path))
    }

    init(_ file: MappedFile) throws(FileError) {
        let path = file.path
        let header = try file.withBytes { (bytes) throws(FileError) in try SafetensorsHeader(bytes, path: path) }
        self.file = file
        (entries, metadata) = (header.entries, header.metadata)
        positions = Dictionary(
            entries.enumerated().map { ($0.element.info.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    public func info(named name: String) -> TensorInfo? { positions[name].map { entries[$0].info } }

    public func tensor(named name: String) throws(FileError) -> Tensor {
        let entry = try entry(named: name)
        let shape = entry.info.shape
        try entry.info.elementType.checkReadable(name, path: path)
        return file.withBytes { bytes in
            guard entry.info.byteCount > 0, let base = bytes.baseAddress else { return Tensor(shape: shape) }
            return FloatConversion.tensor(entry.info.elementType, at: base + entry.start, shape: shape, owner: file)
        }
    }

    /// The elements of an integer tensor in row-major order.
    ///
    /// - Throws: `FileError` when there is no such tensor, it is not of an integer type, or a value exceeds `Int`.
    public func integers(named name: String) throws(FileError) -> [Int] {
        let entry = try entry(named: name)
        func read<T: FixedWidthInteger>(_: T.Type) -> [Int?] {
            file.withBytes { bytes in
                stride(from: entry.start, to: entry.start + entry.info.byteCount, by: MemoryLayout<T>.size).map {
                    Int(exactly: T(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: T.self)))
                }
            }
        }
        let values: [Int?] =
            switch entry.info.elementType {
            case .bool, .u8: read(UInt8.self)
            case .i8: read(Int8.self)
            case .u16: read(UInt16.self)
            case .i16: read(Int16.self)
            case .u32: read(UInt32.self)
            case .i32: read(Int32.self)
            case .u64: read(UInt64.self)
            case .i64: read(Int64.self)
            default:
                throw FileError(
                    .invalid, path: path,
                    "tensor \"\(name)\" is \(entry.info.elementType.rawValue), whole numbers were expected")
            }
        let numbers = values.compactMap(\.self)
        guard numbers.count == values.count else {
            throw FileError(.invalid, path: path, "tensor \"\(name)\" holds a number that is too large")
        }
        return numbers
    }

    private func entry(named name: String) throws(FileError) -> SafetensorsHeader.Entry {
        guard let position = positions[name] else {
            throw FileError(.invalid, path: path, "has no tensor \"\(name)\"")
        }
        return entries[position]
    }
}
