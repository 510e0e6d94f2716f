import Files
import Glibc
import Tensors

extension ParameterBuilder {
    /// Everything between the final norm and the logits.
    struct HeadParts {
        var kind = ModelConfiguration.Head.none
        var head: ParameterSet.Linear?
        var distillationHead: ParameterSet.Linear?
        var preLogits: ParameterSet.Linear?
        var projection: ParameterSet.Linear?
        var logitScale: Float?
        var logitBias: Float?
    }

    /// All that follows the last block.
    struct Ending {
        let norm: ParameterSet.Norm?
        let pooledNorm: ParameterSet.Norm?
        let merger: (parameters: ParameterSet.PatchMerger, side: Int)?
        let pool: Pool?
        let standardization: ParameterSet.Standardization?
        let parts: HeadParts
        /// Whether texts are compared with the patches' mean though there is a class token.
        let comparesPatches: Bool

        func tell(_ configuration: inout ModelConfiguration, _ keys: KeyMap) {
            configuration.comparesPatches = comparesPatches
            configuration.attentionPool = pool?.configuration
            configuration.mergedSide = merger?.side ?? 1
            configuration.fillsSquares = merger != nil && keys.merger?.fillsSquares == true
        }
    }

    /// - Throws: `FileError` naming what does not fit.
    func ending(
        _ collector: inout TensorCollector, width: Int, heads: Int, _ tokens: Tokens, _ settings: inout SettingResolver
    ) throws(FileError) -> Ending {
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
        let comparesPatches = tokens.hasClassToken ? comparesPatches(isNormed: pooledNorm != nil) : nil
        var parts = try headParts(
            &collector, width: pooledWidth, hasClassToken: tokens.hasClassToken, hasDistillationToken: tokens.hasDistillationToken,
            isPooled: comparesPatches ?? (pooledNorm != nil), &settings)
        if parts.kind == .patchMean, keys.headReadsPatchesUnnormed, head == nil { norm = nil }
        if parts.kind == .classToken || parts.kind == .classAndDistillation, norm == nil {
            // A layer norm works on each token alone: after picking the class token or before, it is the same.
            (norm, pooledNorm) = (pooledNorm, nil)
        }
        if isNormedTwice(collector), parts.kind != .classTokenAndPatchMean { pooledNorm = norm }
        let pool = try attentionPool(
            &collector, width: width, heads: heads, isHeadless: parts.head == nil || head != nil, rotary: tokens.rotary)
        if pool == nil, let asked = hints.poolsByAttention {
            throw FileError(.invalid, path: asked.path, "asks for an attention pool (\(asked.name) \"map\"), but the tensors have none")
        }
        if pool != nil, parts.kind == .patchMean || parts.kind == .classToken { parts.kind = .attentionPool }
        let standardization = try standardization(&collector, width: width)
        return Ending(
            norm: norm, pooledNorm: pooledNorm, merger: merger, pool: pool, standardization: standardization, parts: parts,
            comparesPatches: comparesPatches == true && pool == nil)
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

    func probability(_ parts: HeadParts, _ settings: inout SettingResolver) -> ModelConfiguration.Probability {
        if parts.kind == .zeroShot, parts.logitBias != nil, let name = keys.logitBias {
            return settings.found(.probability, .sigmoid, .tensors(name))
        }
        let stated = hints.probability
        return settings.found(.probability, stated?.value ?? .softmax, stated?.source ?? .family("models that do not say otherwise"))
    }

    func headParts(
        _ collector: inout TensorCollector, width: Int, hasClassToken: Bool, hasDistillationToken: Bool,
        isPooled: Bool, _ settings: inout SettingResolver
    ) throws(FileError) -> HeadParts {
        var parts = HeadParts()
        if let head {
            parts.projection = try projection(&collector, width: width)
            try replace(&parts, head, &collector, width: width, hasClassToken: hasClassToken, isPooled: isPooled, &settings)
            return settings.found(.head, parts, .givenHead(path: headPath ?? archive.path))
        }
        let layer = headName(keys.heads, collector, width: width)
        let distillationLayer =
            hasDistillationToken ? headName([keys.distillationHead], collector, width: width) : nil
        guard let layer else {
            parts.projection = try projection(&collector, width: width)
            settings.note(
                keys.family == .clip
                    ? "the file has no head: give text embeddings of the classes as one (--head)"
                    : "the file has no head: there are features, but no classes")
            return settings.found(.head, parts, .tensors("no head"))
        }
        var inputs = width
        if let name = headName(keys.preLogits, collector, width: width),
            let shape = archive.info(named: name + keys.style.weight)?.shape, shape.count == 2,
            case let rows = shape[keys.style == .torch ? 0 : 1], (1...65536).contains(rows)
        {
            parts.preLogits = collector.head(name, rows, width)
            inputs = rows
        }
        let shape = archive.info(named: layer + keys.style.weight)?.shape ?? []
        let isTorch = keys.style == .torch
        let classes = (isTorch ? shape.first : shape.last) ?? 0
        parts.kind = try headKind(
            hasDistillationHead: distillationLayer != nil, hasClassToken: hasClassToken,
            isPooled: isPooled || settings.architecture?.poolsPatches == true)
        let decides = parts.kind == .classAndDistillation ? nil : hints.pooling?.source
        _ = settings.found(.head, parts.kind, decides ?? .tensors(layer))
        if parts.kind == .classToken, shape.count == 2, (isTorch ? shape[1] : shape[0]) == 2 * width, parts.preLogits == nil {
            parts.kind = .classTokenAndPatchMean
            inputs = 2 * width
        }
        parts.head = collector.head(layer, classes, inputs)
        if parts.kind == .classAndDistillation, let name = distillationLayer {
            parts.distillationHead = collector.head(name, classes, width)
        }
        return parts
    }

    /// What takes the class token to where texts are, where the file has it.
    private func projection(_ collector: inout TensorCollector, width: Int) throws(FileError) -> ParameterSet.Linear? {
        switch keys.embeddingProjection {
        case nil: return nil
        case .matrix(let name)?:
            guard let info = collector.info(name) else { return nil }
            guard info.shape.count == 2, (1...65536).contains(info.shape[1]) else {
                throw invalid("\(info.name) is \(info.shape), expected [width, embedding]")
            }
            let matrix = collector.take(name, [width, info.shape[1]])
            return .init(weight: matrix.shape.count == 2 ? matrix.transposed() : matrix, bias: nil)
        case .layer(let names)?:
            guard let full = headName(names, collector, width: width) else { return nil }
            let shape = archive.info(named: full + keys.style.weight)?.shape ?? []
            guard shape.count == 2, (1...65536).contains(shape[0]) else {
                throw invalid("\(full)\(keys.style.weight) is \(shape), expected [embedding, width]")
            }
            let bias = archive.info(named: full + keys.style.bias).map { collector.take(fullName: $0.name, [shape[0]]) }
            return .init(weight: collector.take(fullName: full + keys.style.weight, [shape[0], width]), bias: bias)
        }
    }

    /// Puts the head that was given in the place of the file's.
    private func replace(
        _ parts: inout HeadParts, _ given: HeadReader, _ collector: inout TensorCollector, width: Int,
        hasClassToken: Bool, isPooled: Bool, _ settings: inout SettingResolver
    ) throws(FileError) {
        let path = headPath ?? archive.path
        for name in keys.heads + keys.preLogits + [keys.distillationHead] where collector.hasLayer(name) {
            settings.note("the file's own head (\(detection.prefix)\(name)) gives way to \(path)")
            collector.leave(name)
        }
        switch given.content {
        case .texts(let texts):
            guard keys.family == .clip else {
                throw FileError(
                    .invalid, path: path,
                    "holds text embeddings, which only CLIP's models understand; this model's head is a file of weight and bias")
            }
            let embedding = parts.projection?.weight.shape[0] ?? width
            guard texts.shape[1] == embedding else {
                throw FileError(
                    .invalid, path: path,
                    "holds embeddings of \(texts.shape[1]) numbers, the model's have \(embedding): they belong to another model")
            }
            parts.kind = .zeroShot
            parts.head = .init(weight: try Self.normalized(texts, path: path), bias: nil)
            parts.logitScale = try logitScale(&collector, &settings)
            if let name = keys.logitBias.flatMap({ collector.firstName(beside: [$0]) { _, info in info.shape.allSatisfy { $0 == 1 } } }) {
                parts.logitBias = collector.take(fullName: name, []).values.first
            }
        case .linear(let layer):
            let features = parts.projection?.weight.shape[0] ?? width
            switch layer.weight.shape[1] {
            case features: parts.kind = isPooled || !hasClassToken ? .patchMean : .classToken
            case 2 * width where hasClassToken && parts.projection == nil: parts.kind = .classTokenAndPatchMean
            case 4 * width, 5 * width:
                throw FileError(
                    .invalid, path: path,
                    "reads the last four blocks (\(layer.weight.shape[1]) features): not supported; take the head for one block")
            case let count:
                throw FileError(
                    .invalid, path: path,
                    "takes \(count) features, the model has \(features): it belongs to another model")
            }
            parts.head = layer
        }
    }

    /// The factor that a zero-shot head's cosines are multiplied with; the file keeps its logarithm.
    private func logitScale(
        _ collector: inout TensorCollector, _ settings: inout SettingResolver
    ) throws(FileError) -> Float {
        if let temperature = keys.temperature {
            let name = collector.firstName(beside: [temperature]) { _, info in info.shape.allSatisfy { $0 == 1 } }
            if let value = name.map({ collector.take(fullName: $0, []).values.first ?? 0 }) ?? hints.temperature?.value {
                guard value > 0, (1 / value).isFinite else { throw invalid("divides cosines by \(value) (\(name ?? temperature))") }
                return 1 / value
            }
        }
        let name = keys.logitScale.flatMap { collector.firstName(beside: [$0]) { _, info in info.shape.allSatisfy { $0 == 1 } } }
        guard let name else {
            settings.note("the file has no logit_scale: 100, where CLIP's training ends, is assumed")
            return 100
        }
        let scale = expf(collector.take(fullName: name, []).values.first ?? 0)
        guard scale.isFinite, scale > 0 else { throw invalid("has a \(name) whose exponential is \(scale)") }
        return scale
    }

    /// The rows of `texts`, each scaled to length one.
    private static func normalized(_ texts: Tensor, path: String) throws(FileError) -> Tensor {
        let width = texts.shape[1]
        var values = texts.values
        for row in 0..<texts.shape[0] {
            let range = row * width..<(row + 1) * width
            let length = values[range].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            guard length > 0, length.isFinite else {
                throw FileError(.invalid, path: path, "has an embedding of length \(length) for class \(row)")
            }
            for index in range { values[index] = Float(Double(values[index]) / length) }
        }
        return Tensor(shape: texts.shape, values)
    }

    /// The full name of the head's layer; above the model's prefix only a matrix over `width` counts as one.
    private func headName(_ candidates: [String], _ collector: TensorCollector, width: Int) -> String? {
        let suffix = keys.style.weight
        let weight = collector.firstName(beside: candidates.filter { !$0.isEmpty }.map { $0 + suffix }) { name, info in
            guard info.shape.count == 2 else { return name.hasPrefix(detection.prefix) }
            let inputs = info.shape[keys.style == .torch ? 1 : 0]
            return name.hasPrefix(detection.prefix) || inputs == width || inputs == 2 * width
        }
        return weight.map { String($0.dropLast(suffix.count)) }
    }

    private func headKind(
        hasDistillationHead: Bool, hasClassToken: Bool, isPooled: Bool
    ) throws(FileError) -> ModelConfiguration.Head {
        if hasDistillationHead, hasClassToken { return .classAndDistillation }
        if keys.headReadsPatchesUnnormed { return .patchMean }
        switch hints.pooling?.value {
        case .patchMean?: return .patchMean
        case .classToken?:
            guard hasClassToken else {
                throw invalid("has no class token, but its config asks for one (global_pool \"token\")")
            }
            return .classToken
        case nil: return isPooled || !hasClassToken ? .patchMean : .classToken
        }
    }
}
