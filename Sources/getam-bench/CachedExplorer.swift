import ArgumentParser
import Assets
import Dispatch
import Explorer
import Foundation
import GETAM
import Synchronization

/// An explorer's state after some wishes, with everything there that they ask for.
enum CachedExplorer {
    /// On a bundled picture.
    static func state(
        depth: ColorDepth, model: String? = nil, wishes: [Action], measured: (Duration) -> Void = { _ in }
    ) throws -> ExplorerState {
        guard let pictures = Assets.pictures else { throw missing }
        return try state(
            depth: depth, picture: pictures + "/09-cow-and-sheep.jpg", model: model, wishes: wishes, measured: measured)
    }

    static var missing: ValidationError { ValidationError("The bundled model and pictures are not beside the program.") }

    /// - Parameters:
    ///   - model: a checkpoint; the bundled one unless given.
    ///   - truth: the folder of the picture's true labels, in the model's own numbers.
    ///   - measured: called for each wish with the time until all was there and the frame of it was made.
    static func state(
        depth: ColorDepth, picture: String, model path: String? = nil, truth: String? = nil, wishes: [Action],
        measured: (Duration) -> Void = { _ in }
    ) throws -> ExplorerState {
        guard let folder = path ?? Assets.model else { throw missing }
        let loaded = try ModelLoader.load(path: folder)
        let compute = Compute(
            product: .usual,
            pool: ThreadPool(threads: ProcessInfo.processInfo.activeProcessorCount))
        let model = VisionTransformer(loaded.parameters, compute: compute)
        let engineModel = EngineModel(model, name: loaded.displayName)
        let summary = engineModel.summary
        var setup = LabelSetup(model: summary)
        setup.hasTruth = truth != nil
        var state = ExplorerState(
            pictures: [picture], models: [summary], methods: MethodSummary.all,
            colorDepth: depth, columns: 200, rows: 60, labels: setup)
        let arrived = Mutex<[Action]>([])
        let filled = DispatchSemaphore(value: 0)
        let engine = Engine(
            models: [engineModel],
            settings: .init(
                resize: .fit, size: nil, traceLimit: 1 << 28, niceness: 0,
                programVersion: "bench", truth: try truth.map { folder in
                    TruthFolder(
                        files: CompanionFiles(
                            try PictureFiles(folder: folder, endings: ["png"]), of: [(picture, PictureNames.name(of: picture.lastPart))],
                            missing: "no truth for this picture"),
                        numbers: setup.numbers)
                })
        ) { action in
            arrived.withLock { $0.append(action) }
            filled.signal()
        }
        defer { engine.stop() }
        for wish in wishes {
            let begin = ContinuousClock.now
            var effects = update(&state, wish)
            while true {
                for effect in effects { engine.run(effect) }
                effects = []
                guard state.work != nil else { break }
                filled.wait()
                for action in arrived.withLock({ actions in
                    defer { actions = [] }
                    return actions
                }) { effects += update(&state, action) }
            }
            _ = view(state)
            measured(ContinuousClock.now - begin)
        }
        return state
    }
}
