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
        let tokens = try tokens(&collector, sizes, &settings)
        let frequencies = try tokens.rotary.map { (rotary) throws(FileError) in
            try rotaryFrequencies(rotary, &collector, heads: heads, width: width, depth: sizes.depth)
        }
        let classAngles = keys.rotaryClassAngles.map { collector.take($0, [width / heads / 2]) }
        let embedding = try embedding(&collector, sizes, behind: stem)
        let features = blockFeatures(collector, depth: sizes.depth, headWidth: width / heads)
        let sideBySide = try sideBySide(collector, sizes, features, isRotary: tokens.rotary != nil)
        var blocks: [ParameterSet.Block] = []
        for index in 0..<sizes.depth { blocks.append(block(index, sizes, features, from: &collector)) }
        let ending = try ending(&collector, width: width, heads: heads, tokens, &settings)
        try checkBounds(&collector)
        let patchHeads = collector.patchHeads(
            classes: head == nil ? ending.parts.head?.weight.shape[0] ?? 0 : nil, width: width, depth: sizes.depth)
        let decoder = collector.lightDecoder(width: width, depth: sizes.depth)
        let ignored = try collector.finish(ignorable: keys.ignorable)
        // From here on every tensor has the shape that was asked for.
        let parts = ending.parts, classCount = parts.head?.weight.shape[0] ?? 0
        if parts.kind != .none, classCount == 0 {
            throw FileError(.invalid, path: archive.path, "has a head without classes")
        }

        let hasNormBefore = embedding.normBefore != nil
        let normEpsilon = settings.normEpsilon(hasNormBefore: hasNormBefore, hasPatchNorm: embedding.patchNorm != nil)
        let activation = settings.activation(isGated: sizes.mlp.isGated)
        let crop = settings.crop()
        settings.tellAssumptions(hasNormBefore: hasNormBefore)
        let (resampling, keepsShape) = try resampling(
            usual: usualResampling(collector, registers: tokens.registers), axes: tokens.axes != nil, &settings)
        var configuration = ModelConfiguration(
            family: keys.family, architecture: hints.architecture, depth: sizes.depth, width: width,
            heads: heads * sideBySide.attentions, hiddenWidth: sizes.hiddenWidth * sideBySide.attentions,
            patch: sizes.patch, channels: 3, grid: tokens.layout.grid,
            hasClassToken: tokens.hasClassToken, hasDistillationToken: tokens.hasDistillationToken, registers: tokens.registers,
            positionCoversPrefix: tokens.layout.covers == .all, positionResampling: resampling,
            activation: activation, normEpsilon: normEpsilon, hasLayerScale: features.hasLayerScale,
            head: parts.kind, classCount: classCount,
            classNames: classNames(classCount, &settings), probability: probability(parts, &settings),
            preprocessing: settings.preprocessing(hasNormBefore: hasNormBefore), hasGate: sizes.mlp.isGated,
            hasQueryKeyNorm: features.hasQueryKeyNorm, hasNormBefore: hasNormBefore)
        configuration.positionsKeepShape = keepsShape
        configuration.crop = crop
        configuration.patchOffset = keys.patchOffset
        configuration.stemStride = stem?.stride ?? 1
        configuration.hasPatchNorm = embedding.patchNorm != nil
        configuration.normKind = collector.normKind
        if keys.centersPixels { configuration.preprocessing.center() }
        if decoder != nil { configuration.segmentation = hints.segmentation }
        tokens.tell(&configuration)
        features.tell(&configuration, keys)
        sideBySide.tell(&configuration)
        ending.tell(&configuration, keys)

        let (prefix, positions) = tokens.placed
        var parameters = ParameterSet(
            configuration: configuration, patchEmbedding: embedding.patches, prefix: prefix, positions: positions,
            blocks: blocks, norm: ending.norm, pooledNorm: ending.pooledNorm, head: parts.head,
            distillationHead: parts.distillationHead, normBefore: embedding.normBefore, preLogits: parts.preLogits,
            projection: parts.projection, logitScale: parts.logitScale)
        parameters.stem = stem
        parameters.patchNorm = embedding.patchNorm
        parameters.rotaryFrequencies = frequencies
        parameters.rotaryClassAngles = classAngles
        parameters.standardization = ending.standardization
        parameters.attentionPool = ending.pool?.parameters(normEpsilon: normEpsilon)
        parameters.merger = ending.merger?.parameters
        parameters.logitBias = parts.logitBias
        parameters.patchHeads = patchHeads
        parameters.lightDecoder = decoder
        if configuration.parameterObstacle != nil { parameters.parameterSurplus = surplus(of: parameters, collector) }
        return Result(parameters: parameters, ignored: ignored, settings: settings)
    }

    func invalid(_ reason: String) -> FileError { FileError(.invalid, path: archive.path, reason) }

    /// Of all norms: those that take away the mean have biases.
    private func normKind(_ collector: TensorCollector, depth: Int) -> ParameterSet.Norm.Kind {
        let names = (0..<depth).flatMap { [stem($0) + keys.norm1, stem($0) + keys.norm2] } + [keys.norm, keys.pooledNorm ?? keys.norm]
        let norms = names.filter { collector.hasNorm($0) }
        return norms.isEmpty || norms.contains { collector.hasBias($0) } ? .layer : .rootMeanSquare
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
}
