import Checkpoints
import Tensors
import VisionTransformer

extension BatchGradient {
    /// Leaves the gradients of a batch's loss in ``sums``, where its pictures belong together: label maps come of the very passes,
    /// or the decoder's norms or a loss go by the whole batch.
    ///
    /// Every picture goes through the model once. A first way back may make its label map; the decoder takes the batch layer by
    /// layer; a second way back ends the step. All passes' traces stand meanwhile.
    ///
    /// - Parameters:
    ///   - dropout: in the published decoder.
    ///   - target: of a picture, from its pass.
    ///   - prepare: a picture's pixels, and how it goes through the model.
    /// - Returns: the sum of the pictures' parts. Where one is no number, the gradients mean nothing.
    func evaluateJointly(
        count: Int, _ objective: JointObjective, dropout: BatchDecoder.Dropout,
        target: @Sendable (Int, Trace, VisionTransformer) throws -> PixelTarget,
        _ prepare: @Sendable (Int, VisionTransformer) -> (pixels: Tensor, options: ForwardOptions)
    ) throws -> JointObjective.Parts {
        statistics = []
        defer { forgetPasses() }
        return try withWorkers(count) { workers in
            do {
                return try evaluate(workers, objective, dropout, target, prepare)
            } catch ModelError.notFinite {
                return .notFinite
            }
        }
    }

    private func evaluate(
        _ workers: BatchWorkers, _ objective: JointObjective, _ dropout: BatchDecoder.Dropout,
        _ target: @Sendable (Int, Trace, VisionTransformer) throws -> PixelTarget,
        _ prepare: @Sendable (Int, VisionTransformer) -> (pixels: Tensor, options: ForwardOptions)
    ) throws -> JointObjective.Parts {
        let passes = try workers.each { place, model in
            let (pixels, options) = prepare(place, model)
            let trace = try model.forward(pixels, options: options)
            return (trace: trace, target: try target(place, trace, model))
        }
        var objective = objective.learning(passes.map(\.target))
        guard let decoder = BatchDecoder(workers.models[0]) else {
            if objective.needsSurvey {
                objective = objective.knowing(try workers.each { [objective] in try objective.survey($0, passes[$0].trace, $1) })
            }
            return try evaluate(workers, objective, passes.map(\.trace))
        }
        let (logits, trace) = decoder.forward(passes.map { VisionTransformer.Tapped($0.trace) }, dropout: dropout, workers)
        if objective.needsSurvey {
            objective = objective.knowing(workers.each { [objective] in objective.survey($0, logits[$0], $1) })
        }
        let answers = workers.each { [objective] in objective.evaluatePixels($0, logits[$0], $1) }
        guard objective.value(answers.map(\.parts).reduce(.init(), +)).isFinite else { return .notFinite }
        let given = decoder.backward(answers.map(\.gradient), trace, workers, addingTo: BatchSums(lanes))
        let parts = try workers.each { [objective] place, model in
            let cotangents = cotangents(of: place), parts = objective.evaluateClasses(place, passes[place].trace, &cotangents.values)
            cotangents.values.tokens = given[place].tokens
            cotangents.values.stages = given[place].stages
            try model.backward(passes[place].trace, from: cotangents.values, wanting: BackwardWants(parameters: lane(of: place)))
            return parts + answers[place].parts
        }
        addUp()
        statistics = trace.statistics
        return parts.reduce(.init(), +)
    }

    /// The way back of every picture by itself.
    private func evaluate(_ workers: BatchWorkers, _ objective: JointObjective, _ traces: [Trace]) throws -> JointObjective.Parts {
        let parts = try workers.each { place, model in
            let cotangents = cotangents(of: place)
            let parts = try objective.evaluate(place, traces[place], model, lane(of: place), &cotangents.values)
            try model.backward(traces[place], from: cotangents.values, wanting: BackwardWants(parameters: lane(of: place)))
            return parts
        }
        addUp()
        return parts.reduce(.init(), +)
    }
}
