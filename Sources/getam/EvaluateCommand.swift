import ArgumentParser
import Foundation
import GETAM

/// `getam evaluate`: labels, class maps or a classifier's scores against the truth.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Compare labels, class maps or a classifier's scores with the truth.",
        discussion: """
            Label maps (--predictions) and class maps (--cams) are compared with true label maps (--truth). The mean IoU is that \
            of one confusion matrix over all pictures, with --average image the mean of the pictures' own. Pixels whose truth is 255 do not count. A pixel predicted as 255 counts as \
            missed; the share of those is printed.

            With --labels, the model scores pictures, and the average precision of each class is printed, and their mean. The \
            options for pictures and scores go with it, --list with all.
            """)

    @OptionGroup(title: "What is compared") var input: EvaluationInputOptions
    @OptionGroup(title: "Pictures") var pictures: PictureOptions
    @OptionGroup(title: "Scores") var scoring: ScoringOptions
    @OptionGroup(title: "Sweep") var sweeping: SweepOptions
    @OptionGroup(title: "Output") var output: EvaluationOutputOptions
    @OptionGroup(title: "Model") var model: CheckpointOption
    @Option(help: ArgumentHelp("Threads to compare with; with --labels those of each job, 1. (default: the processors this process may use)", valueName: "n"))
    var threads: Int?

    func validate() throws {
        try ModelOptions.validate(threads: threads)
        try checkKind()
        if input.predictions != nil, sweeping.sweep { throw ValidationError("--level and --sweep go with --cams.") }
        if sweeping.sweep, output.average == .image {
            throw ValidationError("--average image does not go with --sweep, which looks for the best mean IoU of the data set.")
        }
        if input.cams != nil, (input.level != nil) == sweeping.sweep { throw ValidationError("--cams needs either --level or --sweep.") }
    }

    /// The label file, or folder of annotations, that a classifier is compared with; nil where label maps or class maps are compared.
    private var labels: String? { input.labels ?? pictures.voc.map { $0 + "/Annotations" } }

    /// - Throws: a refusal of options that do not go with each other, which says what goes with what.
    private func checkKind() throws {
        func first(_ options: [(name: String, isGiven: Bool)]) -> String? { options.first(where: \.isGiven)?.name }
        let kinds = [
            ("--predictions", input.predictions != nil), ("--cams", input.cams != nil), ("--labels", input.labels != nil),
            ("--voc", input.labels == nil && pictures.voc != nil),
        ].filter(\.1).map(\.0)
        guard let kind = kinds.first else {
            throw ValidationError("Name what to compare: --predictions or --cams with --truth, or --labels with pictures.")
        }
        if kinds.count > 1 {
            throw ValidationError(
                "\(kind) and \(kinds[1]) exclude each other: --predictions or --cams go with --truth, --labels with pictures.")
        }
        guard labels != nil else {
            let foreign = first([
                ("“\(pictures.pictures.first ?? "")”", !pictures.pictures.isEmpty), ("--images", pictures.images != nil),
                ("--shard", pictures.shard != nil), ("--jobs", scoring.batch.jobs != nil),
                ("--resize", scoring.input.givenResize != nil), ("--size", scoring.input.size != nil),
            ])
            if let foreign { throw ValidationError("\(foreign) goes with --labels; \(kind) is compared with --truth.") }
            if input.truth == nil { throw ValidationError("\(kind) needs --truth: the folder of the true label maps.") }
            return
        }
        let foreign = first([
            ("--truth", input.truth != nil), ("--missing", input.missing != nil), ("--truth-list", input.truthList != nil),
            ("--level", input.level != nil), ("--sweep", sweeping.sweep), ("--per-picture", output.perPicture != nil),
            ("--worst", output.worst > 0), ("--average image", output.average == .image),
        ])
        if let foreign {
            throw ValidationError("\(foreign) goes with --predictions or --cams; \(kind) is compared with the model's scores of pictures.")
        }
        if !pictures.isGiven { throw ValidationError(PictureOptions.missing) }
        if pictures.shard != nil { throw ValidationError("--shard does not go with evaluate: its figures are of all pictures.") }
    }

    func run() throws {
        if let labels {
            return try PrecisionEvaluation(
                pictures: pictures, labels: labels, scoring: scoring, input: input, style: output.style, model: model, threads: threads ?? 1
            ).run()
        }
        let classes = try input.classList.choice.list { try model.load().configuration }
        let chosen = try chosenClasses(classes)
        let truths = try PictureFiles(masks: truth)
        let known = truths.named.map(\.name)
        let names = try pictures.list.map { try NameList.names(DashPath.input($0), among: PictureNames(known)) } ?? known
        guard !names.isEmpty else { throw FileError(.missing, path: truth, "has no label maps in it (PNG)") }
        try checkOutputs()
        let evaluation = Evaluation(
            classes: classes, only: chosen.map { Set($0.map { UInt8($0) }) }, threads: threads ?? Environment.usableProcessors(),
            truths: try TruthMaps(classes, list: input.truthList, legend: truths.legend) { try model.load().configuration })
        let pairs = try pairs(names, truths)
        var style = output.style
        style.missing = names.count - pairs.count
        let session = Session(evaluation: evaluation, pairs: pairs, chosen: chosen, onlyPresent: input.isOnlyPresent, style: style)
        if sweeping.sweep {
            try sweep(session)
        } else if let level = input.level {
            try show(session, evaluation.compare(pairs, level: level.value, keepsEach: output.keepsEach))
        } else {
            try show(session, evaluation.compare(pairs, keepsEach: output.keepsEach))
        }
    }

    /// Nothing that is read may be written over.
    private func checkOutputs() throws {
        var inputs = InputFiles()
        inputs.add("a prediction", folder: input.predictions, ["png"])
        inputs.add("class maps", folder: input.cams, ["npz"])
        inputs.add("a true label map", folder: input.truth, ["png"])
        inputs.add("a saliency map", folder: sweeping.saliency, ImageFile.extensions.union(["npy", "npz"]))
        inputs.add("the list", pictures.list)
        inputs.add("the class list", input.classList.choice.path)
        inputs.add("the class list", input.truthList?.path)
        inputs.add("the preset", sweeping.preset.flatMap(Preset.file))
        inputs.add("the model", try? model.path())
        for (option, path) in [("--per-picture", output.perPicture), ("--save-preset", sweeping.savePreset)] {
            if let path { try inputs.check(option, file: path) }
        }
    }

    /// What is compared, and how it is shown.
    private struct Session {
        let evaluation: Evaluation
        let pairs: [Evaluation.Pair]
        /// The classes that count; nil is all.
        let chosen: [Int]?
        let onlyPresent: Bool
        let style: EvaluationText.Style

        /// The classes that count, once the truth was seen.
        func classes(_ matrix: ConfusionMatrix) -> [Int] {
            if onlyPresent { return (0..<matrix.classes).filter { $0 == 0 || matrix.truthTotal($0) > 0 } }
            return chosen ?? Array(0..<matrix.classes)
        }
    }

    private func show(_ session: Session, _ comparison: Evaluation.Comparison) throws {
        session.evaluation.hints.forEach(Notes.add)
        let classes = session.evaluation.classes, chosen = session.classes(comparison.total)
        let text = EvaluationText(
            EvaluationReport(comparison.total, classes: chosen), classes, session.style,
            pictures: try pictures(session, comparison, chosen))
        try text.print()
    }

    /// The figures of each picture; written where a file is named for them.
    private func pictures(_ session: Session, _ comparison: Evaluation.Comparison, _ chosen: [Int]) throws -> PictureTable {
        let table = PictureTable(comparison.pictures, chosen: chosen, session.evaluation.classes)
        if let path = output.perPicture { try table.write(to: path) }
        return table
    }

    private func sweep(_ session: Session) throws {
        let over = sweeping.over, evaluation = session.evaluation
        let values = (sweeping.steps ?? over.steps).values
        for value in values { _ = try over.completion(Preset.builtIn[0].completion, value) }
        // Without a preset and saliency nothing is completed, and one pass serves all levels.
        let isPlain = over == .level && sweeping.preset == nil && sweeping.saliency == nil
        let base = try sweeping.preset.map { try Preset.chosen($0) } ?? Preset.builtIn[0]
        if !isPlain, sweeping.saliency == nil, base.saliency != .none {
            throw CommandFailure(
                .usage, "the preset “\(base.name)” uses saliency: give its maps with --saliency, or another --preset")
        }
        let saliency = try sweeping.saliency.map { try saliencyMaps($0, session.pairs, base) }
        let completions = try values.map { try over.completion(base.completion, $0) }
        let matrices = isPlain
            ? try evaluation.sweep(session.pairs, levels: values)
            : try evaluation.sweep(session.pairs, completions: completions, saliency: saliency)
        evaluation.hints.forEach(Notes.add)
        let chosen = session.classes(matrices[0])
        let text = try SweepText(
            over, values: values, reports: matrices.map { EvaluationReport($0, classes: chosen) }, evaluation.classes, session.style,
            showsAllSteps: sweeping.steps != nil)
        var table: PictureTable?
        if output.keepsEach {
            let best = try over.completion(base.completion, text.bestValue)
            let comparison = isPlain
                ? try evaluation.compare(session.pairs, level: text.bestValue, keepsEach: true)
                : try evaluation.compare(session.pairs, best, saliency: saliency, keepsEach: true)
            table = try pictures(session, comparison, chosen)
        }
        if let path = sweeping.savePreset {
            try save(isPlain ? LabelCompletion(background: .level(text.bestValue), completionCut: nil, openingSize: 0)
                : over.completion(base.completion, text.bestValue), of: base, to: path)
        }
        try text.print(pictures: table)
    }

    /// Writes the preset with the completion that was found best, named after its file.
    private func save(_ completion: LabelCompletion, of base: Preset, to path: String) throws {
        var preset = base
        preset.name = ImageLabels.stem(path)
        preset.completion = completion
        if sweeping.saliency != nil {
            if case .files = preset.saliency {} else { preset.saliency = .files(threshold: 0) }
        }
        try AtomicFile.write(Array((preset.json + "\n").utf8), to: DashPath.output(path))
    }

    // MARK: Classes and files

    /// The folder of the true label maps.
    private var truth: String { input.truth ?? "" }

    /// Background and the classes of `--only`, ascending; nil for all.
    private func chosenClasses(_ classes: ClassList) throws -> [Int]? {
        guard let only = input.chosenNames else { return nil }
        do throws(LabelError) {
            return Set(try classes.numbers(in: only).map { Int($0) } + [0]).sorted()
        } catch { throw CommandFailure(.usage, "--only: \(error)") }
    }

    /// Each name's prediction and truth.
    private func pairs(_ names: [String], _ truths: PictureFiles) throws -> [Evaluation.Pair] {
        let isMaps = input.predictions == nil, what = isMaps ? "class maps" : "predictions"
        let folder = try files(of: names, in: PictureFiles(
            folder: input.predictions ?? input.cams ?? "", endings: isMaps ? ["npz", "npy"] : ["png"]))
        let present = try names.filter { try folder.isThere($0) }
        if present.isEmpty || (input.missing != .skip && present.count < names.count) {
            try refuse(names, in: folder, what, "; --list NAMES compares those that are there, --missing skip leaves out the others")
        }
        let truths = try files(of: names, in: truths)
        try refuse(present, in: truths, "true label maps", "")
        return try present.map { name in
            Evaluation.Pair(name: name, prediction: try folder.file(of: name), truth: try truths.file(of: name))
        }
    }

    private func saliencyMaps(_ path: String, _ pairs: [Evaluation.Pair], _ base: Preset) throws -> Evaluation.Saliency {
        let folder = try files(
            of: pairs.map(\.name), in: PictureFiles(folder: path, endings: ImageFile.extensions.union(["npy"])))
        try refuse(pairs.map(\.name), in: folder, "saliency maps", "")
        var threshold = 0.0
        if case .files(let wanted) = base.saliency { threshold = wanted }
        return .init(files: folder, threshold: threshold)
    }

    /// Each name's file; what is not certain among all of the truth is not certain among some.
    private func files(of names: [String], in folder: PictureFiles) throws -> CompanionFiles {
        let known = try PictureFiles(masks: truth).named.map(\.name)
        return CompanionFiles(folder, of: (known + names).map { ($0, $0) }, missing: "no file of this name")
    }

    /// - Throws: a failure that counts the names without a file, where there are any.
    private func refuse(_ names: [String], in folder: CompanionFiles, _ what: String, _ remedy: String) throws {
        let missing = try names.filter { try !folder.isThere($0) }
        guard !missing.isEmpty else { return }
        throw FileError(
            .missing, path: folder.folder, "lacks \(missing.count) of the \(names.count) \(what): \(ClassMatch.some(missing))\(remedy)")
    }
}
