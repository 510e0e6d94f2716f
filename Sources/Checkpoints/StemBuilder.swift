import Files
import Tensors

/// Builds the ``ParameterSet/Stem`` of a hybrid model from timm's names.
struct StemBuilder {
    /// The networks that timm's hybrids begin with.
    enum Kind: CaseIterable {
        /// ResNetV2: group norms, standardized weights.
        case residual
        /// The beginning of one.
        case residualStart
        /// ResNet-D: batch norms, three first convolutions, means in shortcuts.
        case residualD
        /// MobileCLIP's: convolutions of neither overlap nor gap with batch norms between, of which the last embeds the patches.
        case plain

        /// The name after ``StemBuilder/start`` by which it is recognized.
        var signature: String {
            switch self {
            case .residual: "stem.conv.weight"
            case .residualStart: "conv.weight"
            case .residualD: "conv1.6.weight"
            case .plain: "0.conv.weight"
            }
        }
    }

    let archive: any TensorArchive
    /// What stands before all names.
    let prefix: String
    /// What stands before the stem's, after that.
    let start: String
    let kind: Kind
    /// In every group norm.
    private static let groups = 32

    /// Nil where the model has no stem.
    ///
    /// - Parameter embedding: the layer that embeds patches, `patch_embed.proj`, of which the stem is a neighbor.
    init?(_ archive: any TensorArchive, prefix: String, beside embedding: String) {
        let start = (embedding.lastIndex(of: ".").map { String(embedding[...$0]) } ?? "") + "backbone."
        guard let kind = Kind.allCases.first(where: { archive.info(named: prefix + start + $0.signature) != nil }) else { return nil }
        self.archive = archive
        self.prefix = prefix
        self.start = start
        self.kind = kind
    }

    /// The layer that embeds the patches of the stem's map, where it is one of the stem's own.
    func embedding() throws(FileError) -> String? { kind == .plain ? "\(start)\(try plainCount()).conv" : nil }

    func build(_ collector: inout TensorCollector) throws(FileError) -> ParameterSet.Stem {
        switch kind {
        case .residual:
            let first = try layer("stem.conv", "stem.norm", inputs: 3, kernel: 7, stride: 2, &collector)
            return .init(
                first: [first],
                stages: try stages(
                    { "stages.\($0).blocks." }, shortcut: ("downsample.conv", "downsample.norm"), norms: "norm", inputs: first.channels, &collector))
        case .residualStart:
            return .init(first: [try layer("conv", "norm", inputs: 3, kernel: 7, stride: 2, &collector)])
        case .residualD:
            var first: [ParameterSet.Stem.Layer] = []
            for (number, norm) in ["conv1.1", "conv1.4", "bn1"].enumerated() {
                first.append(
                    try layer(
                        "conv1.\(3 * number)", norm, inputs: first.last?.channels ?? 3, kernel: 3, stride: number == 0 ? 2 : 1, &collector))
            }
            return .init(
                first: first,
                stages: try stages(
                    { "layer\($0 + 1)." }, shortcut: ("downsample.1", "downsample.2"), norms: "bn", inputs: first[2].channels, &collector),
                isCentered: true, averages: true)
        case .plain:
            var first: [ParameterSet.Stem.Layer] = []
            for number in 0..<(try plainCount()) {
                let side = collector.info("\(start)\(number).conv.weight")?.shape.last ?? 0
                guard side == 2 || side == 4 else {
                    throw invalid("\(prefix)\(start)\(number).conv is none of 2×2 or 4×4, as MobileCLIP's are: a stem of convolutions that overlap")
                }
                first.append(
                    try layer(
                        "\(number).conv", "\(number).bn", inputs: first.last?.channels ?? 3, kernel: side, stride: side, &collector))
            }
            return .init(first: first, isPooled: false, isGELU: true)
        }
    }

    /// How many of a plain stem's convolutions a norm follows: all but the last.
    private func plainCount() throws(FileError) -> Int {
        let count = try numbers("") - 1
        guard (1...8).contains(count) else { throw invalid("has \(count + 1) convolutions under \(prefix)\(start)") }
        return count
    }

