import ArgumentParser
import Assets
import Dispatch
import Explorer
import Foundation
import GETAM
import Synchronization

/// An explorer's state with a picture traced and the maps of its two most probable classes there.
enum CachedExplorer {
    static func state(depth: ColorDepth) throws -> ExplorerState {
        guard let folder = Assets.model, let pictures = Assets.pictures else {
            throw ValidationError("The bundled model and pictures are not beside the program.")
        }
        let loaded = try ModelLoader.load(path: folder.path)
        let compute = Compute(
            product: .load(path: nil, coreTypeIsSet: false),
            pool: ThreadPool(threads: ProcessInfo.processInfo.activeProcessorCount))
        let model = VisionTransformer(loaded.parameters, compute: compute)
        let configuration = model.configuration
        var state = ExplorerState(
            pictures: [pictures.appending(path: "09-cow-and-sheep.jpg").path],
            model: ModelSummary(name: loaded.displayName, depth: configuration.depth, classNames: configuration.classNames),
            methods: MapMethods.all.map(MethodSummary.init),
            colorDepth: depth, columns: 200, rows: 60)
        let arrived = Mutex<[Action]>([])
        let filled = DispatchSemaphore(value: 0)
        let engine = Engine(
            model: model, modelName: loaded.displayName,
            settings: .init(
                resize: .fit, size: nil, probability: configuration.probability, traceLimit: 1 << 28, niceness: 0,
                programVersion: "bench")
        ) { action in
            arrived.withLock { $0.append(action) }
            filled.signal()
        }
        defer { engine.stop() }
        for wish in [Action.start, .stepClass(1), .stepClass(-1)] {
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
