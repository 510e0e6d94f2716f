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
    @Flag(help: "With --cams: try every level from 0 to 0.99 and show the best.")
    var sweep = false
    @Flag(help: "Print JSON.")
    var json = false
    @Flag(help: "Print comma-separated values.")
    var csv = false
    @OptionGroup(title: "Model") var model: CheckpointOption

    func validate() throws {
        if (predictions == nil) == (cams == nil) { throw ValidationError("Name what to compare: --predictions, or --cams.") }
        if predictions != nil, level != nil || sweep { throw ValidationError("--level and --sweep go with --cams.") }
        if cams != nil, (level != nil) == sweep { throw ValidationError("--cams needs either --level or --sweep.") }
        if let level, !(0...1).contains(level) { throw ValidationError("--level must be from 0 to 1.") }
        if json, csv { throw ValidationError("--json and --csv exclude each other.") }
    }

    func run() throws {
        let classes = try classList.choice.list { try model.load().configuration }
        let chosen = try chosenClasses(classes)
        let truths = try FolderIndex(truth, extensions: ["png"])
        let names = try list.map { try NameList.read(path: $0) } ?? truths.names()
        guard !names.isEmpty else { throw FileError(.missing, path: truth, "has no label maps in it (PNG)") }
        let evaluation = Evaluation(classes: classes, only: chosen.map { Set($0.map { UInt8($0) }) })
        let form: EvaluationText.Form = json ? .json : csv ? .csv : .table
        let truthFiles = try files(names, in: truths, what: "true label maps")
        if let predictions {
            let found = try files(names, in: FolderIndex(predictions, extensions: ["png"]), what: "predictions")
            let matrix = try evaluation.compare(predictions: found, truths: truthFiles)
            try EvaluationText(EvaluationReport(matrix, classes: chosen), classes, form).print()
            return
        }
        let found = try files(names, in: FolderIndex(cams ?? "", extensions: ["npz"]), what: "class maps")
        let levels = level.map { [$0] } ?? Self.levels
        let sweep = try evaluation.sweep(dumps: found, truths: truthFiles, levels: levels)
        if level == nil {
            guard let results = sweep.results(classes: chosen) else { throw Self.nothing(truth) }
            let best = EvaluationReport(sweep.matrices[results.best], classes: chosen)
            try SweepText(levels: levels, meanIoU: results.meanIoU, best: results.best, report: best, classes, form).print()
        } else {
            try EvaluationText(EvaluationReport(sweep.matrices[0], classes: chosen), classes, form).print()
        }
    }

    /// 0, 0.01, … 0.99: the literature's levels and as many above, which maps that are stretched to 0…1 need.
    private static let levels = (0..<100).map { Double($0) / 100 }

    static func nothing(_ path: String) -> FileError {
        FileError(.invalid, path: path, "has no pixel to compare: all are 255 or of classes left out")
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
