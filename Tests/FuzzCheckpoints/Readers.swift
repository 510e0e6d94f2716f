import Checkpoints
import Files
import Tensors

/// What the fuzzer does with a file: everything a user's command would.
enum Readers {
    static func read(_ path: String, name: String, folder: String) throws {
        switch name {
        case "array.npy": _ = try NumPyFile.read(path: path)
        case _ where name.hasPrefix("vectors"): _ = try PickledVectors.read(path: path)
        case _ where name.hasPrefix("maps") && name.hasSuffix(".npy"): _ = try PickledMaps.read(path: path, names: ["keys", "cam", "high_res"])
        case "maps.npz": _ = try NumPyArchive.readFloats(path: path, names: ["keys", "maps"])
        case "shards.index.json": try readAll(try ShardedArchive(indexPath: path))
        case "config.json": _ = try ModelLoader.load(path: folder + "/vit.safetensors")
        case _ where name.hasPrefix("vit"): _ = try ModelLoader.load(path: path)
        case _ where name.hasSuffix(".npz"): try readAll(try NPZFile(path: path))
        default: try readAll(try TorchFile(path: path))
        }
    }

    /// Every tensor that can be read. A file whose table is sound may still hold damaged ones.
    private static func readAll(_ archive: some TensorArchive) throws {
        var first: FileError?
        for info in archive.tensors where info.elementType.isReadable {
            do throws(FileError) { _ = try archive.tensor(named: info.name) } catch { first = first ?? error }
        }
        if let first { throw first }
    }
}
