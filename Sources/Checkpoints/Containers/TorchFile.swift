import Files
import Tensors

/// A PyTorch file (`.pth`, `.pt`, `.bin`): the zip layout of 1.6 and later, TorchScript's among it, or the older one.
///
/// Tensors in wrappers are named by their place, such as `model.blocks.0.norm1.weight`. Contiguous Float32 tensors are used
/// where they lie in the file; others are converted or put in order when asked for.
///
/// Sources: torch/serialization.py for both layouts; §4.3 of PKWARE's APPNOTE for the zip.
public struct TorchFile: TensorArchive {
    public let path: String
    public var files: [String] { [path] }
    public var mappings: [MappedFile] {
        switch source {
        case .zip(let zip, _): [zip.file]
        case .plain(let file, _): [file]
        }
    }
    public let tensors: [TensorInfo]

    private let views: [TorchStorages.TensorView]
    private let storages: [TorchStorages.Storage]
    private let places: [String: Int]
    private let source: Source

    /// Where the storages' bytes are.
    private enum Source: Sendable {
        case zip(ZipFile, folder: String)
        /// Beginning of each key's elements in the file.
        case plain(MappedFile, [String: Range<Int>])
    }

    /// Maps the file and reads its pickle; nothing in it is ever executed.
    ///
    /// - Throws: `FileError` when the file cannot be read, is not a PyTorch file, or holds objects other than tensors,
    ///   containers and numbers.
    public init(path: String) throws(FileError) {
        try self.init(try MappedFile(path: path))
    }

    init(_ file: MappedFile) throws(FileError) {
        let path = file.path
        var machine = PickleMachine()
        let root: PickleValue
        if file.withBytes({ $0.starts(with: [0x50, 0x4B]) }) {
            let zip = try ZipFile(file)
            (root, source) = try Self.readZip(zip, &machine)
        } else {
            (root, source) = try Self.readPlain(file, &machine)
        }
        let tree: TensorTree
        do throws(PickleProblem) {
            tree = try TensorTree(root, heap: machine.heap)
        } catch { throw FileError(.invalid, path: path, error.reason) }
        let storages = machine.storages.storages
        let all = machine.storages.tensors
        let views = tree.tensors.map { all[$0.tensor] }
        try Self.checkExpansion(views, storages, path: path)
        self.path = path
        self.storages = storages
        self.views = views
        tensors = zip(tree.tensors, views).map {
            TensorInfo(
                name: $0.0.name, elementType: $0.1.array.elementType, shape: $0.1.array.shape,
                byteCount: $0.1.array.byteCount)
        }
        places = Dictionary(tree.tensors.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { a, _ in a })
    }

    public func info(named name: String) -> TensorInfo? { places[name].map { tensors[$0] } }

    public func tensor(named name: String) throws(FileError) -> Tensor {
        guard let place = places[name] else { throw FileError(.invalid, path: path, "has no tensor \"\(name)\"") }
        let view = views[place]
        try view.array.elementType.checkReadable(name, path: path)
        return view.array.tensor(in: try bytes(of: storages[view.storage]))
    }

    /// A single one of 64 bits, as counters are.
    public func integers(named name: String) throws(FileError) -> [Int] {
        guard let array = places[name].map({ views[$0].array }), let place = places[name] else {
            throw FileError(.invalid, path: path, "has no tensor \"\(name)\"")
        }
        guard array.elementType == .i64, array.count == 1 else {
            throw FileError(.invalid, path: path, "tensor \"\(name)\" is no single whole number")
        }
        return try bytes(of: storages[views[place].storage]).withBytes {
            [Int(Int64(littleEndian: $0.loadUnaligned(fromByteOffset: array.start * 8, as: Int64.self)))]
        }
    }

    /// The elements of a storage, or of the part that a view of the old layout takes.
    private func bytes(of storage: TorchStorages.Storage) throws(FileError) -> HeldBytes {
        switch source {
        case .zip(let zip, let folder):
            let name = folder + "data/" + storage.key, wanted = storage.byteCount(storage.total)
            // Before anything is inflated: an entry much larger than its storage is no entry of torch.save's.
            if let entry = zip.entry(named: name), entry.count < wanted || entry.isDeflated && entry.count / 2 > wanted + 4096 {
                throw FileError(
                    .invalid, path: path,
                    "storage \"\(storage.key.prefix(100))\" has \(entry.count) bytes, the pickle says \(storage.total) elements")
            }
            return try zip.bytes(named: name)
        case .plain(let file, let ranges):
            guard let range = ranges[storage.key] else {
                throw FileError(.invalid, path: path, "has no storage \"\(storage.key.prefix(100))\"")
            }
            let first = range.lowerBound + storage.byteCount(storage.start)
            return HeldBytes(file, first..<first + storage.byteCount(storage.count))
        }
    }

    // MARK: Layouts

    private static let maximumPickle = 128 << 20

