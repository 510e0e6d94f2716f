import Files
import Tensors

/// Builds a ``ParameterSet`` out of an archive, a key map and what the configuration files say.
///
/// Sizes come from the tensors; the configuration adds what shapes cannot tell and must not contradict them.
struct ParameterBuilder {
    let archive: any TensorArchive
    let detection: FamilyDetection
    let hints: ConfigurationHints
    /// What the pixels are normalised with.
    let preprocessing: ModelConfiguration.Preprocessing

    private var keys: KeyMap { detection.keyMap }

    struct Result {
        let parameters: ParameterSet
        let ignored: [String]
        let notes: [String]
    }

    /// The sizes the first tensors give away.
    struct Sizes {
        var width: Int
        var patch: ModelConfiguration.Size
        var hiddenWidth: Int
        var depth: Int
    }

    /// - Throws: `FileError` naming the tensors or the field that does not fit.
    func build() throws(FileError) -> Result {
        var notes: [String] = []
        var collector = TensorCollector(archive, prefix: detection.prefix)
        let sizes = try sizes()
        let width = sizes.width
        let heads = try heads(width: width, notes: &notes)

        let hasClassToken = collector.has(keys.classToken) || keys.family == .huggingFace
        let hasDistillationToken = collector.has(keys.distillationToken)
        let registerName = keys.registers.first { collector.has($0) }
        let registers = try registerName.map { (name) throws(FileError) in try registerCount(name) } ?? 0
        let prefixCount = (hasClassToken ? 1 : 0) + (hasDistillationToken ? 1 : 0) + registers
        let layout = try PositionLayout(
            entries: entryCount(keys.positions), prefixCount: prefixCount, hasClassToken: hasClassToken,
            imageSize: hints.imageSize, patch: sizes.patch,
            failure: { FileError(.invalid, path: archive.path, "\(detection.prefix)\(keys.positions) \($0)") })
        notes += layout.notes

        var prefixParts: [Tensor] = []
        if hasClassToken { prefixParts.append(collector.take(keys.classToken, [1, width])) }
        if hasDistillationToken { prefixParts.append(collector.take(keys.distillationToken, [1, width])) }
        if let registerName { prefixParts.append(collector.take(registerName, [registers, width])) }
        let allPositions = collector.take(keys.positions, [layout.entries, width])
        let patchEmbedding = ParameterSet.Linear(
            weight: collector.take(
                keys.patchEmbedding + ".weight", [width, 3, sizes.patch.height, sizes.patch.width]),
            bias: collector.take(keys.patchEmbedding + ".bias", [width]))

        let hasBias = try queryKeyValueBias(collector, depth: sizes.depth)
        let hasLayerScale = (0..<sizes.depth).contains { scaleName(keys.scale1, block: $0, in: collector) != nil }
        var blocks: [ParameterSet.Block] = []
        for index in 0..<sizes.depth {
            blocks.append(block(index, sizes, hasBias: hasBias, hasLayerScale: hasLayerScale, from: &collector))
        }

        let pooledName = keys.pooledNorm.flatMap { collector.has($0 + ".weight") ? $0 : nil }
        var pooledNorm = pooledName.map { collector.norm($0, width) }
        var norm = pooledNorm != nil && !collector.has(keys.norm + ".weight") ? nil : collector.norm(keys.norm, width)

        let headLayer = headName(keys.heads, collector, width: width)
        let distillationLayer =
            hasDistillationToken ? headName([keys.distillationHead], collector, width: width) : nil
        let headKind = try headKind(
            isThere: headLayer != nil, hasDistillationHead: distillationLayer != nil, hasClassToken: hasClassToken,
            isPooled: pooledNorm != nil)
        if headKind == .classToken || headKind == .classAndDistillation, norm == nil {
            // A layer norm works on each token alone: after picking the class token or before, it is the same.
            (norm, pooledNorm) = (pooledNorm, nil)
        }
        var head: ParameterSet.Linear?
        var distillationHead: ParameterSet.Linear?
        if let name = headLayer {
            let classes = archive.info(named: name + ".weight")?.shape.first ?? 0
            head = collector.head(name, classes, width)
            if headKind == .classAndDistillation, let name = distillationLayer {
                distillationHead = collector.head(name, classes, width)
            }
        } else {
            notes.append("the file has no head: there are features, but no classes")
        }
        let ignored = try collector.finish(ignorable: keys.ignorable)
        // From here on every tensor has the shape that was asked for.
        let classCount = head?.weight.shape[0] ?? 0
        if headKind != .none, classCount == 0 {
            throw FileError(.invalid, path: archive.path, "has a head without classes")
        }

        var prefix = Self.stack(prefixParts, width: width)
        var positions = allPositions
        if layout.covers == .classOnly {
            prefix = Self.adding(allPositions.rows(0..<1), toFirstRowOf: prefix)
            positions = allPositions.rows(1..<layout.entries)
        }
        let configuration = ModelConfiguration(
            family: keys.family, architecture: hints.architecture, depth: sizes.depth, width: width, heads: heads,
            hiddenWidth: sizes.hiddenWidth, patch: sizes.patch, channels: 3, grid: layout.grid,
            hasClassToken: hasClassToken, hasDistillationToken: hasDistillationToken, registers: registers,
            positionCoversPrefix: layout.covers == .all,
            positionResampling: keys.family == .timm ? .bicubicAntialiased : .bicubic,
            activation: hints.activation ?? .gelu,
            normEpsilon: hints.normEpsilon ?? (keys.family == .timm ? 1e-6 : 1e-12), hasLayerScale: hasLayerScale,
            head: headKind, classCount: classCount,
            classNames: classNames(classCount, notes: &notes), probability: hints.probability,
            preprocessing: preprocessing)
        let flatPatch = patchEmbedding.weight.reshaped([width, 3 * sizes.patch.height * sizes.patch.width])
        return Result(
            parameters: ParameterSet(
                configuration: configuration, patchEmbedding: .init(weight: flatPatch, bias: patchEmbedding.bias),
                prefix: prefix, positions: positions, blocks: blocks, norm: norm, pooledNorm: pooledNorm, head: head,
                distillationHead: distillationHead),
            ignored: ignored, notes: notes)
    }

