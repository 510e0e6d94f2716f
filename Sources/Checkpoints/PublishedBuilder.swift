import Files
import Tensors

/// Builds the ``ParameterSet`` of a published GETAM checkpoint, or of an ACR one, which is the same without a decoder.
///
/// All sizes come from the tensors; a configuration may only name the number of heads and the classes.
struct PublishedBuilder {
    /// The ViT's own parts are built as any other ViT's.
    let trunk: ParameterBuilder
    private var archive: any TensorArchive { trunk.archive }
    private var keys: KeyMap { trunk.detection.keyMap }
    private var prefix: String { trunk.detection.prefix }

    /// - Throws: `FileError` naming the tensors that do not fit.
    func build() throws(FileError) -> ParameterBuilder.Result {
        if trunk.head != nil {
            throw FileError(
                .invalid, path: trunk.headPath ?? archive.path,
                "cannot be the head of a published GETAM model, which has its own: leave out --head")
        }
        var settings = trunk.settings
        var collector = TensorCollector(archive, prefix: prefix, style: keys.style)
        var stem = try trunk.stem(&collector)
        stem?.isPublished = true
        let sizes = try trunk.sizes(collector, behind: stem)
        let width = sizes.width
        let heads = try trunk.heads(width: width, &settings)

        let isDistilled = collector.has(keys.distillationToken)
        let layout = try PositionLayout(
            entries: trunk.entryCount(keys.positions), prefixCount: isDistilled ? 2 : 1, hasClassToken: true,
            imageSize: nil, patch: sizes.patch,
            failure: { FileError(.invalid, path: archive.path, "\(prefix)\(keys.positions) \($0)") })
        guard layout.covers == .all else {
            throw invalid("\(prefix)\(keys.positions) has \(layout.entries) entries, none for the class token")
        }
        let classToken = collector.take(keys.classToken, [1, width])
        let distillationToken = isDistilled ? collector.take(keys.distillationToken, [1, width]) : nil
        let positions = collector.take(keys.positions, [layout.entries, width])

        let patchEmbedding = try trunk.patchEmbedding(&collector, sizes, behind: stem, hasBias: true)
        let features = ParameterBuilder.BlockFeatures(headWidth: width / heads)
        var blocks: [ParameterSet.Block] = []
        for index in 0..<sizes.depth {
            blocks.append(trunk.block(index, sizes, features, from: &collector))
        }

        let isACR = !collector.has("scratch.output_conv.0.weight") && !collector.has("pretrained.act_postprocess4.3.weight")
        var decoder: ParameterSet.Decoder?
        var readout: ParameterSet.Reassembly?
        if !isACR {
            if let stem, stem.stages.count != 3 || stem.first[0].statistics != nil {
                throw invalid("has a stem of \(stem.stages.count) stages; the published decoder reads one of 3 with group norms")
            }
            guard sizes.depth % 4 == 0 else {
                throw invalid("has \(sizes.depth) blocks; the published decoder reads after every quarter of them")
            }
            let builder = DecoderBuilder(width: width, stem: stem)
            let map = builder.reassembly(4, &collector)
            readout = map
            decoder = builder.build(classMap: map, &collector)
        }
        let classes = collector.info("cls_head.weight")?.shape.first ?? 0
        let channels = readout?.resampling?.weight.shape.first ?? width
        let head = collector.head(prefix + "cls_head", classes, channels)
        let ignored = try collector.finish(ignorable: keys.ignorable + (isACR ? ["scratch."] : []))
        // From here on every tensor has the shape that was asked for.
        guard classes > 0 else { throw invalid("has a head without classes") }
        if isACR { settings.note("no decoder in the file: an ACR model, whose classes are read off the class token") }

        let configuration = ModelConfiguration(
            family: .published, architecture: trunk.hints.architecture, depth: sizes.depth, width: width, heads: heads,
            hiddenWidth: sizes.hiddenWidth, patch: sizes.patch, channels: 3, grid: layout.grid, hasClassToken: true,
            hasDistillationToken: isDistilled, registers: 0, positionCoversPrefix: true, positionResampling: keys.defaults.resampling,
            activation: settings.activation(isGated: false), normEpsilon: settings.normEpsilon(hasNormBefore: false),
            hasLayerScale: false,
            head: settings.found(.head, isACR ? .classToken : .projectedMap, .tensors(isACR ? "no decoder" : "the decoder's names")),
            classCount: classes, classNames: trunk.classNames(classes, &settings),
            probability: settings.found(.probability, .sigmoid, .family(keys.title)),
            preprocessing: settings.preprocessing(hasNormBefore: false))
        var parameters = ParameterSet(
            configuration: configuration,
            patchEmbedding: patchEmbedding,
            prefix: distillationToken.map { Tensor(shape: [2, width], classToken.values + $0.values) } ?? classToken,
            positions: positions, blocks: blocks, norm: nil, pooledNorm: nil, head: head, distillationHead: nil)
        parameters.stem = stem
        parameters.configuration.stemStride = stem?.stride ?? 1
        parameters.readout = readout
        parameters.decoder = decoder
        return .init(parameters: parameters, ignored: ignored, settings: settings)
    }

    private func invalid(_ reason: String) -> FileError { FileError(.invalid, path: archive.path, reason) }
}
