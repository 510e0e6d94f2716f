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
    @OptionGroup(title: "Sessions") var session: SessionOptions
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
    @OptionGroup(title: "Display") var configuration: ConfigurationOption

    func run() throws {
        var command = self
        let run = try command.takeRun()
        try command.explore(run, command.session.play == nil ? configuration.settings() : ExplorerSettings())
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

    private func explore(_ run: TrainingRun?, _ own: ExplorerSettings) throws {
        // The first word of all is taken for a picture where it is no command.
        if let first = pictures.pictures.first, Getam.arguments.first == first,
            let line = CommandGrammar.current(for: first)?.mistypedCommand(first) {
            throw CommandFailure(.usage, line)
        }
        let restored = try labels.restored()
        let named = try chosenPictures(restored)
        let found = try labels.picture(of: restored, named: named.paths)
        let list = try found.map { $0.paths.count == named.paths.count ? named : try PictureList($0.paths) } ?? named
        let (command, start, settings) = try prepared(own) { (command, own) in
            try command.prepare(list, paths: found?.paths ?? list.paths, restored, found, run, own)
        }
        if session.plain {
            try command.runPlainly(start, settings)
        } else if StandardStream.output.isTerminal, session.play == nil {
            try command.runInTerminal(start, settings)
        } else {
            try command.printFrame(start, settings)
        }
    }

    /// What the explorer begins with and its engine, with the settings in place of options that are not given. A setting that
    /// cannot be followed is left out, which its remark says: a wrong file keeps nothing from starting.
    private func prepared(
        _ own: ExplorerSettings, _ prepare: (ExploreCommand, ExplorerSettings) throws -> (Start, Engine.Settings)
    ) throws -> (ExploreCommand, Start, Engine.Settings) {
        func attempt(_ own: ExplorerSettings) throws -> (ExploreCommand, Start, Engine.Settings) {
            var command = self
            command.use(own)
            let (start, settings) = try prepare(command, own)
            return (command, start, settings)
        }
        do { return try Notes.undoing { try attempt(own) } } catch {
            let names = ["model", "preset", "class-list"].filter { own.values[$0] != nil }
            if names.isEmpty { throw error }
            // At fault is what fails by itself, or else all of it together.
            var rest = own
            for name in names {
                let others = names.filter { $0 != name }
                do { _ = try Notes.undoing { try attempt(own.without(others)) } } catch { rest.drop(name, "\(error)") }
            }
            if rest == own { for name in names { rest.drop(name, "\(error)") } }
            return try attempt(rest)
        }
    }

    private func prepare(
        _ list: PictureList, paths: [String], _ restored: RestoredView?, _ found: RestoredPicture?, _ run: TrainingRun?, _ own: ExplorerSettings
    ) throws -> (Start, Engine.Settings) {
        let preset = try labels.chosenPreset(own.presets) ?? restored?.preset
        let niceness: Int32 = 10
        let (loaded, model) = try self.model.load(niceness: niceness, isFirst: true)
        try method?.method.check(with: model.configuration)
        let bookmark = try first.bookmark(model.parameters)
        try labels.check(restored, model: Self.name(of: loaded))
        let review = try labels.review.map { try ExploredReview($0, list) }
        let engineModel = EngineModel(model, name: Self.name(of: loaded), probability: activation, path: loaded.files.first)
        let setup = try labels.setup(engineModel.summary, model.configuration, pictures: list)
        let words = SessionWords(self.model.checkpoint)
        let others = try self.model.checkpoint.file.others.map { path in
            let other = try another(path, niceness: niceness, words)
            if let remark = other.remark { Notes.add("\(path): \(remark)") }
            return other
        }
        let memory = ExplorerMemory()
        Allocator.keepSmall()
        let settings = Engine.Settings(
            resize: input.resize, size: input.size, traceLimit: memory.engineShare, niceness: niceness,
            programVersion: Getam.version, saliencyFolder: setup.saliency, truth: setup.truth,
            imageClasses: setup.imageClasses, input: labels.inputs(pictures: paths, model: loaded.files),
            run: StandardStream.output.isTerminal && session.play == nil && !session.plain ? run : nil, review: review?.writer,
            loadModel: { [self] path in try another(path, niceness: niceness, words) },
            addClass: { text, model in try words.adding(text, to: model) })
        let usual = preset ?? labels.defaultPreset(input: input, for: loaded.parameters)
        let start = Start(
            paths: paths, models: [engineModel] + others, method: try index(ofMethod: usual, engineModel.summary), labels: setup.labels,
            preset: usual, restored: restored, bookmark: bookmark, found: found, memory: memory, run: run, settings: own,
            review: review?.start)
        return (start, settings)
    }

    /// The place of the map method that is shown first; a preset that the model cannot follow is refused.
    private func index(ofMethod preset: Preset, _ model: ModelSummary) throws -> Int {
        if preset.layers.range(depth: model.depth) == nil {
            throw CommandFailure(.badData, "the preset's layers begin beyond the model's last layer, \(model.depth - 1)")
        }
        // Without a head, the first method that needs none takes the place of the preset's.
        let method = method?.method.identifier ?? (model.hasClasses ? preset.method : MapMethods.classFree.first?.identifier ?? "")
        guard let index = MapMethods.all.firstIndex(where: { $0.identifier == method }) else {
            throw CommandFailure(
                .badData,
                "the preset's method “\(method)” is not known; known are "
                    + MapMethods.all.map(\.identifier).joined(separator: ", "))
        }
        return index
    }

    /// Lets the settings stand for options that are not given. A session is played without any: it is to be the same everywhere.
    private mutating func use(_ settings: ExplorerSettings) {
        let given = ConfigurationOption.given(Getam.arguments)
        func value(_ name: String) -> String? { given.contains(name) ? nil : settings.values[name]?.text }
        if let choice = value("theme").flatMap(ThemeChoice.init(rawValue:)) { theme = choice }
        if let choice = value("graphics").flatMap(GraphicsChoice.init(rawValue:)) { graphics = choice }
        if let choice = value("colors").flatMap(ColorChoice.init(rawValue:)) { display.colors = choice }
        if value("sync") == "off" { noSync = true }
        if let list = value("class-list").flatMap({ ClassListChoice(argument: ShellWord.homeResolved($0)) }) { labels.classList.choice = list }
        // A training run that is named brings its own model.
        if model.checkpoint.file.models.isEmpty, let path = value("model") { model.checkpoint.file.models = [ShellWord.homeResolved(path)] }
        if let preset = value("preset") { labels.preset = ShellWord.homeResolved(preset) }
        if let own = labels.preset.flatMap({ Preset.named($0) == nil ? settings.presets[$0] : nil }) { labels.preset = ShellWord.homeResolved(own.text) }
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
        let list = try pictures.chosen(leavingOut: [labels.saliency, labels.truth, labels.review].compactMap { $0 })
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
        /// Its place among all.
        let method: Int
        let labels: LabelSetup
        let preset: Preset
        let restored: RestoredView?
        let bookmark: Bookmark
        let found: RestoredPicture?
        let memory: ExplorerMemory
        let run: TrainingRun?
        let settings: ExplorerSettings
        let review: ReviewStart?
    }

    /// Reads another model to look through, with the words that the session has; its notes stay unsaid while the screen is up.
    private func another(_ path: String, niceness: Int32, _ words: SessionWords) throws -> EngineModel {
        let compute = model.compute(niceness: niceness), (loaded, remark) = try words.load(path, compute: compute)
        var other = EngineModel(
            VisionTransformer(loaded.parameters, compute: compute), name: Self.name(of: loaded), probability: activation,
            path: loaded.files.first)
        other.remark = remark
        return other
    }

    /// What a model is called; those of a run by the run and the step.
    private static func name(of loaded: LoadedModel) -> String {
        guard let file = loaded.files.first, let run = TrainingRun.owner(ofWeights: file), let step = TrainingRun.step(ofWeights: file)
        else { return loaded.displayName }
        return "\(run.name) \(TrainingRun.Checkpoint(path: file, step: step).title)"
    }

    private func state(
        _ start: Start, depth: ColorDepth, _ size: (columns: Int, rows: Int), _ lines: [Script.Line] = []
    ) -> ExplorerState {
        var state = ExplorerState(
            pictures: start.paths, models: start.models.map(\.summary), methods: MethodSummary.all,
            colorDepth: depth, columns: size.columns, rows: size.rows, mouse: !noMouse, startLayer: first.firstLayer,
            method: start.method, colorMap: colormap, cacheLimit: start.memory.stateShare, memoryLimit: start.memory.limit,
            preset: start.preset, labels: start.labels, predict: Float(labels.predict.value))
        state.finestGlyphs = GlyphSet.finest(environment: Environment.variables)
        if let restored = start.restored, let found = start.found {
            state.restore(restored, picture: found.place, differs: found.differs)
        }
        state.open(at: start.bookmark)
        state.begin(with: commands.map { Script.Line($0) } + lines)
        state.context = context
        state.take(start.settings, given: ConfigurationOption.given(Getam.arguments))
        for remark in state.settings.remarks { Notes.add("\(state.settings.path):\(remark)") }
        if let run = start.run, let newest = run.newest { state.watch(WatchedRun(name: run.name, newest: newest, kept: run.kept)) }
        state.openSession(remarks: remarks(start), preset: labels.preset)
        if let preset = labels.preset { state.note(preset: start.preset, at: preset) }
        if let review = start.review { state.begin(review) }
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

    /// What a session says of the run that it is of, without folders of this machine.
    private func remarks(_ start: Start) -> [String] {
        let names = start.paths.map { $0.lastPart }, few = names.prefix(5)
        let options = runOptions.map { $0.contains("/") ? $0.lastPart : $0 } + (labels.from.map { ["--from", $0.lastPart] } ?? [])
        return [
            "getam \(Getam.version), model \(start.models[0].summary.name)",
            "pictures: " + few.joined(separator: ", ") + (names.count > few.count ? " and \(names.count - few.count) more" : ""),
        ] + (options.isEmpty ? [] : ["options: " + options.joined(separator: " ")])
    }

    /// The options given that hold for the whole run, but those of what is shown.
    private var runOptions: [String] {
        var words: [String] = []
        func add(_ option: String, _ value: String?) { if let value { words += [option, value] } }
        add("--head", model.checkpoint.head)
        words += model.checkpoint.texts.options() + model.checkpoint.background.options()
        for concept in model.checkpoint.concepts.concepts { add("--concept", concept.word) }
        add("--activation", activation?.rawValue)
        add("--resize", input.givenResize?.rawValue)
        add("--size", input.size.map(String.init))
        add("--labels", labels.labels)
        add("--class-list", labels.classList.choice.isModels ? nil : labels.classList.choice.word)
        add("--saliency", labels.saliency)
        add("--truth", labels.truth)
        add("--truth-list", labels.truthList?.word)
        add("--review", labels.review)
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
        var state = state(start, depth: screen.depth, screen.size)
        state.context.graphics.support = screen.graphics
        let record = try session.recording(state)
        // What there is to say of what is opened goes before.
        if state.message == nil, FirstStart.isNow() { state.greet() }
        if let remark = state.settings.remarks.first { state.warn("\(state.settings.path):\(remark); “:config” shows all") }
        let work = ExplorerSession(state: state, engine: engine, screen: screen, record: record)
        let end = TerminalLoop.run(screen: screen, waker: waker) { work.handle($0, arrived.take()) }
        engine.stop()
        screen.restore()
        work.end()
        let status = work.wasInterrupted ? 128 + SIGINT : end.exitStatus
        guard status == 0 else {
            Notes.discard()
            Foundation.exit(status)
        }
    }

    /// Commands in, sentences out.
    private func runPlainly(_ start: Start, _ settings: Engine.Settings) throws {
        if pictures.readsStandardInput {
            throw CommandFailure(.usage, "--plain takes commands from standard input, so no picture or list can come from there")
        }
        let state = state(start, depth: .mono, (80, 24))
        let explorer = HeadlessExplorer(state, start.models, settings, depth: .mono) { try Output.write($0) }
        defer { explorer.stop() }
        var plain = PlainExplorer(explorer, record: try session.recording(state))
        try plain.run()
    }

    /// Without a terminal: the first picture's frame once its maps are there, or what a session prints and its last frame.
    private func printFrame(_ start: Start, _ settings: Engine.Settings) throws {
        let depth = session.snapshot == nil ? display.colors.forStandardOutput : display.colors.depth ?? .mono
        let lines = try session.lines()
        let current = session.play == nil ? TerminalSize.current : (columns: session.columns ?? 80, rows: session.rows ?? 24)
        let state = state(start, depth: depth, current, lines)
        let record = try session.recording(state)
        var printed = ""
        let explorer = HeadlessExplorer(state, start.models, settings, depth: depth) { text in
            if session.snapshot == nil { try Output.write(text) } else { printed += text }
        }
        defer { explorer.stop() }
        try explorer.take(.start)
        record?.follow(explorer.state.session, isOver: true)
        if let failure = explorer.state.script.failure {
            guard let play = session.play, let number = failure.number else { throw CommandFailure(.usage, "--do \(failure.text)") }
            throw CommandFailure(.badData, "\(play), line \(number), \(failure.text)")
        }
        if let failure = explorer.failure { throw CommandFailure(.badData, failure) }
        try explorer.putFrame()
        if let path = session.snapshot { try AtomicFile.write(Array(printed.utf8), to: path) }
    }
}

extension ThemeChoice: ExpressibleByArgument {}
extension GraphicsChoice: ExpressibleByArgument {}