    // MARK: Sizes

    func sizes() throws(FileError) -> Sizes {
        let name = detection.prefix + keys.patchEmbedding + ".weight"
        guard let shape = archive.info(named: name)?.shape else { throw invalid("has no tensor \"\(name)\"") }
        guard shape.count == 4 else {
            throw invalid("\(name) is \(shape), expected [width, 3, patch height, patch width]")
        }
        guard shape[1] == 3 else {
            throw invalid("takes \(shape[1]) input channels (\(name) is \(shape)); pictures have 3")
        }
        guard (1...65536).contains(shape[0]), (1...1024).contains(shape[2]), (1...1024).contains(shape[3]) else {
            throw invalid("\(name) has an impossible shape: \(shape)")
        }
        let depth = try depth()
        let expand = "\(detection.prefix)\(keys.blocks)0.\(keys.expand).weight"
        guard let hidden = archive.info(named: expand)?.shape.first else {
            throw invalid("has no tensor \"\(expand)\"")
        }
        guard (1...1_048_576).contains(hidden) else {
            throw invalid("\(expand) has an impossible first extent: \(hidden)")
        }
        let sizes = Sizes(
            width: shape[0], patch: .init(height: shape[2], width: shape[3]), hiddenWidth: hidden, depth: depth)
        try agree(hints.width, sizes.width)
        try agree(hints.depth, sizes.depth)
        try agree(hints.hiddenWidth, sizes.hiddenWidth)
        if let patch = hints.patch, patch.value != sizes.patch {
            throw FileError(
                .invalid, path: patch.path,
                "\"\(patch.name)\" is \(patch.value.height)×\(patch.value.width), but the tensors say \(shape[2])×\(shape[3]): it belongs to another model"
            )
        }
        return sizes
    }

