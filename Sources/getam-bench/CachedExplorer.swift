import ArgumentParser
import Assets
import Dispatch
import Explorer
import Foundation
import GETAM
import Synchronization

/// An explorer's state after some wishes, with everything there that they ask for.
enum CachedExplorer {
    /// With the maps of the two most probable classes of a bundled picture.
    static func state(depth: ColorDepth) throws -> ExplorerState {
        guard let pictures = Assets.pictures else { throw missing }
        return try state(
            depth: depth, picture: pictures + "/09-cow-and-sheep.jpg",
            wishes: [.start, .stepClass(1), .stepClass(-1)])
    }

    static var missing: ValidationError { ValidationError("The bundled model and pictures are not beside the program.") }

    /// - Parameter truth: the folder of the picture's true labels, in the model's own numbers.
    static func state(depth: ColorDepth, picture: String, truth: String? = nil, wishes: [Action]) throws -> ExplorerState {
        guard let folder = Assets.model else { throw missing }
        let loaded = try ModelLoader.load(path: folder)
        let compute = Compute(
            product: .load(path: nil, coreTypeIsSet: false),
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
        }
        return state
    }
}
