import ArgumentParser
import Foundation
import GETAM
import Training

/// `getam train`: a model trained on image-level labels.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Train a model on image-level labels.",
        discussion: """
            Writes RUN/model.safetensors and RUN/config.json, which every command reads; RUN/log.csv, a line a step; \
            RUN/recipe.json, all settings; and what --resume goes on from.
            """)

    @OptionGroup(title: "Pictures") var input: PictureOptions
    @Option(
        help: ArgumentHelp(
            "The pictures' classes: text (name class,class), cls_labels.npy, COCO JSON, VOC XML or labelme JSON, or a folder of those.",
            valueName: "path"),
        completion: .file())
    var labels: String?
    @Option(
        name: .customLong("class-list"),
        help: ArgumentHelp("Classes to learn: model, voc, coco, or a file with a name a line.", valueName: "list"),
        completion: .classLists)
    var classList: ClassListChoice = .model
    @Option(
        help: ArgumentHelp(
            "Built-in recipe (\(Recipe.builtIn.map(\.name).joined(separator: ", "))) or recipe file. (default: \(Recipe.builtIn[0].name))",
            valueName: "name|file"),
        completion: .file(extensions: ["json"]))
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
    @OptionGroup(title: "Model") var model: ModelOptions

    func validate() throws {
        if !input.isGiven { throw ValidationError(PictureOptions.missing) }
        if input.shard != nil { throw ValidationError("--shard does not go with train: one process trains a model.") }
        if labels == nil, input.voc == nil { throw ValidationError("Say which classes are in the pictures: --labels.") }
        if output.isEmpty { throw ValidationError("-o needs a folder.") }
    }

    func run() throws {
        let recipe = try chosenRecipe()
        let list = try input.chosen(leavingOut: [output])
        list.remarks.forEach(Report.line)
        let (loaded, model) = try self.model.load()
        let classes = try classNames(loaded.configuration)
        let data = try TrainingData(list, labels: labels ?? (input.voc ?? "") + "/Annotations", classes: classes)
        data.remarks.forEach(Report.line)
        let side = recipe.size ?? loaded.configuration.inputSize.height
        var resolved = recipe
        resolved.size = side
        if let conflict = resolved.conflict { throw CommandFailure(.usage, "the recipe “\(recipe.name)”: \(conflict)") }
        let start = try TrainingStart.prepared(
            loaded.parameters, classes: classes, side: side, augmentation: recipe.augment)
        let trainer = try Trainer(
            start, recipe: resolved, set: data.set, folder: RunFolder(path: output), resumes: resume, compute: model.compute,
            path: try self.model.modelPath())
        try train(trainer, of: data.set.pictures.count)
    }

    private func train(_ trainer: Trainer, of pictures: Int) throws {
        let interruption = Interruption()
        let begin = Timings.now(), first = trainer.step
        var progress = TrainingProgress()
        let end = try trainer.run(shouldStop: { interruption.signal != nil }) { step in
            for failure in step.unreadable { progress.say("\(failure); left out") }
            if !step.skipped.isEmpty {
                progress.say("step \(step.step): the loss is no number, left out: \(ClassMatch.some(step.skipped))")
            }
            progress.show(step, from: first, since: begin, batch: trainer.recipe.batch)
        }
        progress.finish()
        if end == .stopped, let signal = interruption.signal {
            guard signal == SIGINT else {
                Notes.discard()
                Foundation.exit(128 + signal)
            }
            throw CommandFailure(.interrupted, "interrupted after step \(trainer.step) of \(trainer.recipe.steps); go on with --resume")
        }
        let taken = trainer.step - first
        guard taken > 0 else {
            Report.line("\(output): the run is over: \(trainer.step) steps")
            return
        }
        let seconds = (Timings.now() - begin) / 1000
        let rate = Progress.rate(taken * trainer.recipe.batch, seconds * 60_000) ?? "0"
        Report.line("\(taken) steps on \(pictures) pictures in \(Progress.duration(seconds)), \(rate) pictures a second; \(output)/model.safetensors")
    }

    /// The recipe asked for, with what `--set` says.
    private func chosenRecipe() throws -> Recipe {
        var recipe = Recipe.builtIn[0]
        if let wanted = self.recipe {
            if let known = Recipe.builtIn.first(where: { $0.name == wanted }) {
                recipe = known
            } else {
                guard AtomicFile.exists(wanted) else {
                    let known = Recipe.builtIn.map(\.name).joined(separator: ", ")
                    throw CommandFailure(.usage, "--recipe \(wanted): neither a file nor a built-in recipe (\(known))")
                }
                recipe = try Recipe.read(path: wanted)
            }
        }
        for setting in settings {
            if let reason = recipe.set(setting) { throw CommandFailure(.usage, "--set: \(reason)") }
        }
        return recipe
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
