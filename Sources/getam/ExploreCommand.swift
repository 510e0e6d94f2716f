import ArgumentParser
import Assets
import Explorer
import Foundation
import GETAM
import Terminal

/// `getam explore`: the explorer.
struct ExploreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explore", abstract: "Explore attention maps in the terminal (default).",
        discussion: "Press ? in the explorer for its keys. With output to a pipe, prints one frame and exits.")

    @OptionGroup(title: "Pictures") var pictures: PictureOptions
    @OptionGroup(title: "What is shown first") var first: BookmarkOptions
    @Option(
        name: .customLong("do"),
        help: ArgumentHelp("Command to begin with, as typed after the colon; given again, one after the other.", valueName: "line"))
    var commands: [String] = []
    @Option(help: ArgumentHelp("Map method; where none is named, the preset's.", valueName: "name"))
    var method: MethodChoice?
    @Option(help: ArgumentHelp("Colors of the maps.", valueName: "map"))
    var colormap: ColorMap = .default
    @Option(help: ArgumentHelp("How logits become probabilities. (default: as the model's config says)", valueName: "kind"))
    var activation: ModelConfiguration.Probability?
    @Flag(help: "Leave the mouse to the terminal.")
    var noMouse = false
    @Flag(help: "Show frames as they come, not each as a whole.")
    var noSync = false
    @Option(help: ArgumentHelp("Pictures in pixels, where the terminal proves it can, or never, or always.", valueName: "way"))
    var graphics: GraphicsChoice = .auto
    @OptionGroup(title: "Labels") var labels: ExploreLabelOptions
    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Display") var display: ColorOptions
    @Option(help: ArgumentHelp("Colors of the text for a dark or a light terminal.", valueName: "ground"))
    var theme: ThemeChoice = .auto

    func run() throws {
        var command = self
        let run = try command.takeRun()
        try command.explore(run)
    }

    /// Takes a training run from among the pictures: its newest checkpoint is the first model, and where no pictures are named its
    /// probe pictures are shown.
    private mutating func takeRun() throws -> TrainingRun? {
        let runs = pictures.pictures.filter { TrainingRun(path: $0) != nil }
        guard let word = runs.first, let run = TrainingRun(path: word) else { return nil }
        if runs.count > 1 {
            throw CommandFailure(.usage, "\(runs[1]): a second run; the explorer follows one, and looks through the model of another with -m \(runs[1])")
        }
        guard run.newest != nil else {
            throw CommandFailure(.missingInput, "\(word): the run has written no checkpoint yet; wait for its first one")
        }
        pictures.pictures.removeAll { $0 == word }
        model.checkpoint.file.models.insert(run.path, at: 0)
        guard !pictures.isGiven else { return run }
        pictures.pictures = run.probes
        if !pictures.isGiven { Notes.add("\(word): none of the run's probe pictures is there; the bundled pictures are shown") }
        return run
    }

    private func explore(_ run: TrainingRun?) throws {
        // The first word of all is taken for a picture where it is no command.
        if let first = pictures.pictures.first, Getam.arguments.first == first,
            let line = CommandGrammar.current(for: first)?.mistypedCommand(first) {
            throw CommandFailure(.usage, line)
        }
        let restored = try labels.restored()
        let named = try chosenPictures(restored)
        let found = try labels.picture(of: restored, named: named.paths)
        let list = try found.map { $0.paths.count == named.paths.count ? named : try PictureList($0.paths) } ?? named
        let paths = found?.paths ?? list.paths
        let preset = try labels.chosenPreset() ?? restored?.preset
        let niceness: Int32 = 10
        let (loaded, model) = try self.model.load(niceness: niceness, isFirst: true)
        try method?.method.check(with: model.configuration)
        let bookmark = try first.bookmark(model.parameters)
        try labels.check(restored, model: Self.name(of: loaded))
        let engineModel = EngineModel(model, name: Self.name(of: loaded), probability: activation)
        let setup = try labels.setup(engineModel.summary, model.configuration, pictures: list)
        let others = try self.model.checkpoint.file.others.map { try another($0, niceness: niceness) }
        let memory = ExplorerMemory()
        Allocator.keepSmall()
        let settings = Engine.Settings(
            resize: input.resize, size: input.size, traceLimit: memory.engineShare, niceness: niceness,
            programVersion: Getam.version, saliencyFolder: setup.saliency, truth: setup.truth,
            imageClasses: setup.imageClasses, input: labels.inputs(pictures: paths, model: loaded.files),
            run: StandardStream.output.isTerminal ? run : nil, loadModel: { [self] path in try another(path, niceness: niceness) })
        let start = Start(
            paths: paths, models: [engineModel] + others, labels: setup.labels,
            preset: preset ?? labels.defaultPreset(input: input, for: loaded.parameters), restored: restored, bookmark: bookmark,
            found: found, memory: memory, run: run)
        if StandardStream.output.isTerminal {
            try runInTerminal(start, settings)
        } else {
            try printFrame(start, settings)
        }
    }

    /// The pictures to show; the bundled ones where none are named.
    private func chosenPictures(_ restored: RestoredView?) throws -> PictureList {
        guard pictures.isGiven else {
            return restored == nil ? try .bundled() : PictureList(pictures: [])
        }
        if let word = pictures.pictures.first(where: { $0 != "-" && !AtomicFile.exists($0) }) {
            throw CommandFailure(
                .missingInput, "\(word.isEmpty ? "\"\"" : word): neither a command nor a picture or folder that is there (see getam --help)")
        }
        let list = try pictures.chosen(leavingOut: [labels.saliency, labels.truth].compactMap { $0 })
        // One named picture is looked at before any screen opens; of many, bad ones are reported in place.
        if pictures.pictures.count == 1, list.paths.count == 1 { _ = try ImageFile.size(path: list.paths[0]) }
        list.remarks.forEach(Notes.add)
        for case .failure(let error) in list.pictures.map(\.file) {
            if list.paths.isEmpty { throw error }
            Notes.add("\(error)")
        }
        if pictures.readsStandardInput { try Self.giveKeysToTerminal() }
        let part = try pictures.ownPart(of: list.pictures.count)
        return PictureList(pictures: part.map { list.pictures[$0] }, known: list.known)
    }

    /// Once standard input is read, keys come from the terminal in its place.
    private static func giveKeysToTerminal() throws {
        _ = try MappedFile(path: "/dev/stdin")
        guard isatty(STDIN_FILENO) == 0, isatty(STDOUT_FILENO) == 1 else { return }
        let terminal = FileSystem.open("/dev/tty", O_RDWR)
        guard terminal >= 0 else { return }
        dup2(terminal, STDIN_FILENO)
        close(terminal)
    }

    /// What the first state is made from.
    private struct Start {
        let paths: [String]
        let models: [EngineModel]
        let labels: LabelSetup
        let preset: Preset
        let restored: RestoredView?
        let bookmark: Bookmark
        let found: RestoredPicture?
        let memory: ExplorerMemory
        let run: TrainingRun?
    }

    /// Reads another model to look through; its notes stay unsaid while the screen is up.
    private func another(_ path: String, niceness: Int32) throws -> EngineModel {
        let loaded = try model.checkpoint.concepts.added(to: ModelLoader.load(path: path))
        return EngineModel(try model.transformer(loaded, niceness: niceness), name: Self.name(of: loaded), probability: activation)
    }

    /// What a model is called; those of a run by the run and the step.
    private static func name(of loaded: LoadedModel) -> String {
        guard let file = loaded.files.first, let run = TrainingRun.owner(ofWeights: file), let step = TrainingRun.step(ofWeights: file)
        else { return loaded.displayName }
        return "\(run.name) \(TrainingRun.Checkpoint(path: file, step: step).title)"
    }

    private func state(_ start: Start, depth: ColorDepth, _ size: (columns: Int, rows: Int)) throws -> ExplorerState {
        let model = start.models[0].summary
        if start.preset.layers.range(depth: model.depth) == nil {
            throw CommandFailure(.badData, "the preset's layers begin beyond the model's last layer, \(model.depth - 1)")
        }
        // Without a head, the first method that needs none takes the place of the preset's.
        let method = method?.method.identifier ?? (model.hasClasses ? start.preset.method : MapMethods.classFree.first?.identifier ?? "")
        guard let index = MapMethods.all.firstIndex(where: { $0.identifier == method }) else {
            throw CommandFailure(
                .badData,
                "the preset's method “\(method)” is not known; known are "
                    + MapMethods.all.map(\.identifier).joined(separator: ", "))
        }
        var state = ExplorerState(
            pictures: start.paths, models: start.models.map(\.summary), methods: MethodSummary.all,
            colorDepth: depth, columns: size.columns, rows: size.rows, mouse: !noMouse, startLayer: first.firstLayer,
            method: index, colorMap: colormap, cacheLimit: start.memory.stateShare, memoryLimit: start.memory.limit,
            preset: start.preset, labels: start.labels, predict: Float(labels.predict.value))
        state.finestGlyphs = GlyphSet.finest(environment: Environment.variables)
        if let restored = start.restored, let found = start.found {
            state.restore(restored, picture: found.place, differs: found.differs)
        }
        state.open(at: start.bookmark)
        state.begin(with: commands)
        state.context = context
        if let run = start.run, let newest = run.newest { state.watch(WatchedRun(name: run.name, newest: newest, kept: run.kept)) }
        if let preset = labels.preset { state.note(preset: start.preset, at: preset) }
        return state
    }

    /// What the explorer is told of the program around it.
    private var context: ProgramContext {
        let product = Environment.matrixProduct()
        let source = switch product.source {
        case .library(let name): name + (product.version.map { " (\($0))" } ?? "")
        case .builtIn: "own loops"
        }
        return ProgramContext(
            theme: ThemeSetting(theme, colorFGBG: Environment.value("COLORFGBG")), graphics: GraphicsSetting(graphics),
            isSynchronized: !noSync, options: runOptions,
            modelPaths: ((try? model.checkpoint.file.path(isFirst: true)).map { [$0] } ?? []) + model.checkpoint.file.others,
            namesModel: !model.checkpoint.file.models.isEmpty,
            facts: [
                Fact("program", "getam \(Getam.version)"),
                Fact("computing", "\(Environment.features), products by \(source), \(model.threads ?? Environment.usableProcessors()) threads"),
            ])
    }

    /// The options given that hold for the whole run, but those of what is shown.
    private var runOptions: [String] {
        var words: [String] = []
        func add(_ option: String, _ value: String?) { if let value { words += [option, value] } }
        add("--head", model.checkpoint.head)
        for concept in model.checkpoint.concepts.concepts { add("--concept", concept.word) }
        add("--activation", activation?.rawValue)
        add("--resize", input.givenResize?.rawValue)
        add("--size", input.size.map(String.init))
        add("--labels", labels.labels)
        add("--class-list", labels.classList.choice.isModels ? nil : labels.classList.choice.word)
        add("--saliency", labels.saliency)
        add("--truth", labels.truth)
        add("--truth-list", labels.truthList?.word)
        return words
    }

    private func runInTerminal(_ start: Start, _ settings: Engine.Settings) throws {
        let context = context
        let screen = try NcursesScreen(TerminalSettings(
            environment: Environment.variables, depth: display.colors.depth, descriptions: Assets.terminfo,
            asksBackground: context.theme.needsBackground, asksGraphics: graphics == .auto, isSynchronized: !noSync))
        defer { screen.restore() }
        let waker = try Waker()
        let arrived = Mailbox<Action>()
        let engine = Engine(models: start.models, settings: settings) { action in
            arrived.post(action)
            waker.wake()
        }
        defer { engine.stop() }
        var state = try state(start, depth: screen.depth, screen.size)
        state.context.graphics.support = screen.graphics
        // Who names no picture has come to look around.
        if !pictures.isGiven, start.restored == nil, commands.isEmpty { state.greet() }
        let session = ExplorerSession(state: state, engine: engine, screen: screen)
        let end = TerminalLoop.run(screen: screen, waker: waker) { session.handle($0, arrived.take()) }
        engine.stop()
        screen.restore()
        let status = session.wasInterrupted ? 128 + SIGINT : end.exitStatus
        guard status == 0 else {
            Notes.discard()
            Foundation.exit(status)
        }
    }

    /// Without a terminal: the first picture's frame once its maps are there.
    private func printFrame(_ start: Start, _ settings: Engine.Settings) throws {
        let depth = display.colors.forStandardOutput
        let arrived = Mailbox<Action>()
        let engine = Engine(models: start.models, settings: settings) { arrived.post($0) }
        defer { engine.stop() }
        var state = try state(start, depth: depth, TerminalSize.current)
        var failure: String?
        var effects = update(&state, .start)
        // Done when nothing that was asked for is under way.
        repeat {
            for effect in effects {
                if case .prefetch = effect { continue }
                engine.run(effect)
            }
            effects = []
            guard !state.isIdle else { break }
            for action in arrived.wait() {
                if case .openFailed(_, _, let message) = action { failure = message }
                if case .failed(_, let message) = action { failure = message }
                effects += update(&state, action)
            }
        } while true
        if let failure { throw CommandFailure(.badData, failure) }
        if let failure = state.script.failure { throw CommandFailure(.usage, "--do \(failure)") }
        try Output.write(view(state, columns: state.columns, rows: state.rows).text(depth: depth))
    }
}

extension ThemeChoice: ExpressibleByArgument {}
extension GraphicsChoice: ExpressibleByArgument {}
