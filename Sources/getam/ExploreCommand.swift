import ArgumentParser
import Assets
import Explorer
import Foundation
import GETAM
import Synchronization
import Terminal

/// `getam explore`: the explorer.
struct ExploreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explore", abstract: "Explore attention maps in the terminal (default).",
        discussion: "Press ? in the explorer for its keys. With output to a pipe, prints one frame and exits.")

    @Argument(help: ArgumentHelp("Pictures, and folders of pictures. (default: the bundled pictures)", valueName: "image|dir"))
    var pictures: [String] = []
    @Option(help: ArgumentHelp("First layer of the fused map. (default: the middle block)", valueName: "layer"))
    var startLayer: Int?
    @Option(help: ArgumentHelp("Map method: \(MapMethods.all.map(\.identifier).joined(separator: ", ")).", valueName: "name"))
    var method = MapMethods.all[0].identifier
    @Option(help: ArgumentHelp("Colors of the maps: \(ColorMap.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "map"))
    var colormap: ColorMap = .default
    @Option(help: ArgumentHelp("How logits become probabilities. (default: as the model's config says)", valueName: "kind"))
    var activation: ModelConfiguration.Probability?
    @Flag(help: "Leave the mouse to the terminal.")
    var noMouse = false
    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Display") var display: ColorOptions

    func validate() throws {
        if MapMethods.named(method) == nil {
            throw ValidationError("--method \(method): known are \(MapMethods.all.map(\.identifier).joined(separator: ", ")).")
        }
    }

    func run() throws {
        let paths = try PictureList.paths(pictures)
        let niceness: Int32 = 10
        let (loaded, model) = try self.model.load(niceness: niceness)
        if let startLayer, !(0..<model.configuration.depth).contains(startLayer) {
            throw ModelError.layerOutOfRange(startLayer, depth: model.configuration.depth)
        }
        let settings = Engine.Settings(
            resize: input.resize, size: input.size, probability: activation ?? model.configuration.probability,
            traceLimit: Int(min(ProcessInfo.processInfo.physicalMemory / 16, 320 << 20)), niceness: niceness,
            programVersion: Getam.version)
        if isatty(STDOUT_FILENO) == 1 {
            try runInTerminal(paths, model, name: loaded.displayName, settings)
        } else {
            try printFrame(paths, model, name: loaded.displayName, settings)
        }
    }

    private func state(
        _ paths: [String], _ model: VisionTransformer, name: String, depth: ColorDepth, _ size: (columns: Int, rows: Int)
    ) -> ExplorerState {
        let configuration = model.configuration
        return ExplorerState(
            pictures: paths,
            model: ModelSummary(
                name: name, depth: configuration.depth,
                classNames: (0..<configuration.classCount).map(configuration.className)),
            methods: MapMethods.all.map { MethodSummary(identifier: $0.identifier, title: $0.title, explanation: $0.summary) },
            colorDepth: depth, columns: size.columns, rows: size.rows, mouse: !noMouse, startLayer: startLayer,
            method: MapMethods.all.firstIndex { $0.identifier == method } ?? 0, colorMap: colormap)
    }

    private func runInTerminal(
        _ paths: [String], _ model: VisionTransformer, name: String, _ settings: Engine.Settings
    ) throws {
        let screen = try NcursesScreen(TerminalSettings(
            environment: Environment.variables, depth: display.colors.depth, descriptions: Assets.terminfo?.path))
        defer { screen.restore() }
        let waker = try Waker()
        let arrived = Mailbox()
        let engine = Engine(model: model, modelName: name, settings: settings) { action in
            arrived.post(action)
            waker.wake()
        }
        defer { engine.stop() }
        let session = ExplorerSession(
            state: state(paths, model, name: name, depth: screen.depth, screen.size), engine: engine, screen: screen)
        let end = TerminalLoop.run(screen: screen, waker: waker) { session.handle($0, arrived.take()) }
        engine.stop()
        screen.restore()
        guard end.exitStatus == 0 else {
            Notes.discard()
            Foundation.exit(end.exitStatus)
        }
    }

    /// Without a terminal: the first picture's frame once its maps are there.
    private func printFrame(
        _ paths: [String], _ model: VisionTransformer, name: String, _ settings: Engine.Settings
    ) throws {
        let depth = display.colors.forStandardOutput
        let arrived = Mailbox()
        let engine = Engine(model: model, modelName: name, settings: settings) { arrived.post($0) }
        defer { engine.stop() }
        var state = state(paths, model, name: name, depth: depth, TerminalSize.current)
        var failure: String?
        var effects = update(&state, .start)
        // Done when nothing that was asked for is under way.
        repeat {
            for effect in effects {
                if case .prefetch = effect { continue }
                engine.run(effect)
            }
            effects = []
            guard state.work != nil else { break }
            for action in arrived.wait() {
                if case .openFailed(_, _, let message) = action { failure = message }
                if case .failed(_, let message) = action { failure = message }
                effects += update(&state, action)
            }
        } while true
        if let failure { throw CommandFailure(.badData, failure) }
        print(view(state, columns: state.columns, rows: state.rows).text(depth: depth), terminator: "")
    }
}

/// Actions on their way from the engine's threads to the screen's.
private final class Mailbox: Sendable {
    private let actions = Mutex<[Action]>([])
    private let filled = DispatchSemaphore(value: 0)

    func post(_ action: Action) {
        actions.withLock { $0.append(action) }
        filled.signal()
    }

    /// Everything that has arrived.
    func take() -> [Action] {
        actions.withLock { actions in
            defer { actions = [] }
            return actions
        }
    }

    /// As `take`, but waits for something.
    func wait() -> [Action] {
        filled.wait()
        return take()
    }
}
