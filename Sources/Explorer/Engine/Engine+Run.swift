import Checkpoints
import Foundation

extension Engine {
    /// A model that takes another one's place, and what is said of it.
    struct Renewal {
        let model: EngineModel
        let index: Int
        let answer: Action
        /// Whether it differs from the other in its head's classes alone, so that passes go on.
        var keepsPasses = false
    }

    /// Seconds from one look at a run's folder to the next.
    private static let period = 1.0

    /// Looks at a run's folder from time to time, and reads the newest checkpoint when it is another. Ends with the engine.
    func follow(_ run: TrainingRun) {
        var known = run.opened
        while waits(Self.period) {
            let state = run.state
            guard state != known else { continue }
            if state.hasNewer(than: known), let checkpoint = run.newest {
                do {
                    let model = try settings.loadModel(checkpoint.path)
                    renew(Renewal(model: model, index: 0, answer: .modelRenewed(model.summary, checkpoint)))
                } catch { post(.note("\(error)")) }
            }
            known = state
            post(.checkpointsKept(run.kept))
        }
    }

    /// On the work thread, between two pieces of work: no answer of the old model comes after.
    func perform(_ renewal: Renewal) {
        let index = renewal.index
        models.withLock { if $0.indices.contains(index) { $0[index] = renewal.model } }
        let model = renewal.model.transformer
        traces.replace(model: index) { renewal.keepsPasses ? model.reclassified($0) : nil }
        if lastInput?.model == index, !renewal.keepsPasses { lastInput = nil }
        forgetMemo(of: index)
        post(renewal.answer)
    }
}
