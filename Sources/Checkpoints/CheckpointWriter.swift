import Files
import Tensors

/// A model as a checkpoint that is read back as the same model: tensors under a family's names, and `config.json`.
public protocol CheckpointWriter: Sendable {
    /// Adds the tensors, in the order of computation.
    func add(to encoder: inout SafetensorsEncoder, as element: SafetensorsEncoder.Element)
    var config: String { get }
}

extension ParameterSet {
    /// What writes this model: under the published GETAM model's names where it is one, else under timm's.
    ///
    /// - Throws: `FileError` that says what stands in the way; `path` is the model's, for the message.
    public func writer(path: String) throws(FileError) -> any CheckpointWriter {
        if configuration.family == .published { return PublishedWriter(self) }
        return try TimmWriter(self, path: path)
    }
}

extension ParameterSet.Convolution {
    /// Weight and bias, which are written as a linear layer's are.
    var linear: ParameterSet.Linear { .init(weight: weight, bias: bias) }
}

extension SafetensorsEncoder {
    mutating func put(_ name: String, _ shape: [Int], _ parts: [Tensor], as element: Element) {
        add(name, shape: shape, parts, as: element)
    }

    mutating func put(_ name: String, _ linear: ParameterSet.Linear?, as element: Element) {
        guard let linear else { return }
        add(name + ".weight", shape: linear.weight.shape, [linear.weight], as: element)
        if let bias = linear.bias { add(name + ".bias", shape: bias.shape, [bias], as: element) }
    }

    mutating func put(_ name: String, _ norm: ParameterSet.Norm?, as element: Element) {
        guard let norm else { return }
        add(name + ".weight", shape: norm.weight.shape, [norm.weight], as: element)
        if norm.kind == .layer { add(name + ".bias", shape: norm.bias.shape, [norm.bias], as: element) }
    }

    /// Blocks as timm names them, after `prefix`.
    mutating func putBlocks(_ prefix: String, _ blocks: [ParameterSet.Block], width: Int, as element: Element) {
        for (index, block) in blocks.enumerated() {
            let name = "\(prefix)\(index)."
            put(name + "norm1", block.norm1, as: element)
            put(name + "attn.qkv.weight", [3 * width, width], [block.query.weight, block.key.weight, block.value.weight], as: element)
            if block.query.bias != nil || block.key.bias != nil || block.value.bias != nil {
                let zeros = Tensor(shape: [width])
                put(name + "attn.qkv.bias", [3 * width], [block.query, block.key, block.value].map { $0.bias ?? zeros }, as: element)
            }
            put(name + "attn.q_norm", block.queryNorm, as: element)
            put(name + "attn.k_norm", block.keyNorm, as: element)
            put(name + "attn.proj", block.projection, as: element)
            if let scale = block.scale1 { put(name + "ls1.gamma", [width], [scale], as: element) }
            put(name + "norm2", block.norm2, as: element)
            put(name + "mlp.fc1", block.expand, as: element)
            put(name + "mlp.fc2", block.contract, as: element)
            if let scale = block.scale2 { put(name + "ls2.gamma", [width], [scale], as: element) }
        }
    }
}