    private func stages(
        _ name: (Int) -> String, shortcut names: (convolution: String, norm: String), norms: String, inputs: Int,
        _ collector: inout TensorCollector
    ) throws(FileError) -> [[ParameterSet.Stem.Bottleneck]] {
        var inputs = inputs
        var stages: [[ParameterSet.Stem.Bottleneck]] = []
        while collector.has(start + name(stages.count) + "0.conv1.weight") {
            var blocks: [ParameterSet.Stem.Bottleneck] = []
            for index in 0..<(try numbers(name(stages.count))) {
                let name = "\(name(stages.count))\(index).", stride = !stages.isEmpty && index == 0 ? 2 : 1
                var shortcut: ParameterSet.Stem.Layer?
                if collector.has("\(start)\(name)\(names.convolution).weight") {
                    shortcut = try layer(name + names.convolution, name + names.norm, inputs: inputs, kernel: 1, stride: stride, &collector)
                }
                var layers: [ParameterSet.Stem.Layer] = []
                for (number, kernel) in [1, 3, 1].enumerated() {
                    // The 3×3 layer shrinks the map.
                    layers.append(
                        try layer(
                            "\(name)conv\(number + 1)", "\(name)\(norms)\(number + 1)", inputs: layers.last?.channels ?? inputs, kernel: kernel,
                            stride: kernel == 3 ? stride : 1, &collector))
                }
                // A block that shrinks the map cannot add its input.
                guard let last = layers.last, last.channels == shortcut?.channels ?? inputs, shortcut != nil || stride == 1 else {
                    throw invalid("\(prefix)\(start)\(name) has a shortcut that does not fit, or lacks one")
                }
                inputs = last.channels
                blocks.append(.init(layers: layers, shortcut: shortcut))
            }
            stages.append(blocks)
        }
        guard (1...6).contains(stages.count) else { throw invalid("has \(stages.count) stages under \(prefix)\(start)") }
        return stages
    }

    private func layer(
        _ convolution: String, _ norm: String, inputs: Int, kernel: Int, stride: Int, _ collector: inout TensorCollector
    ) throws(FileError) -> ParameterSet.Stem.Layer {
        let name = start + convolution + ".weight", isGrouped = kind == .residual || kind == .residualStart
        guard let outputs = collector.info(name)?.shape.first else { throw invalid("has no tensor \"\(prefix)\(name)\"") }
        guard outputs > 0, outputs <= 65536, !isGrouped || outputs % Self.groups == 0 else {
            throw invalid("\(prefix)\(name) makes \(outputs) channels" + (isGrouped ? ", not a multiple of \(Self.groups)" : ""))
        }
        let weight = collector.take(name, [outputs, inputs, kernel, kernel]), affine = collector.norm(start + norm, outputs)
        guard !isGrouped else {
            return .init(weight: weight, norm: affine, channels: outputs, groups: Self.groups, stride: stride)
        }
        let mean = collector.take(start + norm + ".running_mean", [outputs])
        let variance = collector.take(start + norm + ".running_var", [outputs])
        // Of no use where nothing is trained.
        _ = collector.mask(start + norm + ".num_batches_tracked", [])
        return .init(weight: weight, norm: affine, statistics: (mean, variance), channels: outputs, groups: 0, stride: stride)
    }

    /// How many numbers follow `beginning`; they must run from 0 without a gap.
    private func numbers(_ beginning: String) throws(FileError) -> Int {
        let stem = prefix + start + beginning
        var found: Set<Int> = []
        for info in archive.tensors where info.name.hasPrefix(stem) {
            if let number = Int(info.name.dropFirst(stem.count).prefix { $0 != "." }), number >= 0 { found.insert(number) }
        }
        if let gap = (0..<found.count).first(where: { !found.contains($0) }) { throw invalid("\(stem)\(gap) is missing") }
        return found.count
    }

    private func invalid(_ reason: String) -> FileError { FileError(.invalid, path: archive.path, reason) }
}
