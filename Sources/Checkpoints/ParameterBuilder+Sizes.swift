import Files

extension ParameterBuilder {
    /// The sizes the first tensors give away.
    struct Sizes {
        var width: Int
        var patch: ModelConfiguration.Size
        var hiddenWidth: Int
        var depth: Int
        var mlp: MLP
    }

    /// Which layers make the MLP.
    enum MLP {
        case plain(expand: String, contract: String)
        case gated(KeyMap.Gate)

        var isGated: Bool {
            if case .gated = self { true } else { false }
        }
    }

    /// What stands before a block's names, without the model's prefix.
    func stem(_ block: Int) -> String { "\(keys.blocks)\(block)\(keys.style.separator)" }

    /// The convolutions before the patch embedding; nil where it reads the picture.
    func stem(_ collector: inout TensorCollector) throws(FileError) -> ParameterSet.Stem? {
        try stemBuilder?.build(&collector)
    }

    private var stemBuilder: StemBuilder? {
        keys.style == .torch ? StemBuilder(archive, prefix: detection.prefix, beside: keys.patchEmbedding) : nil
    }

    /// Without the model's prefix.
    private func embeddingName() throws(FileError) -> String { try stemBuilder?.embedding() ?? keys.patchEmbedding }

    /// What a picture's patches, or those of a stem's map, are multiplied with.
    func patchEmbedding(
        _ collector: inout TensorCollector, _ sizes: Sizes, behind stem: ParameterSet.Stem?, hasBias: Bool
    ) throws(FileError) -> ParameterSet.Linear {
        let side = stem?.stride ?? 1
        return collector.patchEmbedding(
            try embeddingName(), sizes.width, stem?.channels ?? 3,
            .init(height: sizes.patch.height / side, width: sizes.patch.width / side), hasBias: hasBias,
            isBare: keys.linearPatchesAreBare)
    }

    func sizes(_ collector: TensorCollector, behind stem: ParameterSet.Stem?) throws(FileError) -> Sizes {
        let name = detection.prefix + (try embeddingName()) + keys.style.weight
        guard let stored = archive.info(named: name)?.shape else { throw invalid("has no tensor \"\(name)\"") }
        if keys.hasLinearPatches, stored.count == 2 {
            let side = Int((Double(stored[1]) / 3).squareRoot().rounded())
            guard (1...65536).contains(stored[0]), (1...1024).contains(side), 3 * side * side == stored[1] else {
                throw invalid("\(name) is \(stored), expected [width, patch height·patch width·3]")
            }
            return try sizes(collector, width: stored[0], patch: .init(height: side, width: side))
        }
        guard stored.count == 4 else {
            throw invalid("\(name) is \(stored), expected [width, 3, patch height, patch width]")
        }
        let shape = keys.style == .torch ? stored : [stored[3], stored[2], stored[0], stored[1]]
        guard shape[1] == stem?.channels ?? 3 else {
            throw invalid(
                "takes \(shape[1]) input channels (\(name) is \(stored)); " + (stem.map { "its stem makes \($0.channels)" } ?? "pictures have 3"))
        }
        guard (1...65536).contains(shape[0]), (1...1024).contains(shape[2]), (1...1024).contains(shape[3]) else {
            throw invalid("\(name) has an impossible shape: \(stored)")
        }
        let side = stem?.stride ?? 1
        return try sizes(collector, width: shape[0], patch: .init(height: shape[2] * side, width: shape[3] * side))
    }

    private func sizes(
        _ collector: TensorCollector, width: Int, patch: ModelConfiguration.Size
    ) throws(FileError) -> Sizes {
        let depth = try depth()
        let (mlp, hidden) = try mlp(collector, width: width)
        let sizes = Sizes(width: width, patch: patch, hiddenWidth: hidden, depth: depth, mlp: mlp)
        try agree(hints.width, sizes.width)
        try agree(hints.depth, sizes.depth)
        try agree(hints.hiddenWidth, sizes.hiddenWidth)
        if let patch = hints.patch, patch.value != sizes.patch {
            throw FileError(
                .invalid, path: patch.path,
                "\"\(patch.name)\" is \(patch.value.height)×\(patch.value.width), but the tensors say \(sizes.patch.height)×\(sizes.patch.width): it belongs to another model"
            )
        }
        return sizes
    }

