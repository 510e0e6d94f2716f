import ArgumentParser
import Foundation
import GETAM

/// `getam evaluate`: labels or class maps against the truth.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Compare labels or class maps with the truth.",
        discussion: """
            Pixels whose truth is 255 do not count. A pixel predicted as 255 counts as missed; the share of those is printed.
            """)

    @Option(help: ArgumentHelp("Folder of label maps, NAME.png.", valueName: "dir"))
    var predictions: String?
    @Option(help: ArgumentHelp("Folder of class maps, NAME.npz, in place of --predictions.", valueName: "dir"))
    var cams: String?
    @Option(help: ArgumentHelp("Folder of the true label maps, NAME.png.", valueName: "dir"))
    var truth: String
    @Option(help: ArgumentHelp("Names to compare, one a line. (default: all in the folder of the truth)", valueName: "file"))
    var list: String?
    @OptionGroup var classList: ClassListOption
    @Option(
        help: ArgumentHelp("Classes that count beside background; true pixels of others are ignored.", valueName: "name,name"))
    var only: String?
    @Option(help: ArgumentHelp("With --cams: the level of the background, 0 to 1.", valueName: "x"))
    var level: Double?
    @Flag(help: "With --cams: try many levels of the background and show the best.")
    var sweep = false
    @Option(help: ArgumentHelp("With --sweep: the preset's number to try, in place of the level.", valueName: "number"))
    var over: SweptNumber = .level
    @Option(help: ArgumentHelp("With --sweep: the values to try. (default: as befits the number; level 0:0.99:0.01)", valueName: "first:last:step"))
    var steps: SweepSteps?
    @Option(help: ArgumentHelp("With --sweep: complete the labels as this preset says, built-in or a file.", valueName: "name|file"))
    var preset: String?
    @Option(help: ArgumentHelp("With --sweep: folder of saliency maps, named as the pictures.", valueName: "dir"))
    var saliency: String?
    @Flag(help: "Print JSON.")
    var json = false
    @Flag(help: "Print comma-separated values.")
    var csv = false
    @OptionGroup(title: "Model") var model: CheckpointOption
    @Option(help: ArgumentHelp("Threads to compare with. (default: the processors this process may use)", valueName: "n"))
    var threads: Int?

    func validate() throws {
        try ModelOptions.validate(threads: threads)
        if (predictions == nil) == (cams == nil) { throw ValidationError("Name what to compare: --predictions, or --cams.") }
        if predictions != nil, level != nil || sweep { throw ValidationError("--level and --sweep go with --cams.") }
        if cams != nil, (level != nil) == sweep { throw ValidationError("--cams needs either --level or --sweep.") }
        if !sweep, over != .level || steps != nil || preset != nil || saliency != nil {
            throw ValidationError("--over, --steps, --preset and --saliency go with --sweep.")
        }
        if let level, !(0...1).contains(level) { throw ValidationError("--level must be from 0 to 1.") }
        if json, csv { throw ValidationError("--json and --csv exclude each other.") }
    }

    func run() throws {
        let classes = try classList.choice.list { try model.load().configuration }
        let chosen = try chosenClasses(classes)
        let truths = try FolderIndex(truth, extensions: ["png"])
        let names = try list.map { try NameList.read(path: $0) } ?? truths.names()
        guard !names.isEmpty else { throw FileError(.missing, path: truth, "has no label maps in it (PNG)") }
        let evaluation = Evaluation(classes: classes, only: chosen.map { Set($0.map { UInt8($0) }) },
            threads: threads ?? Environment.usableProcessors())
        let form: EvaluationText.Form = json ? .json : csv ? .csv : .table
        let truthFiles = try files(names, in: truths, what: "true label maps")
        if let predictions {
            let found = try files(names, in: FolderIndex(predictions, extensions: ["png"]), what: "predictions")
            let matrix = try evaluation.compare(predictions: found, truths: truthFiles)
            try EvaluationText(EvaluationReport(matrix, classes: chosen), classes, form).print()
            return
        }
        let found = try files(names, in: FolderIndex(cams ?? "", extensions: ["npz"]), what: "class maps")
        if let level {
            let matrix = try evaluation.sweep(dumps: found, truths: truthFiles, levels: [level]).matrices[0]
            try EvaluationText(EvaluationReport(matrix, classes: chosen), classes, form).print()
            return
        }
        let values = (steps ?? over.steps).values
        for value in values { _ = try over.completion(Preset.builtIn[0].completion, value) }
        let matrices: [ConfusionMatrix]
        if over == .level, preset == nil, saliency == nil {
            // One pass serves all levels.
            matrices = try evaluation.sweep(dumps: found, truths: truthFiles, levels: values).matrices
        } else {
            let base = try preset.map { try Preset.chosen($0) } ?? Preset.builtIn[0]
            if saliency == nil, base.saliency != .none {
                throw CommandFailure(
                    .usage, "the preset “\(base.name)” uses saliency: give its maps with --saliency, or another --preset")
            }
            let completions = try values.map { try over.completion(base.completion, $0) }
            let masks = try saliency.map {
                try files(names, in: FolderIndex($0, extensions: ImageFile.extensions.union(["npy"])), what: "saliency maps")
            }
            var threshold = 0.0
            if case .files(let wanted) = base.saliency { threshold = wanted }
            matrices = try evaluation.sweep(
                dumps: found, truths: truthFiles, completions: completions, saliency: masks.map { ($0, threshold) })
        }
        try SweepText(
            over, values: values, reports: matrices.map { EvaluationReport($0, classes: chosen) }, classes, form
        ).print()
    }

    /// Background and the classes of `--only`, ascending; nil for all.
    private func chosenClasses(_ classes: ClassList) throws -> [Int]? {
        guard let only else { return nil }
        var numbers: Set<Int> = [0]
        for part in only.split(separator: ",", omittingEmptySubsequences: false) {
            let name = part.trimmingCharacters(in: .whitespaces)
            if name == "background" { continue }
            guard let number = classes.number(of: name) else {
                throw CommandFailure(.usage, "--only: \(LabelError.unknownClass(name, known: classes.names))")
            }
            numbers.insert(Int(number))
        }
        return numbers.sorted()
    }

    /// Each name's file; a failure that counts those missing.
    private func files(_ names: [String], in folder: FolderIndex, what: String) throws -> [String] {
        let missing = names.filter { folder.file($0) == nil }
        guard missing.isEmpty else {
            throw FileError(
                .missing, path: folder.path, "lacks \(missing.count) of the \(names.count) \(what): \(ClassMatch.some(missing))")
        }
        return names.compactMap(folder.file)
    }
}
