import Files
import Tensors

/// An archive whose names are those of training, read under the names the model has outside: wrappers (FSDP, checkpointed
/// activations, torch.compile) are left out, and of DINOv2's blocks in chunks (`blocks.1.7.norm1`) only their own number
/// counts.
struct TrainingArchive: TensorArchive {
    let tensors: [TensorInfo]
    private let base: any TensorArchive
    /// The archive's name of each tensor called otherwise here.
    private let originals: [String: String]

    var path: String { base.path }
    var files: [String] { base.files }
    var mappings: [MappedFile] { base.mappings }

    private static let wrappers = ["_fsdp_wrapped_module.", "_checkpoint_wrapped_module.", "_orig_mod."]

    /// `archive` as it is, where its names need no change or would no longer tell tensors apart.
    static func unwrapped(_ archive: any TensorArchive, _ names: TensorNames) -> any TensorArchive {
        guard names.contain("blocks.0.0.") || names.contain("_wrapped_module.") || names.contain("_orig_mod.") else { return archive }
        return TrainingArchive(archive) ?? archive
    }

    private init?(_ archive: any TensorArchive) {
        var tensors: [TensorInfo] = []
        var originals: [String: String] = [:]
        var seen: Set<String> = []
        for info in archive.tensors {
            let name = Self.outside(info.name)
            guard seen.insert(name).inserted else { return nil }
            if name != info.name { originals[name] = info.name }
            tensors.append(.init(name: name, elementType: info.elementType, shape: info.shape, byteCount: info.byteCount))
        }
        base = archive
        self.tensors = tensors
        self.originals = originals
    }

    private static func outside(_ name: String) -> String {
        var name = name
        for wrapper in wrappers where name.contains(wrapper) { name.replace(wrapper, with: "") }
        var parts = name.split(separator: ".", omittingEmptySubsequences: false)
        func isNumber(_ index: Int) -> Bool {
            index < parts.count && !parts[index].isEmpty && parts[index].allSatisfy { ("0"..."9").contains($0) }
        }
        if let blocks = parts.firstIndex(of: "blocks"), isNumber(blocks + 1), isNumber(blocks + 2) {
            parts.remove(at: blocks + 1)
            name = parts.joined(separator: ".")
        }
        return name
    }

    /// What the archive itself calls the tensor.
    func original(_ name: String) -> String { originals[name] ?? name }

    func info(named name: String) -> TensorInfo? {
        guard let info = base.info(named: original(name)), originals[name] != nil || Self.outside(name) == name else { return nil }
        return .init(name: name, elementType: info.elementType, shape: info.shape, byteCount: info.byteCount)
    }

    func tensor(named name: String) throws(FileError) -> Tensor { try base.tensor(named: original(name)) }
}
