import ArgumentParser
import Explorer
import Foundation
import GETAM
import Training

/// `getam train`: a model trained on image-level labels.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Train a model on image-level labels.",
        discussion: """
            Writes RUN/model.safetensors and RUN/config.json, which every command reads; RUN/log.csv, a line a step; \
            RUN/recipe.json, all settings; and what --resume goes on from. Built with the trait MPI and started by mpirun or srun, \
            several processes train one model.
            """)

    @OptionGroup(title: "Pictures") var input: PictureOptions
    @Option(
        help: ArgumentHelp(
            "The pictures' classes: text (name class,class), cls_labels.npy, COCO JSON, VOC XML or labelme JSON, or a folder of those.",
            valueName: "path"),
        completion: .file())
    var labels: String?
    @Option(
        name: .customLong("validate"),
        help: ArgumentHelp(
            "Names of pictures to report average precision on while training; they do not train. Written to RUN/validation.csv.",
            valueName: "file"),
        completion: .file())
    var validationList: String?
    @Option(
        name: .customLong("class-list"),
        help: ArgumentHelp("Classes to learn: model, voc, coco, or a file with a name a line.", valueName: "list"),
        completion: .classLists)
    var classList: ClassListChoice = .model
    @Option(
        help: ArgumentHelp("Folder of saliency maps, for recipes that read them.", valueName: "dir"), completion: .directory)
    var saliency: String?
    @Option(
        help: ArgumentHelp(
            "Built-in recipe (\(Recipe.builtIn.map(\.name).joined(separator: ", "))) or recipe file. (default: \(Recipe.builtIn[0].name))",
            valueName: "name|file"),
        completion: .recipes)
    var recipe: String?
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Set a key of the recipe; repeatable.", valueName: "key=value"),
        completion: .list(RecipeField.all.map { $0.path + "=" }))
    var settings: [String] = []
    @Option(
        name: .shortAndLong, help: ArgumentHelp("Folder of the run; made where it is not there.", valueName: "dir"),
        completion: .directory)
    var output: String
    @Flag(help: "Go on with the run in the folder; begin where there is none.")
    var resume = false
    @Flag(name: .customLong("tensorboard"), help: "Also write event files for TensorBoard: figures of every step, probe pictures.")
    var tensorBoard = false
    @Flag(help: "A line every so often, as to a pipe, in place of the screen that shows the run on a terminal.")
    var plain = false
    @OptionGroup(title: "Model") var model: ModelOptions

    func validate() throws {
        if !input.isGiven { throw ValidationError(PictureOptions.missing) }
        if input.shard != nil { throw ValidationError("--shard does not go with train: mpirun starts several processes for one model (getam-train(1)).") }
        if labels == nil, input.voc == nil { throw ValidationError("Say which classes are in the pictures: --labels.") }
        if output.isEmpty { throw ValidationError("-o needs a folder.") }
        if labels == "" { throw ValidationError("--labels needs a file or a folder.") }
        if validationList == "" { throw ValidationError("--validate needs a file.") }
        if validationList == "-", input.readsStandardInput { throw ValidationError("Standard input is either the pictures or the list to validate on.") }
    }

    func run() throws {
        guard let ranks = try TrainingRanks.joined(Environment.variables) else { return try run(nil) }
        try ranks.run { try run(ranks) }
    }

    /// - Parameter ranks: the processes that train together; nil where this one is alone.
    private func run(_ ranks: TrainingRanks?) throws {
        let recipe = try RecipeChoice(name: self.recipe, settings: settings).recipe()
        if recipe.saliencyThreshold != nil, saliency == nil {
            throw CommandFailure(.usage, "the recipe “\(recipe.name)” reads saliency maps: name their folder with --saliency")
        }
        try checkPlace()
        let list = try input.chosen(leavingOut: [output])
        let judged = try validationList.map { try input.chosen(by: DashPath.input($0), leavingOut: [output]) }
        let (loaded, model) = try self.model.load()
        try checkOutputs(list.paths + (judged?.paths ?? []), loaded.files)
        var resolved = recipe
        resolved.size = recipe.size ?? loaded.configuration.inputSize.height
        let start = try start(loaded, resolved)
        let data = try TrainingData(
            list, judged: judged, labels: labelPath, saliency: recipe.saliencyThreshold == nil ? nil : saliency, leavingOut: [output],
            of: start.configuration)
        try check(resolved, start, pictures: data.set.pictures.count, ranks: ranks?.ranks.count ?? 1)
        let folder = RunFolder(path: output)
        let trainer = try Trainer(
            start, recipe: resolved, set: data.set, folder: folder, resumes: resume, compute: model.compute,
            path: try self.model.modelPath(), ranks: ranks?.ranks)
        ranks?.begin()
        guard trainer.writes else { return try train(trainer, of: data.set.pictures.count, nil, ranks) }
        if tensorBoard { trainer.tensorBoard = TensorBoardLog(folder, recipe: resolved, set: data.set, compute: model.compute) }
        // Here, where nothing is refused any more.
        (list.remarks + (judged?.remarks ?? []) + data.remarks).forEach(Report.line)
        if let saliency, recipe.saliencyThreshold == nil { Report.line("the recipe “\(recipe.name)” reads no saliency maps: --saliency \(saliency) is not used") }
        let validation = data.validation.map {
            Validation($0, classes: start.configuration.distinctClassNames, in: folder, compute: model.compute)
        }
        try train(trainer, of: data.set.pictures.count, validation, ranks)
    }

    /// The start model with the classes to learn, at the recipe's size.
    private func start(_ loaded: LoadedModel, _ recipe: Recipe) throws -> ParameterSet {
        let classes = try classNames(loaded.configuration)
        do throws(ModelError) {
            let prepared = try TrainingStart.prepared(
                loaded.parameters, classes: classes, side: recipe.size ?? 0, augmentation: recipe.augment)
            return try TrainingStart.withPatchHeads(TrainingStart.withDecoder(prepared, recipe), recipe)
        } catch { throw CommandFailure(.usage, "the recipe “\(recipe.name)”: \(error)") }
    }

    /// - Throws: a usage failure where the recipe does not fit together, or not the pictures.
    private func check(_ recipe: Recipe, _ start: ParameterSet, pictures: Int, ranks: Int) throws {
        let whole = ranks > 1 ? "\(recipe.batch) on each of \(ranks) ranks" : "\(recipe.batch)"
        let batch = recipe.batch * ranks > pictures ? "\"batch\" (\(whole)) is more than the \(pictures) pictures; make it smaller" : nil
        let obstacle = ranks > 1 ? Trainer.obstacle(to: recipe, start) : nil
        if let conflict = recipe.conflict ?? obstacle ?? batch { throw CommandFailure(.usage, "the recipe “\(recipe.name)”: \(conflict)") }
    }

    /// The label file, or the folder of annotations.
    private var labelPath: String { labels ?? (input.voc ?? "") + "/Annotations" }

    /// The run goes to a folder of its own.
    private func checkPlace() throws {
        if let saliency, !saliency.isFolder {
            throw FileError(AtomicFile.exists(saliency) ? .invalid : .missing, path: saliency, "is no folder of saliency maps")
        }
        if AtomicFile.exists(output), !output.isFolder { throw FileError(.unwritable, path: output, "is no folder") }
        var inputs = InputFiles()
        for folder in input.folders { inputs.add("a picture", folder: folder, ["png"]) }
        inputs.add(voc: input.voc)
        inputs.add("the classes of the pictures", folder: labelPath, ["png"])
        inputs.add("a saliency map", folder: saliency, ImageFile.extensions.union(["npy"]))
        try inputs.check("-o", folder: output, ending: "png")
    }

    /// Nothing that is read may be written over.
    private func checkOutputs(_ pictures: [String], _ model: [String]) throws {
        var inputs = InputFiles()
        inputs.add("a picture", pictures)
        inputs.add("the start model", model)
        inputs.add("the start model's head", self.model.checkpoint.head)
        inputs.add("the start model's texts", self.model.checkpoint.texts.file)
        inputs.add("the classes of the pictures", labelPath)
        inputs.add("the classes of the pictures", folder: labelPath, ["xml", "json"])
        inputs.add("the list", input.list)
        inputs.add("the list to validate on", validationList)
        inputs.add("the class list", classList.path)
        try inputs.check("-o", folder: output, files: RunFolder.files, parts: RunFolder.parts)
        // A model that someone keeps there is no run's.
        guard !RunFolder(path: output).holdsRun, let file = RunFolder.files.first(where: { AtomicFile.exists(output.appending(part: $0)) })
        else { return }
        throw FileError(.unwritable, path: output, "holds \(file), but no run; name another folder")
    }

    private func train(_ trainer: Trainer, of pictures: Int, _ validation: Validation?, _ ranks: TrainingRanks?) throws {
        let begin = Timings.now(), first = trainer.step
        let screen = ranks == nil ? screen(trainer) : nil
        defer { screen?.close() }
        // With a screen signals come to its loop.
        let interruption = screen == nil ? Interruption() : nil
        let progress = TrainingProgress(trainer, screen: screen)
        if let validation {
            trainer.onKept = { step, weights in
                let figures = try validation.evaluate(weights, step: step) { progress.show(validated: $0, of: validation.count) }
                progress.say(figures)
                try trainer.tensorBoard?.add(figures, classes: trainer.model.configuration.distinctClassNames)
            }
        }
        let end = try trainer.run(
            shouldStop: {
                guard let screen else { return interruption?.signal != nil }
                return try screen.stops(trainer) { progress.goOn(at: trainer.step) }
            },
            watchLabels: { if trainer.writes { progress.showLabels($0, of: pictures) } },
            watch: { progress.show($0, trainer) })
        let cost = screen?.cost
        screen?.close()
        if let cost, trainer.step > first { Report.line("being watched took of the time: \(cost.text)") }
        if end == .stopped {
            if let stop = screen?.stop { return try self.stop(trainer, stop) }
            let signal = ranks.map { $0.agreed(on: interruption?.signal) } ?? interruption?.signal
            return try stop(trainer, signal.map { .signal($0) }, ranks)
        }
        guard trainer.writes else { return }
        let taken = trainer.step - first
        guard taken > 0 else {
            Report.line("\(output): the run is over: \(trainer.step) steps")
            return
        }
        let seconds = (Timings.now() - begin) / 1000
        let rate = Progress.rate(taken * trainer.batch, seconds * 60_000) ?? "0"
        let ranked = ranks.map { " by \($0.ranks.count) ranks" } ?? ""
        Report.line(
            "\(taken) \(taken == 1 ? "step" : "steps") on \(pictures) pictures in \(Numbers.duration(seconds))\(ranked), "
                + "\(rate) pictures a second; \(output)/model.safetensors")
    }

    /// The screen of a run that a person watches; nil where nobody does, or the terminal cannot show it.
    private func screen(_ trainer: Trainer) -> TrainingScreen? {
        guard !plain, trainer.step < trainer.recipe.steps, isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return nil }
        do { return try TrainingScreen(trainer, run: output) } catch {
            Report.line("a line now and then in place of the screen: \(error)")
            return nil
        }
    }

    /// Says that a run was stopped, or ends the program as one that was interrupted.
    private func stop(_ trainer: Trainer, _ reason: TrainingScreen.Stop?, _ ranks: TrainingRanks? = nil) throws {
        let text = "after step \(trainer.step) of \(trainer.recipe.steps); go on with --resume"
        switch reason {
        case nil, .asked: Report.line("stopped " + text)
        case .interrupted, .signal(SIGINT):
            let failure = CommandFailure(.interrupted, "interrupted " + text)
            throw ranks == nil ? failure as any Error : RanksFailure(reason: failure)
        case .signal(let number):
            ranks?.leave(128 + number)
            Notes.discard()
            Foundation.exit(128 + number)
        }
    }

    /// The names of the classes to learn.
    private func classNames(_ configuration: ModelConfiguration) throws -> [String] {
        if case .model = classList {
            guard configuration.classCount > 0 else {
                throw CommandFailure(.usage, "the model has no classes: name those to learn with --class-list")
            }
            return configuration.distinctClassNames
        }
        return try classList.list { configuration }.names
    }
}