    /// The MLP's layers and its hidden width, by what the first block has.
    private func mlp(_ collector: TensorCollector, width: Int) throws(FileError) -> (MLP, Int) {
        let first = stem(0)
        func extents(_ name: String) throws(FileError) -> (out: Int, in: Int)? {
            guard let shape = collector.info(first + name + keys.style.weight)?.shape else { return nil }
            guard shape.count == 2, shape.allSatisfy({ (1...1_048_576).contains($0) }) else {
                throw invalid("\(detection.prefix)\(first)\(name)\(keys.style.weight) has an impossible shape: \(shape)")
            }
            return keys.style == .torch ? (shape[0], shape[1]) : (shape[1], shape[0])
        }
        if case .joined(let name) = keys.attention, let found = try extents(name) {
            guard found.out > 3 * width else {
                let full = detection.prefix + first + name + keys.style.weight
                throw invalid("\(full) has \(found.out) rows, of which queries, keys and values alone are \(3 * width)")
            }
            return (.plain(expand: name, contract: keys.contract), found.out - 3 * width)
        }
        for gate in keys.gates {
            switch gate {
            case .packed(let expand, let contract):
                if try extents(expand) != nil, let found = try extents(contract) { return (.gated(gate), found.in) }
            case .split(let name, _, _):
                if let found = try extents(name) { return (.gated(gate), found.out) }
            }
        }
        for (expand, contract) in [(keys.expand, keys.contract)] + keys.mlpAlternatives {
            guard let found = try extents(expand) else { continue }
            if let after = try extents(contract), found.out == 2 * after.in, found.in == width {
                return (.gated(.packed(expand: expand, contract: contract)), after.in)
            }
            return (.plain(expand: expand, contract: contract), found.out)
        }
        throw invalid("has no tensor \"\(detection.prefix)\(first)\(keys.expand)\(keys.style.weight)\"")
    }

    private func agree(_ field: ConfigurationHints.Field<Int>?, _ found: Int) throws(FileError) {
        guard let field, field.value != found else { return }
        throw FileError(
            .invalid, path: field.path,
            "\"\(field.name)\" is \(field.value), but the tensors say \(found): it belongs to another model")
    }

    /// The number of blocks: the highest number that occurs, plus one; every number below must occur.
    func depth() throws(FileError) -> Int {
        let stem = detection.prefix + keys.blocks
        var numbers: Set<Int> = []
        for info in archive.tensors where info.name.hasPrefix(stem) {
            if let number = Int(info.name.dropFirst(stem.count).prefix { $0 != keys.style.separator }), number >= 0 {
                numbers.insert(number)
            }
        }
        if let gap = (0..<numbers.count).first(where: { !numbers.contains($0) }) {
            throw invalid("has \(numbers.count) blocks, but none numbered \(gap): \(stem)\(gap) is missing")
        }
        return numbers.count
    }

    func heads(width: Int, _ settings: inout SettingResolver) throws(FileError) -> Int {
        // Flax keeps the heads in a dimension of their own.
        if keys.style == .flax, case .separate(let query, _, _) = keys.attention,
            let shape = archive.info(named: detection.prefix + stem(0) + query + keys.style.weight)?.shape, shape.count == 3
        {
            guard shape[1] > 0, width.isMultiple(of: shape[1]) else {
                throw invalid("has \(shape[1]) heads, which do not divide the width \(width)")
            }
            return settings.found(.heads, shape[1], .tensors(detection.prefix + stem(0) + query + keys.style.weight))
        }
        // A rotary position embedding has a period for every fourth of a head.
        if let name = keys.rotaryPeriods, let count = archive.info(named: detection.prefix + name)?.shape.last, count > 0,
            count < width, width.isMultiple(of: 4 * count)
        {
            return settings.found(.heads, width / (4 * count), .tensors(detection.prefix + name))
        }
        if let headWidth = keys.headWidth, hints.heads == nil, width.isMultiple(of: headWidth) {
            return settings.found(.heads, width / headWidth, .family(keys.title))
        }
        // The class token's angles are those of half a head.
        if let name = keys.rotaryClassAngles, let count = archive.info(named: detection.prefix + name)?.shape.last, count > 0,
            count < width, width.isMultiple(of: 2 * count)
        {
            return settings.found(.heads, width / (2 * count), .tensors(detection.prefix + name))
        }
        return try settings.heads(width: width, path: archive.path)
    }
}
