import Files
import Tensors

/// Builds a ``ParameterSet`` out of an archive, a key map and what the configuration files say.
///
/// Sizes come from the tensors; the configuration adds what shapes cannot tell and must not contradict them.
struct ParameterBuilder {
    let archive: any TensorArchive
    let detection: FamilyDetection
    let hints: ConfigurationHints
    /// Decides what the tensors do not tell.
    let settings: SettingResolver
    /// A head that takes the place of the file's, and where it came from.
    let head: HeadReader?
    let headPath: String?

    var keys: KeyMap { detection.keyMap }

    struct Result {
        let parameters: ParameterSet
        let ignored: [String]
        /// With the notes and the origin of every setting.
        let settings: SettingResolver
    }

    /// - Throws: `FileError` naming the tensors or the field that does not fit.
    func build() throws(FileError) -> Result {
        var settings = settings
        var collector = TensorCollector(archive, prefix: detection.prefix, style: keys.style)
        let stem = try stem(&collector)
        let sizes = try sizes(collector, behind: stem)
        collector.normKind = normKind(collector, depth: sizes.depth)
        if collector.normKind == .rootMeanSquare, settings.architecture?.normKind != .rootMeanSquare, !keys.hasRMSNorms {
            settings.note("the norms have no biases: RMS norms assumed")
        }
        let width = sizes.width
        let heads = try heads(width: width, &settings)

        let mustHaveClass = keys.family == .huggingFace && !hints.lacksClassToken && !keys.classToken.isEmpty
        let hasClassToken = collector.has(keys.classToken) || mustHaveClass
        let hasDistillationToken = collector.has(keys.distillationToken)
        let registerName = keys.registers.first { collector.info($0).map { !$0.shape.contains(0) } ?? false }
        let registers = try registerName.map { (name) throws(FileError) in try registerCount(name) } ?? 0
        let classTokens = keys.hasClassTokens && collector.has(keys.classToken) ? try registerCount(keys.classToken) : 1
        let prefixCount = (hasClassToken ? classTokens : 0) + (hasDistillationToken ? 1 : 0) + registers
        let axes = try axisPositions(&collector, width: width)
        let tables = try positionTables(&collector, width: width)
        let hasPositions = axes != nil || collector.has(keys.positions)
        /// Whether they tell a grid.
        let hasGrid = hasPositions && tables == nil
        let rotary = settings.rotary(
            hasPositions: hasPositions,
            suggestion: suggestedRotary(collector, sizes, hasPositions: hasPositions, registers: registers))
        let hasSines = hints.hasSinePositions && !hasPositions
        if hasSines, !width.isMultiple(of: 4) { throw invalid("is \(width) wide, of which sines of positions take a multiple of four") }
        let isPlaced = hasGrid || rotary == nil && !hasSines
        let shared = keys.sharesFirstPosition && isPlaced ? 1 : 0
        let entries = try axes == nil && isPlaced ? entryCount(keys.positions) - shared : axes?.table.shape[0] ?? 0
        let layout = isPlaced
            ? try PositionLayout(
                entries: entries, prefixCount: prefixCount, hasClassToken: hasClassToken,
                imageSize: positionGridSize(axes?.grid, sizes.patch) ?? hints.imageSize?.value, patch: sizes.patch,
                failure: { FileError(.invalid, path: archive.path, "\(detection.prefix)\(keys.positions) \($0)") })
            : PositionLayout(
                withoutEntriesOf: hints.imageSize?.value ?? settings.architecture?.input,
                patch: sizes.patch)
        layout.notes.forEach { settings.note($0) }
        let isStated = layout.grid.height != layout.grid.width || !hasGrid
        let tellsSize = hasGrid
            ? SettingSource.tensors(detection.prefix + (axes?.name ?? keys.positions))
            : settings.architecture?.input == nil ? .assumed : settings.architectureSource
        let usualInput = hasPositions ? usualInput(layout.grid, sizes.patch) : nil
        _ = settings.found(
            .inputSize, layout.grid, usualInput?.source ?? (isStated ? hints.imageSize?.source ?? tellsSize : tellsSize))

        var prefixParts: [Tensor] = []
        if hasClassToken { prefixParts.append(collector.take(keys.classToken, [classTokens, width])) }
        if hasDistillationToken { prefixParts.append(collector.take(keys.distillationToken, [1, width])) }
        if let registerName { prefixParts.append(collector.take(registerName, [registers, width])) }
        let allPositions =
            tables ?? axes?.table ?? positions(&collector, count: hasGrid ? layout.entries : 0, shared: shared, width: width)
        let frequencies = try rotary.map { (rotary) throws(FileError) in
            try rotaryFrequencies(rotary, &collector, heads: heads, width: width, depth: sizes.depth)
        }
        let classAngles = keys.rotaryClassAngles.map { collector.take($0, [width / heads / 2]) }
        let normBefore = keys.normPre.flatMap { collector.hasNorm($0) ? collector.norm($0, width) : nil }
        let patchNorm = keys.patchNorm.flatMap { collector.hasNorm($0) ? collector.norm($0, width) : nil }
        if normBefore == nil, keys.isUnclearWithoutNormPre, !hints.isConfigured {
            throw invalid(
                "needs the \(keys.dialect.fileName) beside it: without \(detection.prefix)\(keys.normPre ?? "") it may be CLIPA, whose texts are compared with the mean of the patches"
            )
        }
        // CLIP's embedding has no bias; it would vanish in the norm that follows.
        let hasPatchBias = normBefore == nil && !keys.isUnclearWithoutNormPre && !keys.linearPatchesAreBare
            || collector.hasBias(keys.patchEmbedding)
        let patchEmbedding = try patchEmbedding(&collector, sizes, behind: stem, hasBias: hasPatchBias)

        let features = BlockFeatures(
            hasBias: queryKeyValueBias(collector, depth: sizes.depth),
            hasProjectionBias: hasBias(keys.projection, collector, depth: sizes.depth),
            hasLayerScale: (0..<sizes.depth).contains { scaleName(keys.scale1, block: $0, in: collector) != nil },
            hasSecondScale: (0..<sizes.depth).contains { scaleName(keys.scale2, block: $0, in: collector) != nil },
            hasQueryKeyNorm: hasNorm(keys.queryNorm, collector, depth: sizes.depth),
            hasAttentionNorm: hasNorm(keys.attentionNorm, collector, depth: sizes.depth),
            hasHiddenNorm: hasNorm(keys.hiddenNorm, collector, depth: sizes.depth),
            normsOutputs: settings.architecture?.normsOutputs == true,
            isDifferential: hasNorm(keys.differential.map { $0 + "sub_norm" }, collector, depth: sizes.depth), headWidth: width / heads)
        let sideBySide = try sideBySide(collector, sizes, features, isRotary: rotary != nil)
        var blocks: [ParameterSet.Block] = []
        for index in 0..<sizes.depth { blocks.append(block(index, sizes, features, from: &collector)) }

        let pooledName = keys.pooledNorm.flatMap { collector.hasNorm($0) ? $0 : nil }
        let pooledWidth = pooledWidth(collector, width: width)
        var pooledNorm = pooledName.map { collector.norm($0, pooledWidth) }
        if hints.normsPooled, pooledNorm == nil { pooledNorm = collector.norm(keys.norm, width) }
        let hasNorm = !hints.normsPooled && keys.hasFinalNorm != false
            && (collector.hasNorm(keys.norm) || pooledNorm == nil && hasFinalNorm)
        var norm = hasNorm ? collector.norm(keys.norm, width) : nil
        let merger = try merger(&collector, width: width)
        if pooledNorm == nil, hints.hasFinalNorm != false,
            settings.architecture?.hasPlainPooledNorm ?? (keys.hasPlainPooledNorm || merger != nil && hasOwnHead(collector)) {
            pooledNorm = .plain(pooledWidth, collector.normKind)
        }
        let comparesPatches = hasClassToken ? comparesPatches(isNormed: pooledNorm != nil) : nil
        var parts = try headParts(
            &collector, width: pooledWidth, hasClassToken: hasClassToken, hasDistillationToken: hasDistillationToken,
            isPooled: comparesPatches ?? (pooledNorm != nil), &settings)
        if parts.kind == .patchMean, keys.headReadsPatchesUnnormed, head == nil { norm = nil }
        if parts.kind == .classToken || parts.kind == .classAndDistillation, norm == nil {
            // A layer norm works on each token alone: after picking the class token or before, it is the same.
            (norm, pooledNorm) = (pooledNorm, nil)
        }
        if isNormedTwice(collector), parts.kind != .classTokenAndPatchMean { pooledNorm = norm }
        let pool = try attentionPool(
            &collector, width: width, heads: heads, isHeadless: parts.head == nil || head != nil, rotary: rotary)
        if pool == nil, let asked = hints.poolsByAttention {
            throw FileError(.invalid, path: asked.path, "asks for an attention pool (\(asked.name) \"map\"), but the tensors have none")
        }
        if pool != nil, parts.kind == .patchMean || parts.kind == .classToken { parts.kind = .attentionPool }
        let standardization = try standardization(&collector, width: width)
        try checkBounds(&collector)
        let patchHeads = collector.patchHeads(
            classes: head == nil ? parts.head?.weight.shape[0] ?? 0 : nil, width: width, depth: sizes.depth)
        let decoder = collector.lightDecoder(width: width, depth: sizes.depth)
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
        let normEpsilon = settings.normEpsilon(hasNormBefore: normBefore != nil, hasPatchNorm: patchNorm != nil)
        let activation = settings.activation(isGated: sizes.mlp.isGated)
        let crop = settings.crop()
        settings.tellAssumptions(hasNormBefore: normBefore != nil)
        let defaults = keys.defaults
        let hasLinearPatches = keys.style == .torch && collector.info(keys.patchEmbedding + keys.style.weight)?.shape.count == 2
        let usualResampling = hasLinearPatches ? keys.linearResampling
            : registers > 0 ? defaults.resamplingWithRegisters ?? defaults.resampling : defaults.resampling
        let (resampling, keepsShape) = try resampling(usual: usualResampling, axes: axes != nil, &settings)
        let configuration = ModelConfiguration(
            family: keys.family, architecture: hints.architecture, depth: sizes.depth, width: width,
            heads: heads * sideBySide.attentions, hiddenWidth: sizes.hiddenWidth * sideBySide.attentions,
            patch: sizes.patch, channels: 3, grid: layout.grid,
            hasClassToken: hasClassToken, hasDistillationToken: hasDistillationToken, registers: registers,
            positionCoversPrefix: layout.covers == .all,
            positionResampling: resampling, activation: activation, normEpsilon: normEpsilon, hasLayerScale: features.hasLayerScale, head: parts.kind, classCount: classCount,
            classNames: classNames(classCount, &settings), probability: probability(parts, &settings),
            preprocessing: settings.preprocessing(hasNormBefore: normBefore != nil), hasGate: sizes.mlp.isGated, hasQueryKeyNorm: features.hasQueryKeyNorm,
            hasNormBefore: normBefore != nil)
        var parameters = ParameterSet(
            configuration: configuration, patchEmbedding: patchEmbedding, prefix: prefix, positions: positions,
            blocks: blocks, norm: norm, pooledNorm: pooledNorm, head: parts.head,
            distillationHead: parts.distillationHead, normBefore: normBefore, preLogits: parts.preLogits,
            projection: parts.projection, logitScale: parts.logitScale)
        parameters.stem = stem
        parameters.configuration.patchOffset = keys.patchOffset
        parameters.configuration.classTokens = classTokens
        parameters.configuration.comparesPatches = comparesPatches == true && pool == nil
        parameters.patchNorm = patchNorm
        parameters.configuration.hasPatchNorm = patchNorm != nil
        parameters.configuration.normKind = collector.normKind
        parameters.configuration.normsOutputs = features.normsOutputs || keys.outputNorms != nil
        parameters.configuration.normsBoth = keys.outputNorms != nil
        parameters.configuration.normsValues = keys.normsValues
        parameters.configuration.scoreScale = keys.scoreScale
        parameters.configuration.positionTables = (tables?.shape[0] ?? 0) / 2
        parameters.standardization = standardization
        if keys.centersPixels { parameters.configuration.preprocessing.center() }
        sideBySide.tell(&parameters.configuration)
        if parameters.configuration.parameterObstacle != nil { parameters.parameterSurplus = surplus(of: parameters, collector) }
        parameters.patchHeads = patchHeads
        parameters.lightDecoder = decoder
        parameters.attentionPool = pool?.parameters(normEpsilon: normEpsilon)
        parameters.merger = merger?.parameters
        parameters.configuration.mergedSide = merger?.side ?? 1
        parameters.configuration.fillsSquares = merger != nil && keys.merger?.fillsSquares == true
        parameters.configuration.attentionPool = pool?.configuration
        parameters.logitBias = parts.logitBias
        parameters.rotaryFrequencies = frequencies
        parameters.rotaryClassAngles = classAngles
        parameters.configuration.rotary = rotary
        parameters.configuration.positionsKeepShape = keepsShape
        parameters.configuration.usualInput = usualInput?.size
        parameters.configuration.hasSinePositions = hasSines
        parameters.configuration.crop = crop
        parameters.configuration.hasAttentionNorm = features.hasAttentionNorm
        parameters.configuration.hasHiddenNorm = features.hasHiddenNorm
        if decoder != nil { parameters.configuration.segmentation = hints.segmentation }
        return Result(parameters: parameters, ignored: ignored, settings: settings)
    }

