import Files
import Tensors

/// Several files of tensors and the index (`model.safetensors.index.json`, `pytorch_model.bin.index.json`) that says which
/// tensor is in which.
public struct ShardedArchive: TensorArchive {
    public let path: String
    public let files: [String]
    public let tensors: [TensorInfo]
    public var mappings: [MappedFile] { shards.flatMap(\.mappings) }

    private let shards: [any TensorArchive]
    /// Tensor name → shard and position in `tensors`.
    private let places: [String: (shard: Int, position: Int)]

    /// Reads the index and the headers of the files it names, which must lie in its own folder.
    ///
    /// - Throws: `FileError` when a file is missing or damaged, the index is malformed, or it names a file elsewhere.
    public init(indexPath: String) throws(FileError) {
        let index = try JSONConfig(path: indexPath)
        guard let map = try index.object("weight_map") else {
            throw FileError(.invalid, path: indexPath, "has no \"weight_map\": not an index of shards")
        }
        let folder = indexPath.folder.appending(part: "")
        var shards: [any TensorArchive] = []
        var numbers: [String: Int] = [:]
        var tensors: [TensorInfo] = []
        var places: [String: (shard: Int, position: Int)] = [:]
        for name in map.keys {
            guard let file = try map.string(name) else { continue }
            guard !file.isEmpty, file != ".", file != "..", !file.utf8.contains(where: { $0 == 0x2F || $0 == 0 }) else {
                throw FileError(
                    .invalid, path: indexPath,
                    "names \"\(file.prefix(100))\"; a shard must be a plain file name in the same folder")
            }
            let number: Int
            if let known = numbers[file] {
                number = known
            } else {
                number = shards.count
                shards.append(try ArchiveReader.open(path: folder + file))
                numbers[file] = number
            }
            guard let info = shards[number].info(named: name) else {
                throw FileError(
                    .invalid, path: folder + file, "has no tensor \"\(name)\", which the index places there")
            }
            places[name] = (number, tensors.count)
            tensors.append(info)
        }
        path = indexPath
        files = [indexPath] + shards.map(\.path)
        self.tensors = tensors
        self.shards = shards
        self.places = places
    }

    public func info(named name: String) -> TensorInfo? { places[name].map { tensors[$0.position] } }

    public func tensor(named name: String) throws(FileError) -> Tensor {
        guard let place = places[name] else { throw FileError(.invalid, path: path, "has no tensor \"\(name)\"") }
        return try shards[place.shard].tensor(named: name)
    }

    public func integers(named name: String) throws(FileError) -> [Int] {
        guard let place = places[name] else { throw FileError(.invalid, path: path, "has no tensor \"\(name)\"") }
        return try shards[place.shard].integers(named: name)
    }
}
