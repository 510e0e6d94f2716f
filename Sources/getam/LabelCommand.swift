import ArgumentParser
import Foundation
import GETAM

/// `getam label`: pseudo labels for a data set.
struct LabelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label", abstract: "Make pseudo labels for a folder or a list of pictures.",
        discussion: """
            Writes DIR/NAME.png for every picture: a palette PNG of its size, 0 background, 255 unknown, else the number of \
            a class in the class list.
            """)

    @OptionGroup(title: "Pictures") var input: PictureOptions
    @OptionGroup(title: "Batch") var batch: BatchOptions
    @Option(
        help: ArgumentHelp(
            "The pictures' classes: text (name class,class), cls_labels.npy, COCO JSON, VOC XML, labelme JSON, or a folder of either.", valueName: "path"),
        completion: .file())
    var labels: String?
    @Option(help: ArgumentHelp("Take the classes that the model finds more probable than this, 0 to 1 or a percentage.", valueName: "prob"))
    var predict: Fraction?
    @Option(
        help: ArgumentHelp(
            "Built-in preset (\(Preset.builtIn.map(\.name).joined(separator: ", "))) or preset file. (default: \(Preset.usualText))",
            valueName: "name|file"),
        completion: .presets)
    var preset: String?
    @Option(help: ArgumentHelp("The map method, in place of the preset's.", valueName: "name"))
    var method: ClassMethodChoice?
    @OptionGroup var classList: ClassListOption
    @Option(help: ArgumentHelp("Folder of saliency maps, named as the pictures: PNG, JPEG or .npy.", valueName: "dir"), completion: .directory)
    var saliency: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("Folder to write to; made where it is not there.", valueName: "dir"), completion: .directory)
    var output: String
    @Option(help: ArgumentHelp("Folder for the class maps too, NAME.npz: keys [K], maps [K, H, W].", valueName: "dir"), completion: .directory)
    var cams: String?
    @OptionGroup var certainty: CertaintyOptions
    @OptionGroup var export: ExportOptions
    @Flag(help: "Print a JSON object a picture, in the order of the list: classes, areas, milliseconds.")
    var json = false
    @OptionGroup(title: "Model") var model: CheckpointOption
    @Option(help: ArgumentHelp("Threads of each job.", valueName: "n"))
    var threads = 1

    func validate() throws {
        try ModelOptions.validate(threads: threads)
        if !input.isGiven { throw ValidationError(PictureOptions.missing) }
        if labels != nil, predict != nil { throw ValidationError("--labels and --predict exclude each other.") }
        if labels == nil, predict == nil, input.voc == nil {
            throw ValidationError("Say where the pictures' classes come from: --labels, or --predict for the classifier's.")
        }
        for (name, value) in [("-o", output), ("--cams", cams), ("--saliency", saliency)] {
            if value == "" { throw ValidationError("\(name) needs a folder.") }
        }
    }

    func run() throws {
        let named = try preset.map { try Preset.chosen($0) }
        if let named { try check(named) }
        let others = [output, cams, saliency].compactMap { $0 } + certainty.folders
        for folder in input.folders where others.contains(where: folder.isSameFile) {
            throw CommandFailure(.usage, "-o \(output): the labels would lie among the files they are made of; name another folder")
        }
        let list = try input.chosen(leavingOut: others)
        try list.checkNames()
        list.remarks.forEach(Report.line)
        let part = try input.ownPart(of: list.pictures.count).map { list.pictures[$0] }
        let loaded = try model.load()
        let preset = chosenPreset(named, for: loaded.parameters)
        let match = try ClassMatch(
            classList.choice.list { loaded.configuration }, isModels: classList.choice.isModels, configuration: loaded.configuration)
        let names = list.pictures.map(\.name), known = PictureNames(list.known)
        let source = try labelSource(classes: match.knownNames, of: known)
        let withoutEntry = Set((source.labels?.withoutEntry ?? []).map(NameKey.init))
        guard source.isPredicted || !names.allSatisfy({ withoutEntry.contains(NameKey($0)) }) else {
            throw FileError(.invalid, path: self.labels ?? "", "has no entry for any of the \(names.count) pictures")
        }
        // They would make background of every picture.
        if let foreign = source.foreign(names, isClass: match.knows) {
            throw CommandFailure(
                .usage, "no label of the pictures (\(ClassMatch.some(foreign))) is a class of the model and the class list "
                    + "(\(ClassMatch.some(match.usableNames))); choose another --class-list or --model, or mend the labels")
        }
        let saliency = try self.saliency.map { folder in
            CompanionFiles(
                try PictureFiles(folder: folder, endings: ImageFile.extensions.union(["npy"]), leavingOut: [output]),
                of: known.names.map { ($0, $0) }, missing: "no saliency map of this name (.png, .jpg, .npy)")
        }
        // Fails here, once, where the preset does not fit the model.
        let (pipelines, plan) = try batch.engines(for: part.count, threads: threads) {
            try LabelPipeline(model: VisionTransformer(loaded.parameters, compute: $0), preset: preset)
        } need: { pipeline in
            try need(of: part, source, match, pipeline)
        }
        let exports = try exports(list, loaded, match.list)
        var notes = try OutputNotes.of(loaded) + [("getam preset", preset.recordless.json)]
        if let predict {
            notes.append(("getam predict", "above \(predict.value): \(match.list.names.joined(separator: ", ").printable)"))
        }
        let outputs = try LabelOutputs(folder: output, cams: cams, certainty: certainty, classes: match.list, notes: notes)
        let reports = json ? OrderedOutput(part.map(\.name)) : nil
        let work = LabelWork(
            source: source, match: match, saliency: saliency, outputs: outputs, reports: reports,
            withoutEntry: part.map(\.name).filter { withoutEntry.contains(NameKey($0)) }, budget: plan.budget)
        try list.checkKept(by: outputs.label, "-o \(output)")
        try ReviewedFolder.check(output, resumes: batch.resume)
        let run = PictureBatch(part, work, resumes: batch.resume)
        let summary = run.run(pipelines)
        try reports?.finish()
        try summary.report(
            "labeled", pictures: part.count, jobs: pipelines.count, threads: threads, remarks: plan.remarks + work.remarks)
        try exports.write(part, summary, labels: outputs.label)
        try summary.check("labeled")
    }

    /// Begins the exports. Nothing that is read may be written over.
    private func exports(_ list: PictureList, _ loaded: LoadedModel, _ classes: ClassList) throws -> LabelExports {
        var inputs = InputFiles()
        inputs.add("a picture", list.paths)
        inputs.add("a saliency map", folder: saliency, ImageFile.extensions.union(["npy", "npz"]))
        inputs.add("the classes of the pictures", labels)
        inputs.add("the classes of the pictures", folder: labels ?? input.voc.map { $0 + "/Annotations" }, ["xml", "json", "png", "npy"])
        inputs.add("the list", input.list)
        inputs.add("the preset", preset.flatMap(Preset.file))
        inputs.add("the class list", classList.choice.path)
        inputs.add("the model", loaded.files)
        inputs.add(voc: input.voc)
        try inputs.check("-o", folder: output, ending: "png")
        if let cams { try inputs.check("--cams", folder: cams, ending: "npz") }
        try certainty.check(inputs, others: [output])
        return try export.begin(
            classNames: classes.names, inputs: inputs,
            outputs: ([output] + certainty.folders).map { ($0, "png") } + (cams.map { [($0, "npz")] } ?? []))
    }

    private func check(_ preset: Preset) throws {
        guard saliency == nil, case .files = preset.saliency else { return }
        throw CommandFailure(.usage, "the preset “\(preset.name)” takes saliency from files: name their folder with --saliency")
    }

    private func chosenPreset(_ named: Preset?, for parameters: ParameterSet) -> Preset {
        var preset = named ?? .usual(for: parameters)
        if let method, method.method.identifier != preset.method {
            preset.method = method.method.identifier
            preset.name += "*"
        }
        if case .files = preset.saliency { return preset }
        if saliency != nil { preset.saliency = .files() }
        return preset
    }

    /// What a job takes, and some of its pictures.
    private func need(
        of pictures: [PictureList.Picture], _ source: LabelSource, _ match: ClassMatch, _ pipeline: LabelPipeline
    ) throws -> MemoryPlan.Need {
        var need = MemoryPlan.Need(job: try pipeline.memory(width: 4, height: 3, classes: 0).passes)
        for (name, width, height) in JobOptions.sizes(of: pictures) {
            // How many the classifier will find is not known; most pictures show one or two.
            let classes = source.isPredicted ? 2 : (try? source.names(of: name))?.flatMap { $0 }?.count ?? 0
            guard let memory = try? pipeline.memory(width: width, height: height, classes: classes, keepsMaps: cams != nil) else { continue }
            need.pictures.append(memory.picture + max(memory.passes - need.job, 0))
        }
        return need
    }

    private func labelSource(classes: [String], of pictures: PictureNames) throws -> LabelSource {
        if let predict { return .predicted(above: predict.value) }
        if let labels { return try .read(path: labels, classes: classes, of: pictures) }
        let folder = (input.voc ?? "") + "/Annotations"
        guard folder.isFolder else {
            throw FileError(.missing, path: folder, "no such folder; name the pictures' classes with --labels or --predict")
        }
        return try .read(path: folder, classes: classes, of: pictures)
    }
}
