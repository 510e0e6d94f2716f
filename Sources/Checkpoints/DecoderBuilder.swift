import Tensors

/// Takes the published decoder's parameters, and the class head's map, out of an archive.
struct DecoderBuilder {
    /// Width of a token.
    let width: Int
    /// Its first two stages are the two finest levels.
    let stem: ParameterSet.Stem?

    /// Level 1 (finest) to 4 of DPT's reassembly.
    func reassembly(_ level: Int, _ collector: inout TensorCollector) -> ParameterSet.Reassembly {
        let name = "pretrained.act_postprocess\(level)."
        let channels = extent(name + "3.weight", collector)
        // Levels 1 and 2 grow by 4 and 2, level 4 shrinks by 2.
        let kernel: Int? = [1: 4, 2: 2, 4: 3][level]
        return .init(
            readout: collector.linear(name + "0.project.0", width, 2 * width),
            reduction: convolution(name + "3", channels, width, 1, &collector),
            resampling: kernel.map { convolution(name + "4", channels, channels, $0, &collector) })
    }

    /// - Parameter classMap: level 4, which the class head reads too.
    func build(
        classMap: ParameterSet.Reassembly, _ collector: inout TensorCollector
    ) -> ParameterSet.Decoder {
        var levels: [ParameterSet.Reassembly?] = []
        var inputs: [Int] = []
        for level in 1...3 {
            if let stem, level <= 2 {
                levels.append(nil)
                inputs.append(stem.stages.count >= 2 ? stem.stages[level - 1].last?.layers.last?.channels ?? 0 : 0)
            } else {
                let reassembly = reassembly(level, &collector)
                levels.append(reassembly)
                inputs.append(reassembly.reduction.weight.shape[0])
            }
        }
        inputs.append(classMap.reduction.weight.shape[0])
        let features = extent("scratch.layer1_rn.weight", collector)
        var projections: [ParameterSet.Convolution] = []
        var fusions: [ParameterSet.Decoder.Fusion] = []
        for level in 1...4 {
            projections.append(
                convolution("scratch.layer\(level)_rn", features, inputs[level - 1], 3, hasBias: false, &collector))
            let name = "scratch.refinenet\(level)."
            fusions.append(
                .init(
                    // The coarsest has one in the file, which nothing goes through.
                    skip: level == 4 ? nil : residualUnit(name + "resConfUnit1.", features, &collector),
                    main: residualUnit(name + "resConfUnit2.", features, &collector),
                    output: convolution(name + "out_conv", features, features, 1, &collector)))
        }
        let squeezed = extent("cam_module.fc.0.weight", collector)
        let outputs = extent("scratch.output_conv.4.weight", collector)
        return .init(
            levels: levels, projections: projections, fusions: fusions,
            attention: [
                convolution("cam_module.body.0", features, features, 3, &collector),
                convolution("cam_module.body.2", features, features, 3, &collector),
            ],
            squeeze: collector.take("cam_module.fc.0.weight", [squeezed, features]),
            excitation: collector.take("cam_module.fc.2.weight", [features, squeezed]),
            output: convolution("scratch.output_conv.0", features, features, 3, hasBias: false, &collector),
            outputNorm: batchNorm("scratch.output_conv.1", features, &collector),
            classifier: convolution("scratch.output_conv.4", outputs, features, 1, &collector))
    }

    private func residualUnit(
        _ name: String, _ channels: Int, _ collector: inout TensorCollector
    ) -> ParameterSet.Decoder.ResidualUnit {
        var convolutions: [ParameterSet.Convolution] = []
        var norms: [ParameterSet.BatchNorm] = []
        for number in 1...2 {
            convolutions.append(convolution("\(name)conv\(number)", channels, channels, 3, hasBias: false, &collector))
            norms.append(batchNorm("\(name)bn\(number)", channels, &collector))
        }
        return .init(convolutions: convolutions, norms: norms)
    }

    private func convolution(
        _ name: String, _ outputs: Int, _ inputs: Int, _ kernel: Int, hasBias: Bool = true,
        _ collector: inout TensorCollector
    ) -> ParameterSet.Convolution {
        .init(
            weight: collector.take(name + ".weight", [outputs, inputs, kernel, kernel]),
            bias: hasBias ? collector.take(name + ".bias", [outputs]) : nil)
    }

    private func batchNorm(_ name: String, _ channels: Int, _ collector: inout TensorCollector) -> ParameterSet.BatchNorm {
        .init(
            weight: collector.take(name + ".weight", [channels]), bias: collector.take(name + ".bias", [channels]),
            mean: collector.take(name + ".running_mean", [channels]),
            variance: collector.take(name + ".running_var", [channels]),
            batches: collector.count(name + ".num_batches_tracked"))
    }

    /// The first extent of a tensor; 0 where there is none, about which taking it complains.
    private func extent(_ name: String, _ collector: TensorCollector) -> Int { collector.info(name)?.shape.first ?? 0 }
}
