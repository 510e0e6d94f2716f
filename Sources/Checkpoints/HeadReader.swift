import Files
import Tensors

/// Reads the head a ``HeadSource`` names.
struct HeadReader {
    enum Content {
        case linear(ParameterSet.Linear)
        /// `[classes, embedding]`, as they are in the file.
        case texts(Tensor)
    }

    private static let maximumClasses = 1_000_000

    let content: Content
    /// nil without a file of names.
    let names: [String]?
    let files: [String]
    /// The mapped files, in which the head may be used in place.
    let mappings: [MappedFile]

    /// - Throws: `FileError` when a file cannot be read or holds no head.
    init(_ source: HeadSource) throws(FileError) {
        let path = source.path
        if let texts = source.texts {
            content = .texts(Tensor(shape: [texts.names.count, texts.width], texts.values))
            (names, files, mappings) = (texts.names, [], [])
            return
        }
        let archive = path.hasSuffix(".npy") ? nil : try ArchiveReader.open(path: path)
        let content: Content =
            if let archive { .linear(try Self.linear(archive)) } else { .texts(try Self.texts(path)) }
        let count =
            switch content {
            case .linear(let layer): layer.weight.shape[0]
            case .texts(let texts): texts.shape[0]
            }
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let stem = path[slash...].lastIndex(of: ".").map { path[..<$0] } ?? path[...]
        let beside = String(stem) + ".txt"
        var files = [path]
        var names: [String]?
        if let namesPath = source.namesPath ?? (AtomicFile.exists(beside) ? beside : nil) {
            names = try Self.names(namesPath, count: count)
            files.append(namesPath)
        }
        self.content = content
        self.names = names
        self.files = files
        mappings = archive?.mappings ?? []
    }

    private static func texts(_ path: String) throws(FileError) -> Tensor {
        let array = try NumPyFile.read(path: path)
        guard array.shape.count == 2, (1...maximumClasses).contains(array.shape[0]), array.shape[1] > 0 else {
            throw FileError(.invalid, path: path, "holds \(array.shape), text embeddings are [classes, embedding]")
        }
        let texts = Tensor(shape: array.shape, array.values.map { Float($0) })
        if let index = texts.firstNonFinite() {
            throw FileError(.invalid, path: path, "holds \(texts.values[index]) at element \(index): the embeddings are damaged")
        }
        return texts
    }

    /// The one matrix whose name ends in "weight", and the bias beside it.
    private static func linear(_ archive: any TensorArchive) throws(FileError) -> ParameterSet.Linear {
        func isWeight(_ info: TensorInfo) -> Bool {
            (info.name == "weight" || info.name.hasSuffix(".weight")) && info.shape.count == 2
        }
        let weights = archive.tensors.filter(isWeight)
        guard weights.count == 1, let info = weights.first, (1...maximumClasses).contains(info.shape[0]), info.shape[1] > 0
        else {
            throw FileError(
                .invalid, path: archive.path,
                "is no head: one layer's weight [classes, features] and bias were expected, it has \(weights.count) such weights")
        }
        let biasName = info.name.dropLast("weight".count) + "bias"
        let weight = try archive.tensor(named: info.name)
        var bias: Tensor?
        if let found = archive.info(named: String(biasName)) {
            guard found.shape == [info.shape[0]] else {
                throw FileError(.invalid, path: archive.path, "\(biasName) is \(found.shape), expected [\(info.shape[0])]")
            }
            bias = try archive.tensor(named: found.name)
        }
        for (name, tensor) in [(info.name, weight), (String(biasName), bias ?? weight)] {
            if let index = tensor.firstNonFinite() {
                throw FileError(
                    .invalid, path: archive.path, "tensor \"\(name)\" holds \(tensor.values[index]): the head is damaged")
            }
        }
        return .init(weight: weight, bias: bias)
    }

    private static func names(_ path: String, count: Int) throws(FileError) -> [String] {
        let file = try FileContent(path: path)
        guard file.bytes.count <= 64 << 20 else { throw FileError(.invalid, path: path, "is too large for a list of names") }
        let text = file.withBytes { String(decoding: $0, as: UTF8.self) }
        var names = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        while names.last?.isEmpty == true { names.removeLast() }
        guard names.count == count else {
            throw FileError(.invalid, path: path, "has \(names.count) names, the head \(count) classes; one name a line")
        }
        return names
    }
}
