import Checkpoints
import Files
import Tensors
import Text

/// What the fuzzer does with a file: everything a user's command would.
enum Readers {
    private static let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1))

    static func read(_ path: String, name: String, folder: String) throws {
        switch name {
        case "array.npy": _ = try NumPyFile.read(path: path)
        case _ where name.hasPrefix("vectors"): _ = try PickledVectors.read(path: path)
        case _ where name.hasPrefix("maps") && name.hasSuffix(".npy"): _ = try PickledMaps.read(path: path, names: ["keys", "cam", "high_res"])
        case "maps.npz": _ = try NumPyArchive.readFloats(path: path, names: ["keys", "maps"])
        case "shards.index.json": try readAll(try ShardedArchive(indexPath: path))
        case "text.safetensors":
            let tower = try TextTowerLoader.load(path: path)
            _ = TextEncoder(tower, compute: compute).embeddings(of: [[0, 3, 1], [2]], padding: 0)
        case "vocab.json": encode(try CLIPTokenizer(vocabulary: path, merges: folder + "/merges.txt"))
        case "merges.txt":
            encode(try CLIPTokenizer(merges: path))
            encode(try CLIPTokenizer(vocabulary: folder + "/vocab.json", merges: path))
        case "spiece.model": encode(try SentencePieceTokenizer(path: path))
        case _ where name.hasPrefix("tokenizer"): encode(try TokenizerFile(path: path))
        case "config.json": _ = try ModelLoader.load(path: folder + "/vit.safetensors")
        case _ where name.hasPrefix("vit"): _ = try ModelLoader.load(path: path)
        case _ where name.hasSuffix(".npz"): try readAll(try NPZFile(path: path))
        default: try readAll(try TorchFile(path: path))
        }
    }

    private static func encode(_ tokenizer: some Tokenizer) {
        for text in ["", "a photo of a Cat!", "né ﬁ 😀 \u{301}x ▁ \u{2581}\u{2581} <e> caaat\n"] { _ = tokenizer.tokens(of: text, length: 77) }
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
