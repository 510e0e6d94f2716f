import ArgumentParser
import Foundation
import GETAM

/// `getam tune`: a preset searched over pictures with truth.
struct TuneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune", abstract: "Search a preset over pictures with true label maps.",
        discussion: """
            Changes one setting of the start preset after another, keeps what gives a greater mean IoU on a part of the pictures, and \
            writes the best preset. The rest of the pictures is held out; the figures of both parts are printed.
            """)

    @OptionGroup(title: "Pictures") var pictures: PictureOptions
    @OptionGroup(title: "Truth") var truth: TunedTruthOptions
    @OptionGroup(title: "Search") var search: TuneSearchOptions
    @OptionGroup(title: "Output") var output: TuneOutputOptions
    @OptionGroup(title: "Model") var model: CheckpointOption
    @Option(help: ArgumentHelp("Threads of each job.", valueName: "n"))
    var threads = 1

    func validate() throws {
        try ModelOptions.validate(threads: threads)
        if !pictures.isGiven { throw ValidationError(PictureOptions.missing) }
        if pictures.shard != nil { throw ValidationError("--shard does not go with tune: its figures are of all pictures.") }
    }

    func run() throws {
        let list = try pictures.chosen(leavingOut: [truth.truth])
        try list.checkNames()
        list.remarks.forEach(Report.line)
        let named = try search.preset.map { try Preset.chosen($0) }
        let loaded = try model.load(), configuration = loaded.configuration
        var start = named ?? .usual(for: loaded.parameters)
        if let method = search.method { start.method = method.method.identifier }
        if case .files = start.saliency {
            throw CommandFailure(.usage, "the preset “\(start.name)” takes saliency from files, which tune does not; choose another")
        }
        // From a named size on it can be changed.
        if start.size == nil { start.size = max(configuration.inputSize.height, configuration.inputSize.width) }
        let knobs = search.knobs(for: start, loaded.parameters)
        try checkOutputs(list, loaded)
        let subjects = try subjects(of: list, configuration), parts = try parts(of: list)
        let (engines, plan) = try search.parallel.engines(for: list.pictures.count, threads: threads) {
            // Fails here, once, where the start does not fit the model.
            try LabelPipeline(model: VisionTransformer(loaded.parameters, compute: $0), preset: start)
        } need: { pipeline in
            MemoryPlan.Need(job: try pipeline.memory(width: 500, height: 500, classes: 2).passes)
        }
        plan.remarks.forEach(Report.line)
        let room = (search.memory.map { $0 << 20 } ?? MachineMemory.atHand().map { $0 / 2 } ?? 2 << 30)
        let pictures = try TunedPictures(subjects, list.pictures, limit: room / max(list.pictures.count, 1), engines: engines)
        let log = try TuneLog(
            path: output.log, settings: settings(start, parts, loaded), resumes: output.resume)
        var run = TuneRun(CoordinateSearch(from: start, knobs: knobs, depth: configuration.depth), pictures, log, budget: search.budget)
        try run.search(on: parts.tuned)
        guard let best = run.best else { throw CommandFailure(.badData, "there is no pixel to compare in the pictures tuned on") }
        var report = TuneReport(pictures: (parts.tuned.count, parts.heldOut.count), evaluations: run.evaluations, isDone: run.isDone)
        report.start = try .init(tuned: run.startScore, heldOut: pictures.score(start, on: parts.heldOut, "held out, start"))
        report.best = try .init(tuned: best.score, heldOut: pictures.score(best.preset, on: parts.heldOut, "held out, best"))
        report.steps = run.steps
        var preset = best.preset
        preset.name = ImageLabels.stem(output.output)
        preset.model = try model.path().nameAlone
        try AtomicFile.write(Array((preset.json + "\n").utf8), to: output.output)
        subjects.hints.forEach(Notes.add)
        if output.json { try Output.printJSON(report) } else { try Output.write(report.text(preset: output.output)) }
    }

    /// Nothing that is read may be written over.
    private func checkOutputs(_ list: PictureList, _ loaded: LoadedModel) throws {
        var inputs = InputFiles()
        inputs.add("a picture", list.paths)
        inputs.add("a true label map", folder: truth.truth, ["png"])
        inputs.add("the classes of the pictures", truth.labels)
        inputs.add("the classes of the pictures", folder: truth.labels, ["xml", "json", "png", "npy"])
        inputs.add("the list", pictures.list)
        inputs.add("the list of those held out", search.heldOutList)
        inputs.add("the class list", truth.classList.choice.path)
        inputs.add("the class list", truth.truthList?.path)
        inputs.add("the start preset", search.preset.flatMap(Preset.file))
        inputs.add("the model", loaded.files)
        inputs.add(voc: pictures.voc)
        try inputs.check("-o", file: output.output)
        try inputs.check("--log", file: output.log)
        if output.output.isSameFile(as: output.log) || output.output == output.log {
            throw CommandFailure(.usage, "-o and --log are one file, \(output.log); name another for one of them")
        }
        for path in [output.output, output.log] where path.isFolder || !FileSystem.allows(W_OK | X_OK, path.outerFolder) {
            throw FileError(.unwritable, path: path, path.isFolder ? "is a folder, name a file in it" : "cannot be written: its folder is not there or not yours")
        }
    }

    private func subjects(of list: PictureList, _ configuration: ModelConfiguration) throws -> TunedSubjects {
        let choice = truth.classList.choice
        let match = try ClassMatch(choice.list { configuration }, isModels: choice.isModels, configuration: configuration)
        let known = PictureNames(list.known)
        let files = CompanionFiles(
            try PictureFiles(masks: truth.truth), of: known.names.map { ($0, $0) }, missing: "no true label map of this name (.png)")
        let source = try LabelSource.read(path: truth.labels, classes: match.knownNames, of: known)
        if let foreign = source.foreign(list.pictures.map(\.name), isClass: match.knows) {
            throw CommandFailure(
                .usage, "no label of the pictures (\(ClassMatch.some(foreign))) is a class of the model and the class list "
                    + "(\(ClassMatch.some(match.usableNames))); choose another --class-list or --model, or mend the labels")
        }
        return TunedSubjects(
            source: source, match: match, files: files, truths: try TruthMaps(match.list, list: truth.truthList, legend: files.legend) { configuration })
    }

    /// The places of the pictures tuned on and of those held out.
    private func parts(of list: PictureList) throws -> (tuned: [Int], heldOut: [Int]) {
        let names = list.pictures.map(\.name)
        let heldOut: Set<Int>
        if let file = search.heldOutList {
            let wanted = Set(try NameList.names(DashPath.input(file), among: PictureNames(names)).map(NameKey.init))
            heldOut = Set(names.indices.filter { wanted.contains(NameKey(names[$0])) })
        } else {
            // Evenly, in the order of the names: the same whatever the order of the list.
            let sorted = names.indices.sorted { names[$0].precedesInBytes(names[$1]) }, share = search.heldOut.value
            heldOut = Set(sorted.enumerated().filter { place, _ in Int(Double(place + 1) * share) > Int(Double(place) * share) }.map(\.element))
        }
        let tuned = names.indices.filter { !heldOut.contains($0) }
        guard !tuned.isEmpty, !heldOut.isEmpty else {
            throw CommandFailure(
                .usage, "of \(names.count) \(names.count == 1 ? "picture" : "pictures") \(heldOut.count) would be held out and \(tuned.count) tuned on; both parts need some")
        }
        return (tuned, names.indices.filter(heldOut.contains))
    }

    /// By what scores are computed: others cannot be gone on from.
    private func settings(_ start: Preset, _ parts: (tuned: [Int], heldOut: [Int]), _ loaded: LoadedModel) throws -> String {
        "\(parts.tuned.count) of \(parts.tuned.count + parts.heldOut.count) pictures; start \(start.line); vary \(search.vary ?? "usual"); weights \(try loaded.fingerprint())"
    }
}

