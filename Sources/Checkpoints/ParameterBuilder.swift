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
    /// A head that takes the place of the file's, and where it came from.
    let head: HeadReader?
    let headPath: String?

    var keys: KeyMap { detection.keyMap }

    struct Result {
        let parameters: ParameterSet
        let ignored: [String]
        let notes: [String]
    }

    /// - Throws: `FileError` naming the tensors or the field that does not fit.
    func build() throws(FileError) -> Result {
        var notes: [String] = []
        var collector = TensorCollector(archive, prefix: detection.prefix, style: keys.style)
        let sizes = try sizes(collector)
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
        let normBefore = keys.normPre.flatMap { collector.hasNorm($0) ? collector.norm($0, width) : nil }
        // CLIP's embedding has no bias; it would vanish in the norm that follows.
        let hasPatchBias = normBefore == nil || collector.hasBias(keys.patchEmbedding)
        let patchEmbedding = collector.patchEmbedding(keys.patchEmbedding, width, 3, sizes.patch, hasBias: hasPatchBias)

        let features = BlockFeatures(
            hasBias: queryKeyValueBias(collector, depth: sizes.depth),
            hasLayerScale: (0..<sizes.depth).contains { scaleName(keys.scale1, block: $0, in: collector) != nil },
            hasQueryKeyNorm: keys.queryNorm.map { name in
                (0..<sizes.depth).contains { collector.hasNorm(stem($0) + name) }
            } ?? false,
            headWidth: width / heads)
        var blocks: [ParameterSet.Block] = []
        for index in 0..<sizes.depth { blocks.append(block(index, sizes, features, from: &collector)) }

        let pooledName = keys.pooledNorm.flatMap { collector.hasNorm($0) ? $0 : nil }
        var pooledNorm = pooledName.map { collector.norm($0, width) }
        var norm = pooledNorm != nil && !collector.hasNorm(keys.norm) ? nil : collector.norm(keys.norm, width)
        let parts = try headParts(
            &collector, width: width, hasClassToken: hasClassToken, hasDistillationToken: hasDistillationToken,
            isPooled: pooledNorm != nil, notes: &notes)
        if parts.kind == .classToken || parts.kind == .classAndDistillation, norm == nil {
            // A layer norm works on each token alone: after picking the class token or before, it is the same.
            (norm, pooledNorm) = (pooledNorm, nil)
        }
        let ignored = try collector.finish(ignorable: keys.ignorable)
        // From here on every tensor has the shape that was asked for.
        let classCount = parts.head?.weight.shape[0] ?? 0
        if parts.kind != .none, classCount == 0 {
            throw FileError(.invalid, path: archive.path, "has a head without classes")
        }

        var prefix = Self.stack(prefixParts, width: width)
        var positions = allPositions
        if layout.covers == .classOnly {
            prefix = Self.adding(allPositions.rows(0..<1), toFirstRowOf: prefix)
            positions = allPositions.rows(1..<layout.entries)
        }
        let activation = activation(isGated: sizes.mlp.isGated, notes: &notes)
        let defaults = keys.defaults
        let configuration = ModelConfiguration(
            family: keys.family, architecture: hints.architecture, depth: sizes.depth, width: width, heads: heads,
            hiddenWidth: sizes.hiddenWidth, patch: sizes.patch, channels: 3, grid: layout.grid,
            hasClassToken: hasClassToken, hasDistillationToken: hasDistillationToken, registers: registers,
            positionCoversPrefix: layout.covers == .all,
            positionResampling: registers > 0
                ? defaults.resamplingWithRegisters ?? defaults.resampling : defaults.resampling,
            activation: activation, normEpsilon: hints.normEpsilon ?? defaults.normEpsilon,
            hasLayerScale: features.hasLayerScale, head: parts.kind, classCount: classCount,
            classNames: classNames(classCount, notes: &notes), probability: hints.probability,
            preprocessing: preprocessing, hasGate: sizes.mlp.isGated, hasQueryKeyNorm: features.hasQueryKeyNorm,
            hasNormBefore: normBefore != nil)
        return Result(
            parameters: ParameterSet(
                configuration: configuration, patchEmbedding: patchEmbedding, prefix: prefix, positions: positions,
                blocks: blocks, norm: norm, pooledNorm: pooledNorm, head: parts.head,
                distillationHead: parts.distillationHead, normBefore: normBefore, preLogits: parts.preLogits,
                projection: parts.projection, logitScale: parts.logitScale),
            ignored: ignored, notes: notes)
    }

    func invalid(_ reason: String) -> FileError { FileError(.invalid, path: archive.path, reason) }

    private func activation(isGated: Bool, notes: inout [String]) -> ModelConfiguration.Activation {
        // Hugging Face's hidden_act speaks of the plain MLP only.
        if isGated { return keys.family == .huggingFace ? .silu : hints.activation ?? .silu }
        if let stated = hints.activation { return stated }
        if keys.family == .clip {
            notes.append(
                "no open_clip_config.json says which GELU: OpenAI's quick GELU assumed, which some OpenCLIP models do not use")
        }
        return keys.defaults.activation
    }

    func classNames(_ count: Int, notes: inout [String]) -> [String] {
        guard count > 0 else { return [] }
        guard let given = head.map({ $0.names.map { $0.map(Optional.some) } }) ?? hints.classNames else {
            notes.append(
                head == nil
                    ? "class names are not in the config: classes are named by their index"
                    : "no class names beside the head: classes are named by their index")
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
