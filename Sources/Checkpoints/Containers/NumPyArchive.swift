import Files
import Tensors

/// A NumPy `.npz` file: a zip archive of `.npy` arrays, stored or deflated. Names keep their slashes.
public struct NumPyArchive: TensorArchive {
    public var path: String { zip.path }
    public var files: [String] { [zip.path] }
    public let tensors: [TensorInfo]

    private let zip: ZipFile
    private let arrays: [(entry: String, header: Int, array: StoredArray)]
    private let places: [String: Int]

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
            // Most headers are far shorter than what is read first.
            var start = try zip.beginning(of: entry, limit: 512)
            do throws(NumPyHeader.Problem) {
                if start.count == 512, start.prefix(12).starts(with: [0x93]), Self.headerCount(start) > 512 {
                    start = try Self.reread(zip, entry)
                }
                let header = try NumPyHeader(start)
                let array = try header.array(size: entry.count)
                let name = String(entry.name.dropLast(4))
                tensors.append(
                    TensorInfo(name: name, elementType: array.elementType, shape: array.shape, byteCount: array.byteCount))
                arrays.append((entry.name, header.count, array))
            } catch {
                throw FileError(.invalid, path: zip.path, "\"\(entry.name.prefix(200))\" in it \(error.reason)")
            }
        }
        guard !arrays.isEmpty else { throw FileError(.invalid, path: zip.path, "is a zip archive without NumPy arrays") }
        self.tensors = tensors
        self.arrays = arrays
        places = Dictionary(tensors.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { a, _ in a })
    }

    private static func headerCount(_ start: [UInt8]) -> Int {
        start[6] == 1 ? 10 + Int(start[8]) + Int(start[9]) << 8 : NumPyHeader.maximumCount
    }

    private static func reread(_ zip: ZipFile, _ entry: ZipDirectory.Entry) throws(NumPyHeader.Problem) -> [UInt8] {
        do throws(FileError) {
            return try zip.beginning(of: entry, limit: NumPyHeader.maximumCount)
        } catch { throw NumPyHeader.Problem(reason: "is damaged") }
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