/// Where the pictures' classes and true labels are.
struct TunedTruthOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The pictures' classes: text (name class,class), cls_labels.npy, COCO JSON, VOC XML, labelme JSON, or a folder of either.", valueName: "path"),
        completion: .file())
    var labels: String
    @Option(help: ArgumentHelp("Folder of the true label maps, NAME.png; 255 does not count.", valueName: "dir"), completion: .directory)
    var truth: String
    @OptionGroup var classList: ClassListOption
    @Option(
        help: ArgumentHelp(
            "Classes of the true label maps, matched by name: voc, coco, model or a file. (default: those of --class-list)", valueName: "list"),
        completion: .classLists)
    var truthList: ClassListChoice?

    func validate() throws {
        for (name, value) in [("--labels", labels), ("--truth", truth)] where value.isEmpty { throw ValidationError("\(name) needs a path.") }
    }
}

/// What `getam tune` searches, and how far.
struct TuneSearchOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Preset to start from: built-in (\(Preset.builtIn.map(\.name).joined(separator: ", "))) or a file. (default: \(Preset.usualText))",
            valueName: "name|file"),
        completion: .presets)
    var preset: String?
    @Option(help: ArgumentHelp("The map method to start with, in place of the preset's.", valueName: "name"))
    var method: ClassMethodChoice?
    @Option(
        help: ArgumentHelp(
            "What may change, with commas between: \(PresetKnob.Group.allCases.map(\.rawValue).joined(separator: ", ")). (default: all but method)",
            valueName: "name,name"),
        completion: .list(PresetKnob.Group.allCases.map(\.rawValue)))
    var vary: String?
    @Option(help: ArgumentHelp("Presets to try, the start among them.", valueName: "n"))
    var budget = 60
    @Option(help: ArgumentHelp("Share of the pictures to hold out, 0 to 1 or a percentage, taken evenly by name.", valueName: "x"))
    var heldOut: Fraction = 0.5
    @Option(help: ArgumentHelp("Names of the pictures to hold out, in place of a share.", valueName: "file"), completion: .file())
    var heldOutList: String?
    @Option(help: ArgumentHelp("Megabytes that what is kept between presets may take. (default: half of what is at hand)", valueName: "n"))
    var memory: Int?
    @OptionGroup var parallel: JobOptions

    func validate() throws {
        if !(1...100_000).contains(budget) { throw ValidationError("--budget must be from 1 to 100000.") }
        if let memory, !(0...100_000_000).contains(memory) { throw ValidationError("--memory must be 0 or more.") }
        if heldOutList == "" { throw ValidationError("--held-out-list needs a file.") }
        _ = try groups()
    }

    private func groups() throws -> [PresetKnob.Group] {
        guard let vary else { return PresetKnob.Group.allCases.filter { $0 != .method } }
        let known = PresetKnob.Group.allCases.map(\.rawValue)
        return try vary.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let name = part.filter { $0 != " " }
            guard let group = PresetKnob.Group(rawValue: name) else {
                throw ValidationError("--vary \(vary): “\(name)” is none of \(known.joined(separator: ", "))\(NearestNames.question(name, among: known))")
            }
            return group
        }
    }

    /// The coordinates to search.
    func knobs(for start: Preset, _ parameters: ParameterSet) -> [PresetKnob] {
        ((try? groups()) ?? []).filter { $0 != .decoder || parameters.hasDecoder }.flatMap(PresetKnob.all(in:))
    }
}

/// What `getam tune` writes.
struct TuneOutputOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("File for the best preset.", valueName: "file"), completion: .endings(["json"]))
    var output: String
    @Option(
        name: .customLong("log"),
        help: ArgumentHelp("File for every preset tried and its figure, comma-separated. (default: -o's with .csv for its ending)", valueName: "file"),
        completion: .endings(["csv"]))
    var chosenLog: String?
    @Flag(help: "Take the figures of presets that the log has already.")
    var resume = false
    @Flag(help: "Print JSON.")
    var json = false

    var log: String { chosenLog ?? output.withoutEnding(["json"]) + ".csv" }

    func validate() throws {
        if output.isEmpty || output == "-" { throw ValidationError("-o needs a file.") }
        if chosenLog == "" || chosenLog == "-" { throw ValidationError("--log needs a file.") }
    }
}