    private static func readZip(
        _ zip: ZipFile, _ machine: inout PickleMachine
    ) throws(FileError) -> (PickleValue, Source) {
        let pickles = zip.directory.entries.filter { $0.name == "data.pkl" || $0.name.hasSuffix("/data.pkl") }
        guard let pickle = pickles.min(by: { $0.name.utf8.count < $1.name.utf8.count }) else {
            throw FileError(.invalid, path: zip.path, "is a zip archive without data.pkl: not a PyTorch file")
        }
        let folder = String(pickle.name.dropLast("data.pkl".count))
        let largest = min(maximumPickle, max(8 << 20, pickle.storedCount.multipliedReportingOverflow(by: 64).partialValue))
        guard pickle.count <= largest else {
            throw FileError(.invalid, path: zip.path, "has a pickle of \(pickle.count) bytes, which cannot be right")
        }
        if zip.entry(named: folder + "byteorder") != nil {
            let order = try zip.bytes(named: folder + "byteorder")
            guard order.withBytes({ $0.starts(with: "little".utf8) }) else {
                throw FileError(.invalid, path: zip.path, "holds big-endian numbers: not supported; save it on a little-endian machine")
            }
        }
        let content = try zip.bytes(named: pickle.name)
        do throws(PickleProblem) {
            let root = try content.withBytes { (bytes) throws(PickleProblem) in
                var cursor = ByteCursor(bytes)
                return try machine.read(&cursor)
            }
            return (root, .zip(zip, folder: folder))
        } catch { throw FileError(.invalid, path: zip.path, error.reason) }
    }

    /// The magic number that a file of the old layout begins with, pickled.
    static let plainStart: [UInt8] = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]

    private static func readPlain(
        _ file: MappedFile, _ machine: inout PickleMachine
    ) throws(FileError) -> (PickleValue, Source) {
        do throws(PickleProblem) {
            let (root, ranges) = try file.withBytes { (bytes) throws(PickleProblem) in try readPlain(bytes, &machine) }
            return (root, .plain(file, ranges))
        } catch { throw FileError(.invalid, path: file.path, error.reason) }
    }

    private static func readPlain(
        _ bytes: UnsafeRawBufferPointer, _ machine: inout PickleMachine
    ) throws(PickleProblem) -> (PickleValue, [String: Range<Int>]) {
        guard bytes.count >= 15, bytes[0] == 0x80, bytes.dropFirst(2).starts(with: plainStart) else {
            throw PickleProblem(
                "is a Python pickle, but not one of torch.save; save the model's state_dict() by torch.save or as .safetensors")
        }
        var cursor = ByteCursor(bytes, at: 15)
        // The protocol's version, and the sizes of C's integers.
        guard case .integer(1001) = try machine.read(&cursor) else {
            throw PickleProblem("is of an unknown version of torch.save's old layout")
        }
        _ = try machine.read(&cursor)
        let root = try machine.read(&cursor)
        guard case .node(let place) = try machine.read(&cursor), case .list(let keys) = machine.heap[place] else {
            throw PickleProblem("has no list of storages")
        }
        return (root, try ranges(of: keys, machine.storages.storages, &cursor))
    }

    /// The storage in a file of the old layout that lies in a pickle: what PyTorch makes of a tensor that is pickled by itself.
    static func storage(in bytes: [UInt8]) throws(PickleProblem) -> PickledStorage {
        var machine = PickleMachine()
        let (root, ranges) = try bytes.withUnsafeBytes { bytes -> Result<(PickleValue, [String: Range<Int>]), PickleProblem> in
            do throws(PickleProblem) { return .success(try readPlain(bytes, &machine)) } catch { return .failure(error) }
        }.get()
        guard case .storage(let place) = root, let type = machine.storages.storages[place].elementType,
            let range = ranges[machine.storages.storages[place].key]
        else { throw PickleProblem("has a tensor without a storage of one element type") }
        let storage = machine.storages.storages[place]
        let first = range.lowerBound + storage.byteCount(storage.start)
        let held = HeldBytes(count: storage.byteCount(storage.count)) { (target) throws(Never) in
            target.copyBytes(from: bytes[first..<first + target.count])
        }
        return PickledStorage(elementType: type, count: storage.count, bytes: held)
    }

    /// Where each storage of the old layout lies: its number of elements, then those.
    private static func ranges(
        of keys: [PickleValue], _ storages: [TorchStorages.Storage], _ cursor: inout ByteCursor
    ) throws(PickleProblem) -> [String: Range<Int>] {
        let known = Dictionary(storages.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        var ranges: [String: Range<Int>] = [:]
        for key in keys {
            guard case .text(let key) = key, let storage = known[key] else {
                throw PickleProblem("lists a storage that no tensor refers to")
            }
            guard let count = cursor.readInt(Int64.self), count == storage.total else {
                throw PickleProblem("is cut short or damaged at storage \"\(key.prefix(100))\"")
            }
            let start = cursor.position
            guard cursor.skip(storage.byteCount(count)) else {
                throw PickleProblem("is cut short in storage \"\(key.prefix(100))\"")
            }
            ranges[key] = start..<cursor.position
        }
        // A key may stand for storages of several element types only in a file made to mislead.
        for storage in storages {
            guard let range = ranges[storage.key], range.count == storage.byteCount(storage.total) else {
                throw PickleProblem("has no storage \"\(storage.key.prefix(100))\"")
            }
        }
        return ranges
    }

    /// Views may repeat what is stored, but not so that a small file becomes a large model.
    private static func checkExpansion(
        _ views: [TorchStorages.TensorView], _ storages: [TorchStorages.Storage], path: String
    ) throws(FileError) {
        var stored = 0
        var seen: Set<String> = []
        var asked = 0
        for view in views {
            let storage = storages[view.storage]
            if seen.insert(storage.key).inserted { stored += storage.byteCount(storage.total) }
            asked = asked.addingReportingOverflow(view.array.byteCount).partialValue
            guard asked >= 0, asked <= 1 << 50 else { break }
        }
        guard asked >= 0, asked <= 4 * stored + (1 << 20) else {
            throw FileError(.invalid, path: path, "has tensors of \(asked) bytes in all that view \(stored) stored bytes")
        }
    }
}

extension TorchStorages.Storage {
    /// Bytes that `elements` of its elements take.
    func byteCount(_ elements: Int) -> Int { elements * (elementType?.bitCount ?? 8) / 8 }
}
