import Files
import Tensors

/// Builds the ``ParameterSet/ResidualStem`` of a hybrid model from timm's names.
struct ResidualStemBuilder {
    let archive: any TensorArchive
    /// What stands before all names.
    let prefix: String

    private static let start = "pretrained.model.patch_embed.backbone."
    /// The name, after the prefix, by which a stem is recognized.
    static let signature = start + "stem.conv.weight"
    /// In every group norm.
    private static let groups = 32

    /// The number of stages.
    func stageCount() throws(FileError) -> Int {
        let count = try numbers(Self.start + "stages.")
        guard (1...6).contains(count) else { throw invalid("has \(count) stages under \(prefix)\(Self.start)stages") }
        return count
    }

    func build(_ collector: inout TensorCollector) throws(FileError) -> ParameterSet.ResidualStem {
        let first = try layer(Self.start + "stem.", "conv", "norm", inputs: 3, kernel: 7, &collector)
        var inputs = first.channels
        var stages: [[ParameterSet.ResidualStem.Bottleneck]] = []
        for stage in 0..<(try stageCount()) {
            var blocks: [ParameterSet.ResidualStem.Bottleneck] = []
            let count = try numbers("\(Self.start)stages.\(stage).blocks.")
            guard count > 0 else { throw invalid("\(prefix)\(Self.start)stages.\(stage) has no blocks") }
            for index in 0..<count {
                let name = "\(Self.start)stages.\(stage).blocks.\(index)."
                var shortcut: ParameterSet.ResidualStem.Layer?
                if collector.has(name + "downsample.conv.weight") {
                    shortcut = try layer(name + "downsample.", "conv", "norm", inputs: inputs, kernel: 1, &collector)
                }
                var layers: [ParameterSet.ResidualStem.Layer] = []
                var channels = inputs
                for (number, kernel) in [1, 3, 1].enumerated() {
                    let layer = try layer(
                        name, "conv\(number + 1)", "norm\(number + 1)", inputs: channels, kernel: kernel, &collector)
                    channels = layer.channels
                    layers.append(layer)
                }
                // A block that shrinks the map cannot add its input.
                guard channels == shortcut?.channels ?? inputs, shortcut != nil || index > 0 || stage == 0 else {
                    throw invalid("\(prefix)\(name) has a shortcut that does not fit, or lacks one")
                }
                inputs = channels
                blocks.append(.init(layers: layers, shortcut: shortcut))
            }
            stages.append(blocks)
        }
        return .init(first: first, stages: stages)
    }

    private func layer(
        _ start: String, _ convolution: String, _ norm: String, inputs: Int, kernel: Int, _ collector: inout TensorCollector
    ) throws(FileError) -> ParameterSet.ResidualStem.Layer {
        let name = start + convolution + ".weight"
        guard let outputs = collector.info(name)?.shape.first else { throw invalid("has no tensor \"\(prefix)\(name)\"") }
        guard outputs > 0, outputs <= 65536, outputs % Self.groups == 0 else {
            throw invalid("\(prefix)\(name) makes \(outputs) channels, not a multiple of \(Self.groups)")
        }
        return .init(
            weight: collector.take(name, [outputs, inputs, kernel, kernel]), norm: collector.norm(start + norm, outputs),
            channels: outputs, groups: Self.groups)
    }

    /// How many numbers follow `start`; they must run from 0 without a gap.
    private func numbers(_ start: String) throws(FileError) -> Int {
        let stem = prefix + start
        var found: Set<Int> = []
        for info in archive.tensors where info.name.hasPrefix(stem) {
            if let number = Int(info.name.dropFirst(stem.count).prefix { $0 != "." }), number >= 0 { found.insert(number) }
        }
        if let gap = (0..<found.count).first(where: { !found.contains($0) }) { throw invalid("\(stem)\(gap) is missing") }
        return found.count
    }

    private func invalid(_ reason: String) -> FileError { FileError(.invalid, path: archive.path, reason) }
}
