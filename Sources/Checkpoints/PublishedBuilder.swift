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
        let stemBuilder = ResidualStemBuilder(archive: archive, prefix: prefix)
        let hasStem = collector.has(ResidualStemBuilder.signature)
        let sizes = hasStem ? try hybridSizes(collector, stages: stemBuilder.stageCount()) : try trunk.sizes(collector)
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

        let stem = hasStem ? try stemBuilder.build(&collector) : nil
        let patch = stem.map { [width, $0.channels, 1, 1] } ?? [width, 3, sizes.patch.height, sizes.patch.width]
        let patchWeight = collector.take(keys.patchEmbedding + ".weight", patch)
        let patchBias = collector.take(keys.patchEmbedding + ".bias", [width])
        let features = ParameterBuilder.BlockFeatures(headWidth: width / heads)
        var blocks: [ParameterSet.Block] = []
        for index in 0..<sizes.depth {
            blocks.append(trunk.block(index, sizes, features, from: &collector))
        }

        let isACR = !collector.has("scratch.output_conv.0.weight") && !collector.has("pretrained.act_postprocess4.3.weight")
        var decoder: ParameterSet.Decoder?
        var readout: ParameterSet.Reassembly?
        if !isACR {
            if let stem, stem.stages.count != 3 {
                throw invalid("has a stem of \(stem.stages.count) stages; the published decoder reads one of 3")
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
            patchEmbedding: .init(weight: patchWeight.reshaped([width, patchWeight.count / width]), bias: patchBias),
            prefix: distillationToken.map { Tensor(shape: [2, width], classToken.values + $0.values) } ?? classToken,
            positions: positions, blocks: blocks, norm: nil, pooledNorm: nil, head: head, distillationHead: nil)
        parameters.stem = stem
        parameters.readout = readout
        parameters.decoder = decoder
        return .init(parameters: parameters, ignored: ignored, settings: settings)
    }

    /// The sizes of a ViT whose patches are the positions of a stem's map.
    private func hybridSizes(_ collector: TensorCollector, stages: Int) throws(FileError) -> ParameterBuilder.Sizes {
        guard let width = collector.info(keys.patchEmbedding + ".weight")?.shape.first, (1...65536).contains(width) else {
            throw invalid("has no usable tensor \"\(prefix)\(keys.patchEmbedding).weight\"")
        }
        let expand = "\(keys.blocks)0.\(keys.expand).weight"
        guard let hidden = collector.info(expand)?.shape.first, (1...1_048_576).contains(hidden) else {
            throw invalid("has no usable tensor \"\(prefix)\(expand)\"")
        }
        // First layer and maximum shrink by 4, every stage but the first by 2.
        let patch = 4 << (stages - 1)
        return .init(
            width: width, patch: .init(height: patch, width: patch), hiddenWidth: hidden, depth: try trunk.depth(),
            mlp: .plain(expand: keys.expand, contract: keys.contract))
    }

    private func invalid(_ reason: String) -> FileError { FileError(.invalid, path: archive.path, reason) }
}