    func invalid(_ reason: String) -> FileError { FileError(.invalid, path: archive.path, reason) }

    /// Whether any block has a norm of this name.
    private func hasNorm(_ name: String?, _ collector: TensorCollector, depth: Int) -> Bool {
        name.map { name in (0..<depth).contains { collector.hasNorm(stem($0) + name) } } ?? false
    }

    /// Whether a norm must follow the last block: some architectures have none.
    private var hasFinalNorm: Bool { hints.hasFinalNorm ?? settings.architecture?.hasFinalNorm ?? true }

    /// Of a CLIP with a class token whether texts are compared with the patches' mean; nil of other models.
    ///
    /// - Parameter isNormed: whether there is a norm of what was pooled.
    private func comparesPatches(isNormed: Bool) -> Bool? {
        guard keys.family == .clip, keys.heads.isEmpty else { return nil }
        return hints.pooling.map { $0.value == .patchMean } ?? (isNormed || settings.architecture?.poolsPatches == true)
    }

    /// Whether the class token goes through the final norm twice.
    private func isNormedTwice(_ collector: TensorCollector) -> Bool {
        guard let layer = keys.onceNormedFor else { return false }
        return collector.firstName(beside: [layer + keys.style.weight]) { _, _ in true } == nil
    }

    /// Of all norms: those that take away the mean have biases.
    private func normKind(_ collector: TensorCollector, depth: Int) -> ParameterSet.Norm.Kind {
        let names = (0..<depth).flatMap { [stem($0) + keys.norm1, stem($0) + keys.norm2] } + [keys.norm, keys.pooledNorm ?? keys.norm]
        let norms = names.filter { collector.hasNorm($0) }
        return norms.isEmpty || norms.contains { collector.hasBias($0) } ? .layer : .rootMeanSquare
    }

