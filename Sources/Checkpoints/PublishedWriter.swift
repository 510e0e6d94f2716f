import Tensors

/// A published GETAM model, or an ACR one, under the names it came with.
public struct PublishedWriter: CheckpointWriter {
    private let parameters: ParameterSet
    private var configuration: ModelConfiguration { parameters.configuration }

    public init(_ parameters: ParameterSet) { self.parameters = parameters }

    public func add(to encoder: inout SafetensorsEncoder, as element: SafetensorsEncoder.Element) {
        let (width, model) = (configuration.width, "pretrained.model.")
        encoder.put(model + "cls_token", [1, 1, width], [parameters.prefix.rows(0..<1)], as: element)
        if configuration.hasDistillationToken {
            encoder.put(model + "dist_token", [1, 1, width], [parameters.prefix.rows(1..<2)], as: element)
        }
        encoder.put(model + "pos_embed", [1] + parameters.positions.shape, [parameters.positions], as: element)
        if let stem = parameters.stem { put(stem, to: &encoder, as: element) }
        let patch = parameters.stem.map { [width, $0.channels, 1, 1] }
            ?? [width, configuration.channels, configuration.patch.height, configuration.patch.width]
        encoder.put(model + "patch_embed.proj.weight", patch, [parameters.patchEmbedding.weight], as: element)
        if let bias = parameters.patchEmbedding.bias { encoder.put(model + "patch_embed.proj.bias", bias.shape, [bias], as: element) }
        encoder.putBlocks(model + "blocks.", parameters.blocks, width: width, as: element)
        if let map = parameters.readout { put(map, level: 4, to: &encoder, as: element) }
        if let decoder = parameters.decoder { put(decoder, to: &encoder, as: element) }
        encoder.put("cls_head", parameters.head, as: element)
    }

    private func put(_ stem: ParameterSet.Stem, to encoder: inout SafetensorsEncoder, as element: SafetensorsEncoder.Element) {
        let start = "pretrained.model.patch_embed.backbone."
        func put(_ convolution: String, _ norm: String, _ layer: ParameterSet.Stem.Layer) {
            encoder.put(convolution + ".weight", layer.weight.shape, [layer.weight], as: element)
            encoder.put(norm, layer.norm, as: element)
        }
        for layer in stem.first { put(start + "stem.conv", start + "stem.norm", layer) }
        for (number, stage) in stem.stages.enumerated() {
            for (index, block) in stage.enumerated() {
                let name = "\(start)stages.\(number).blocks.\(index)."
                if let shortcut = block.shortcut { put(name + "downsample.conv", name + "downsample.norm", shortcut) }
                for (place, layer) in block.layers.enumerated() { put("\(name)conv\(place + 1)", "\(name)norm\(place + 1)", layer) }
            }
        }
    }

    private func put(
        _ map: ParameterSet.Reassembly, level: Int, to encoder: inout SafetensorsEncoder, as element: SafetensorsEncoder.Element
    ) {
        let name = "pretrained.act_postprocess\(level)."
        encoder.put(name + "0.project.0", map.readout, as: element)
        encoder.put(name + "3", map.reduction.linear, as: element)
        encoder.put(name + "4", map.resampling?.linear, as: element)
    }

    private func put(_ decoder: ParameterSet.Decoder, to encoder: inout SafetensorsEncoder, as element: SafetensorsEncoder.Element) {
        func put(_ name: String, _ norm: ParameterSet.BatchNorm) {
            encoder.put(name, ParameterSet.Norm(weight: norm.weight, bias: norm.bias), as: element)
            encoder.put(name + ".running_mean", norm.mean.shape, [norm.mean], as: element)
            encoder.put(name + ".running_var", norm.variance.shape, [norm.variance], as: element)
            encoder.add(name + ".num_batches_tracked", [norm.batches], shape: [])
        }
        func put(_ name: String, _ unit: ParameterSet.Decoder.ResidualUnit) {
            for (index, (convolution, norm)) in zip(unit.convolutions, unit.norms).enumerated() {
                encoder.put("\(name).conv\(index + 1)", convolution.linear, as: element)
                put("\(name).bn\(index + 1)", norm)
            }
        }
        for (index, level) in decoder.levels.enumerated() {
            if let level { self.put(level, level: index + 1, to: &encoder, as: element) }
        }
        for (index, (projection, fusion)) in zip(decoder.projections, decoder.fusions).enumerated() {
            encoder.put("scratch.layer\(index + 1)_rn", projection.linear, as: element)
            let name = "scratch.refinenet\(index + 1)."
            if let skip = fusion.skip { put(name + "resConfUnit1", skip) }
            put(name + "resConfUnit2", fusion.main)
            encoder.put(name + "out_conv", fusion.output.linear, as: element)
        }
        for (index, layer) in decoder.attention.enumerated() { encoder.put("cam_module.body.\(2 * index)", layer.linear, as: element) }
        encoder.put("cam_module.fc.0.weight", decoder.squeeze.shape, [decoder.squeeze], as: element)
        encoder.put("cam_module.fc.2.weight", decoder.excitation.shape, [decoder.excitation], as: element)
        encoder.put("scratch.output_conv.0", decoder.output.linear, as: element)
        put("scratch.output_conv.1", decoder.outputNorm)
        encoder.put("scratch.output_conv.4", decoder.classifier.linear, as: element)
    }

    /// What the tensors do not tell: heads, class names, and how pictures are normalized.
    public var config: String {
        let (preprocessing, size) = (configuration.preprocessing, configuration.inputSize)
        return JSONValue.object([
            "num_heads": .integer(configuration.heads), "num_classes": .integer(configuration.classCount),
            "label_names": .array(configuration.classNames.map { .string($0) }),
            "pretrained_cfg": .object([
                "input_size": .array([.integer(configuration.channels), .integer(size.height), .integer(size.width)]),
                "interpolation": .string(preprocessing.interpolation.rawValue), "mean": .numbers(preprocessing.mean),
                "std": .numbers(preprocessing.standardDeviation),
            ]),
        ]).text(indented: true) + "\n"
    }
}

extension JSONValue {
    /// Numbers in the fewest digits that read back the same.
    static func numbers(_ values: [Float]) -> JSONValue { .array(values.map { .number(Double("\($0)") ?? Double($0)) }) }
}
