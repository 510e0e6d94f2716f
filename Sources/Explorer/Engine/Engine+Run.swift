import Checkpoints
import Foundation

extension Engine {
    /// A model that takes the first one's place.
    struct Renewal {
        let model: EngineModel
        let checkpoint: TrainingRun.Checkpoint
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
                    renew(Renewal(model: try settings.loadModel(checkpoint.path), checkpoint: checkpoint))
                } catch { post(.note("\(error)")) }
            }
            known = state
            post(.checkpointsKept(run.kept))
        }
    }

    /// On the work thread, between two pieces of work: no answer of the old model comes after.
    func perform(_ renewal: Renewal) {
        models.withLock { $0[0] = renewal.model }
        traces.forget(model: 0)
        if lastInput?.model == 0 { lastInput = nil }
        forgetMemo(of: 0)
        post(.modelRenewed(renewal.model.summary, renewal.checkpoint))
    }
}