    /// Whether any block's layer of this name has a bias.
    private func hasBias(_ name: String, _ collector: TensorCollector, depth: Int) -> Bool {
        (0..<depth).contains { collector.hasBias(stem($0) + name) }
    }

    private func probability(_ parts: HeadParts, _ settings: inout SettingResolver) -> ModelConfiguration.Probability {
        if parts.kind == .zeroShot, parts.logitBias != nil, let name = keys.logitBias {
            return settings.found(.probability, .sigmoid, .tensors(name))
        }
        let stated = hints.probability
        return settings.found(.probability, stated?.value ?? .softmax, stated?.source ?? .family("models that do not say otherwise"))
    }

    func classNames(_ count: Int, _ settings: inout SettingResolver) -> [String] {
        guard count > 0 else { return [] }
        let indices = (0..<count).map(String.init)
        guard let given = head.map({ $0.names.map { $0.map(Optional.some) } }) ?? hints.classNames?.value else {
            settings.note(
                head == nil
                    ? "class names are not in the config: classes are named by their index"
                    : "no class names beside the head: classes are named by their index")
            return settings.found(.classNames, indices, .assumed)
        }
        guard given.count == count else {
            settings.note("the config names \(given.count) classes, the head has \(count): classes are named by their index")
            return settings.found(.classNames, indices, .assumed)
        }
        let source = head == nil ? hints.classNames?.source : .givenHead(path: head?.files.last ?? "")
        return settings.found(.classNames, given.enumerated().map { $0.element ?? String($0.offset) }, source ?? .assumed)
    }

    // MARK: Tokens

    func entryCount(_ name: String) throws(FileError) -> Int {
        guard let shape = archive.info(named: detection.prefix + name)?.shape else {
            throw invalid(
                "has no position embedding (\(detection.prefix)\(name)): a ViT with relative positions, or with rotary ones (DINOv3, EVA and others), which a config.json must name as \"architecture\""
            )
        }
        if keys.positionsAreGrid, name == keys.positions, let grid = positionGrid { return grid.height * grid.width }
        guard shape.count >= 2, shape.dropLast(2).allSatisfy({ $0 == 1 }),
            (1...16_777_216).contains(shape[shape.count - 2])
        else { throw invalid("\(detection.prefix)\(name) is \(shape), expected [1, tokens, width]") }
        return shape[shape.count - 2]
    }

    private func registerCount(_ name: String) throws(FileError) -> Int {
        let count = try entryCount(name)
        guard count <= 4096 else { throw invalid("has \(count) tokens in \(name), which cannot be right") }
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
