import Files
import Tensors

// The tokens before the patches, the patches' embedding, and where all of them stand.
extension ParameterBuilder {
    /// The tokens before the patches, and the positions of all.
    struct Tokens {
        let hasClassToken: Bool
        let classTokens: Int
        let hasDistillationToken: Bool
        let registers: Int
        /// Of rows and of columns; nil where positions are kept otherwise.
        let axes: AxisPositions?
        /// Places a side of tables that are looked up; 0 without.
        let tablePlaces: Int
        let rotary: ModelConfiguration.Rotary?
        let hasSines: Bool
        let layout: PositionLayout
        let usualInput: ModelConfiguration.Size?
        /// The tokens as the file has them, one below the other.
        var parts: [Tensor] = []
        /// The position embedding as the file has it, `[entries, width]`.
        var positions: Tensor
        let width: Int

        /// The tokens before the patches and the position embedding, as they are added. Only where all tensors were there.
        var placed: (prefix: Tensor, positions: Tensor) {
            let prefix = Self.stack(parts, width: width)
            guard layout.covers == .classOnly else { return (prefix, positions) }
            return (
                Self.adding(positions.rows(0..<1), toFirstRowOf: prefix), positions.rows(1..<layout.entries)
            )
        }

        func tell(_ configuration: inout ModelConfiguration) {
            configuration.classTokens = classTokens
            configuration.rotary = rotary
            configuration.hasSinePositions = hasSines
            configuration.positionTables = tablePlaces
            configuration.usualInput = usualInput
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

    /// - Throws: `FileError` naming the position embedding that does not fit.
    func tokens(_ collector: inout TensorCollector, _ sizes: Sizes, _ settings: inout SettingResolver) throws(FileError) -> Tokens {
        let width = sizes.width
        let mustHaveClass = keys.family == .huggingFace && !hints.lacksClassToken && !keys.classToken.isEmpty
        let hasClassToken = collector.has(keys.classToken) || mustHaveClass
        let hasDistillationToken = collector.has(keys.distillationToken)
        let registerName = keys.registers.first { collector.info($0).map { !$0.shape.contains(0) } ?? false }
        let registers = try registerName.map { (name) throws(FileError) in try tokenCount(name) } ?? 0
        let classTokens = keys.hasClassTokens && collector.has(keys.classToken) ? try tokenCount(keys.classToken) : 1
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

        var parts: [Tensor] = []
        if hasClassToken { parts.append(collector.take(keys.classToken, [classTokens, width])) }
        if hasDistillationToken { parts.append(collector.take(keys.distillationToken, [1, width])) }
        if let registerName { parts.append(collector.take(registerName, [registers, width])) }
        let positions =
            tables ?? axes?.table ?? positions(&collector, count: hasGrid ? layout.entries : 0, shared: shared, width: width)
        return Tokens(
            hasClassToken: hasClassToken, classTokens: classTokens, hasDistillationToken: hasDistillationToken, registers: registers,
            axes: axes, tablePlaces: (tables?.shape[0] ?? 0) / 2, rotary: rotary, hasSines: hasSines, layout: layout,
            usualInput: usualInput?.size, parts: parts, positions: positions, width: width)
    }

    /// What makes a token of a patch, and the norms before the first block.
    struct Embedding {
        let patches: ParameterSet.Linear
        let normBefore: ParameterSet.Norm?
        let patchNorm: ParameterSet.Norm?
    }

    func embedding(
        _ collector: inout TensorCollector, _ sizes: Sizes, behind stem: ParameterSet.Stem?
    ) throws(FileError) -> Embedding {
        let normBefore = keys.normPre.flatMap { collector.hasNorm($0) ? collector.norm($0, sizes.width) : nil }
        let patchNorm = keys.patchNorm.flatMap { collector.hasNorm($0) ? collector.norm($0, sizes.width) : nil }
        if normBefore == nil, keys.isUnclearWithoutNormPre, !hints.isConfigured {
            throw invalid(
                "needs the \(keys.dialect.fileName) beside it: without \(detection.prefix)\(keys.normPre ?? "") it may be CLIPA, whose texts are compared with the mean of the patches"
            )
        }
        // CLIP's embedding has no bias; it would vanish in the norm that follows.
        let hasBias = normBefore == nil && !keys.isUnclearWithoutNormPre && !keys.linearPatchesAreBare
            || collector.hasBias(keys.patchEmbedding)
        return Embedding(
            patches: try patchEmbedding(&collector, sizes, behind: stem, hasBias: hasBias), normBefore: normBefore, patchNorm: patchNorm)
    }

    /// How many tokens, or entries of a position embedding, a tensor holds.
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

    private func tokenCount(_ name: String) throws(FileError) -> Int {
        let count = try entryCount(name)
        guard count <= 4096 else { throw invalid("has \(count) tokens in \(name), which cannot be right") }
        return count
    }
}