    private func invalid(_ reason: String) -> FileError { FileError(.invalid, path: archive.path, reason) }

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
            if let number = Int(info.name.dropFirst(stem.count).prefix { $0 != "." }), number >= 0 {
                numbers.insert(number)
            }
        }
        if let gap = (0..<numbers.count).first(where: { !numbers.contains($0) }) {
            throw invalid("has \(numbers.count) blocks, but none numbered \(gap): \(stem)\(gap) is missing")
        }
        return numbers.count
    }

    func heads(width: Int, notes: inout [String]) throws(FileError) -> Int {
        if let field = hints.heads {
            guard width.isMultiple(of: field.value) else {
                throw FileError(
                    .invalid, path: field.path,
                    "\"\(field.name)\" is \(field.value), which does not divide the width \(width)")
            }
            return field.value
        }
        guard width.isMultiple(of: 64) else {
            throw invalid(
                "needs a config.json beside it: the head count is not in the tensors, and the width \(width) is no multiple of 64"
            )
        }
        notes.append("head count is not in the config: \(width)/64 = \(width / 64) assumed")
        return width / 64
    }

    func entryCount(_ name: String) throws(FileError) -> Int {
        guard let shape = archive.info(named: detection.prefix + name)?.shape else {
            throw invalid(
                "has no position embedding (\(detection.prefix)\(name)); rotary and relative positions are not supported"
            )
        }
        guard shape.count >= 2, shape.dropLast(2).allSatisfy({ $0 == 1 }),
            (1...16_777_216).contains(shape[shape.count - 2])
        else { throw invalid("\(detection.prefix)\(name) is \(shape), expected [1, tokens, width]") }
        return shape[shape.count - 2]
    }

    private func registerCount(_ name: String) throws(FileError) -> Int {
        let count = try entryCount(name)
        guard count <= 4096 else { throw invalid("has \(count) register tokens, which cannot be right") }
        return count
    }

    // MARK: Blocks

    /// Whether query, key and value have biases: in every block or in none, and as the configuration says.
    private func queryKeyValueBias(_ collector: TensorCollector, depth: Int) throws(FileError) -> Bool {
        if let stated = hints.queryKeyValueBias, stated { return true }
        let names =
            switch keys.attention {
            case .fused(let name): [name]
            case .separate(let query, let key, let value): [query, key, value]
            }
        return (0..<depth).contains { index in
            names.contains { collector.has("\(keys.blocks)\(index).\($0).bias") }
        }
    }

    private func scaleName(_ candidates: [String], block: Int, in collector: TensorCollector) -> String? {
        candidates.lazy.map { "\(keys.blocks)\(block).\($0)" }.first { collector.has($0) }
    }

    func block(
        _ index: Int, _ sizes: Sizes, hasBias: Bool, hasLayerScale: Bool, from collector: inout TensorCollector
    ) -> ParameterSet.Block {
        let stem = "\(keys.blocks)\(index)."
        let width = sizes.width
        let query: ParameterSet.Linear
        let key: ParameterSet.Linear
        let value: ParameterSet.Linear
        switch keys.attention {
        case .fused(let name):
            let fused = collector.linear(stem + name, 3 * width, width, hasBias: hasBias)
            func part(_ number: Int) -> ParameterSet.Linear {
                // A request that failed left an empty tensor; finish() will throw.
                guard fused.weight.shape[0] == 3 * width, fused.bias.map({ $0.shape[0] == 3 * width }) ?? true else {
                    return fused
                }
                let rows = number * width..<(number + 1) * width
                return .init(weight: fused.weight.rows(rows), bias: fused.bias?.rows(rows))
            }
            (query, key, value) = (part(0), part(1), part(2))
        case .separate(let queryName, let keyName, let valueName):
            query = collector.linear(stem + queryName, width, width, hasBias: hasBias)
            key = collector.linear(stem + keyName, width, width, hasBias: hasBias)
            value = collector.linear(stem + valueName, width, width, hasBias: hasBias)
        }
        func scale(_ candidates: [String], _ collector: inout TensorCollector) -> Tensor? {
            guard hasLayerScale, let first = candidates.first else { return nil }
            return collector.take(scaleName(candidates, block: index, in: collector) ?? stem + first, [width])
        }
        return .init(
            norm1: collector.norm(stem + keys.norm1, width), query: query, key: key, value: value,
            projection: collector.linear(stem + keys.projection, width, width),
            scale1: scale(keys.scale1, &collector),
            norm2: collector.norm(stem + keys.norm2, width),
            expand: collector.linear(stem + keys.expand, sizes.hiddenWidth, width),
            contract: collector.linear(stem + keys.contract, width, sizes.hiddenWidth),
            scale2: scale(keys.scale2, &collector))
    }

    // MARK: Head

    /// The full name of the head's layer; above the model's prefix only a matrix over `width` counts as one.
    private func headName(_ candidates: [String], _ collector: TensorCollector, width: Int) -> String? {
        let weight = collector.firstName(beside: candidates.map { $0 + ".weight" }) { name, info in
            name.hasPrefix(detection.prefix) || info.shape.count == 2 && info.shape[1] == width
        }
        return weight.map { String($0.dropLast(".weight".count)) }
    }

    private func headKind(
        isThere: Bool, hasDistillationHead: Bool, hasClassToken: Bool, isPooled: Bool
    ) throws(FileError) -> ModelConfiguration.Head {
        guard isThere else { return .none }
        if hasDistillationHead, hasClassToken { return .classAndDistillation }
        switch hints.pooling {
        case .patchMean?: return .patchMean
        case .classToken?:
            guard hasClassToken else {
                throw invalid("has no class token, but its config asks for one (global_pool \"token\")")
            }
            return .classToken
        case nil: return isPooled || !hasClassToken ? .patchMean : .classToken
        }
    }

    func classNames(_ count: Int, notes: inout [String]) -> [String] {
        guard count > 0 else { return [] }
        guard let given = hints.classNames else {
            notes.append("class names are not in the config: classes are named by their index")
            return (0..<count).map(String.init)
        }
        guard given.count == count else {
            notes.append(
                "the config names \(given.count) classes, the head has \(count): classes are named by their index")
            return (0..<count).map(String.init)
        }
        return given.enumerated().map { $0.element ?? String($0.offset) }
    }

    // MARK: Tokens

    private static func stack(_ parts: [Tensor], width: Int) -> Tensor {
        if parts.count == 1 { return parts[0] }
        return Tensor(shape: [parts.reduce(0) { $0 + $1.shape[0] }, width], parts.flatMap(\.values))
    }

    private static func adding(_ row: Tensor, toFirstRowOf tokens: Tensor) -> Tensor {
        var values = tokens.values
        for (index, value) in row.values.enumerated() { values[index] += value }
        return Tensor(shape: tokens.shape, values)
    }
}
