import ArgumentParser
import Foundation
import GETAM

/// `getam compare`: which map method is best, by figures over a data set.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Compare map methods by figures over pictures.",
        discussion: """
            Makes the maps of every method, judges each by every metric, and prints their means with a 95 % interval. \
            Some metrics ask the model again with parts of the picture gone, others need true label maps.
            """)

    @OptionGroup(title: "Pictures") var pictures: PictureOptions
    @OptionGroup(title: "Batch") var batch: BatchOptions
    @OptionGroup(title: "What is compared") var comparison: ComparisonOptions
    @Option(help: ArgumentHelp("Folder of true label maps, NAME.png, of the pictures' own sizes; 255 does not count.", valueName: "dir"), completion: .directory)
    var truth: String?
    @Option(
        help: ArgumentHelp(
            "The classes whose maps are compared: text (name class,class), cls_labels.npy, COCO JSON, VOC XML, labelme JSON, or a folder of either. (default: those in the truth; without, the most probable)",
            valueName: "path"),
        completion: .file())
    var labels: String?
    @OptionGroup var classList: ClassListOption
    @OptionGroup(title: "Output") var output: ComparisonOutputOptions
    @OptionGroup(title: "Model") var model: CheckpointOption
    @Option(help: ArgumentHelp("Threads of each job.", valueName: "n"))
    var threads = 1
    @OptionGroup(title: "Input") var input: InputOptions

    func validate() throws {
        try ModelOptions.validate(threads: threads)
        if !pictures.isGiven { throw ValidationError(PictureOptions.missing) }
        for (name, value) in [("--truth", truth), ("--labels", labels)] where value == "" { throw ValidationError("\(name) needs a path.") }
        if batch.resume, output.perPicture == nil || output.perPicture == "-" {
            throw ValidationError("--resume goes on from the file of --per-picture: name one.")
        }
    }

    func run() throws {
        let list = try pictures.chosen(leavingOut: [truth].compactMap { $0 })
        try list.checkNames()
        list.remarks.forEach(Report.line)
        let part = try pictures.ownPart(of: list.pictures.count).map { list.pictures[$0] }
        let loaded = try model.load(), configuration = loaded.configuration
        guard configuration.head != .none else { throw ModelError.noHead }
        let methods = try comparison.methods(for: configuration)
        let metrics = try comparison.metrics(for: configuration, hasTruth: truth != nil)
        let requests = try methods.map { try request($0, configuration) }
        let subjects = try subjects(of: list, configuration)
        let judged = try judged(part, subjects)
        try checkOutputs(list, loaded)
        let words = settings(requests), names = judged.pictures.map(\.name)
        let rows = ComparisonRows(
            metrics: metrics.map(\.identifier), settings: words + "; weights \(try loaded.fingerprint())", path: output.perPicture)
        if batch.resume, let path = output.perPicture, AtomicFile.exists(path) { try rows.read(path) }
        for path in output.merge { try rows.read(path) }
        try rows.begin(with: names, methods: methods.map(\.identifier))
        // Random parameters serve all jobs.
        let cascade = metrics.contains(where: \.needsSanityCheck)
            ? ParameterCascade(loaded.parameters, seed: comparison.seed).steps.map(\.parameters) : []
        let (engines, plan) = try batch.engines(for: judged.pictures.count, threads: threads) { compute in
            CompareWork.Engine(
                model: VisionTransformer(loaded.parameters, compute: compute),
                randomized: cascade.map { VisionTransformer($0, compute: compute) })
        } need: { _ in try input.need(configuration) }
        let work = CompareWork(
            subjects: subjects, requests: requests, metrics: metrics, settings: comparison.settings, input: input, rows: rows)
        let summary = PictureBatch(judged.pictures, work, resumes: batch.resume || !output.merge.isEmpty).run(engines)
        try rows.finish(names)
        try summary.report(
            "compared", pictures: judged.pictures.count, jobs: engines.count, threads: threads,
            remarks: plan.remarks + judged.remarks + work.remarks)
        // Figures over a part of the pictures, chosen by an interrupt, would be figures of nothing.
        if summary.isComplete { try write(rows, names, methods: zip(methods, requests).map { ($0, $1.layers) }, metrics, words) }
        try summary.check("compared", canResume: output.perPicture != nil && output.perPicture != "-")
    }

    // MARK: What is compared

    private func request(_ method: any MapMethod, _ configuration: ModelConfiguration) throws -> MapRequest {
        MapRequest(
            quantity: method, classes: [], contrast: nil,
            layers: try comparison.layers?.checked(configuration) ?? method.standardLayers(of: configuration), perLayer: false, heads: .mean,
            query: .picture, input: input, ablations: .none)
    }

    private func subjects(of list: PictureList, _ configuration: ModelConfiguration) throws -> ComparedSubjects {
        let match = try ClassMatch(
            classList.choice.list { configuration }, isModels: classList.choice.isModels, configuration: configuration)
        let known = PictureNames(list.known)
        let truths = try truth.map { folder in
            CompanionFiles(
                try PictureFiles(masks: folder), of: known.names.map { ($0, $0) },
                missing: "no true label map of this name (.png)")
        }
        let source = try labelPath.map { try LabelSource.read(path: $0, classes: match.knownNames, of: known) }
        // Nothing would be compared.
        if let foreign = source?.foreign(list.pictures.map(\.name), isClass: match.knows) {
            throw CommandFailure(
                .usage, "no label of the pictures (\(ClassMatch.some(foreign))) is a class of the model and the class list "
                    + "(\(ClassMatch.some(match.usableNames))); choose another --class-list or --model, or mend the labels")
        }
        return ComparedSubjects(
            source: source, match: match, truth: truths,
            maps: try truths.map { try TruthMaps(match.list, list: nil, legend: $0.legend) { configuration } })
    }

    /// The labels, or the annotations of a VOC tree where they are there and no truth says more.
    private var labelPath: String? {
        labels ?? pictures.voc.map { $0 + "/Annotations" }.flatMap { truth == nil && $0.isFolder ? $0 : nil }
    }

    /// The pictures that labels know, and what the user should know of the others.
    private func judged(_ part: [PictureList.Picture], _ subjects: ComparedSubjects) throws -> (pictures: [PictureList.Picture], remarks: [String]) {
        let without = Set((subjects.source?.labels?.withoutEntry ?? []).map(NameKey.init))
        let kept = part.filter { !without.contains(NameKey($0.name)) }, left = part.filter { without.contains(NameKey($0.name)) }.map(\.name)
        guard !kept.isEmpty || part.isEmpty else {
            throw FileError(.invalid, path: labelPath ?? "", "has no entry for any of the \(part.count) pictures")
        }
        guard !left.isEmpty else { return (kept, []) }
        let isOne = left.count == 1
        return (kept, [
            "\(left.count) \(isOne ? "picture has" : "pictures have") no entry among the labels and \(isOne ? "is" : "are") left out: \(ClassMatch.some(left))"
        ])
    }

    /// Nothing that is read may be written over.
    private func checkOutputs(_ list: PictureList, _ loaded: LoadedModel) throws {
        var inputs = InputFiles()
        inputs.add("a picture", list.paths)
        inputs.add("a true label map", folder: truth, ["png"])
        inputs.add("the classes of the pictures", labels)
        inputs.add("the classes of the pictures", folder: labels, ["xml", "json", "png", "npy"])
        inputs.add("the list", pictures.list)
        inputs.add("the class list", classList.choice.path)
        inputs.add("the model", loaded.files)
        inputs.add("figures to merge", output.merge)
        inputs.add(voc: pictures.voc)
        for (option, path) in [("-o", output.output), ("--per-picture", output.perPicture)] {
            if let path, path != "-" { try inputs.check(option, file: path) }
        }
        if let table = output.output, table != "-", !AtomicFile.isSpecial(table) {
            // Not when all is computed.
            guard !table.isFolder else { throw FileError(.blocked, path: table, "is a folder, name a file in it") }
            guard FileSystem.allows(W_OK | X_OK, table.outerFolder) else {
                throw FileError(.unwritable, path: table, "cannot be written: \(MappedFile.message(errno))")
            }
        }
        if let table = output.output, let rows = output.perPicture, table != "-", rows.isSameFile(as: table) || rows == table {
            throw CommandFailure(.usage, "-o and --per-picture are one file, \(table); name another for one of them")
        }
    }

    // MARK: What comes of it

    /// What the figures were computed with, for readers and for a run that goes on.
    private func settings(_ requests: [MapRequest]) -> String {
        let settings = comparison.settings
        let layers = comparison.layers.map { "layers \($0.range.lowerBound)-\($0.range.upperBound)" } ?? "layers of each method"
        return "\(settings.steps) steps, level \(settings.level), seed \(settings.seed), \(layers), input \(input.resize.rawValue)"
            + (input.size.map { " \($0)" } ?? "")
    }

    private func write(
        _ rows: ComparisonRows, _ names: [String], methods: [(method: any MapMethod, layers: ClosedRange<Int>)],
        _ metrics: [any QualityMetric], _ words: String
    ) throws {
        let found = names.map { rows.rows(of: $0) }
        let text = ComparisonText(
            methods: methods.map { method, layers in
                .init(identifier: method.identifier, layers: layers, figures: metrics.indices.map { metric in
                    BootstrapInterval(rows.values(names, method: method.identifier, metric: metric), seed: comparison.seed)
                })
            },
            metrics: metrics, pictures: found.count { !$0.isEmpty },
            maps: found.reduce(0) { $0 + Set($1.map(\.className)).count }, settings: words)
        guard text.maps > 0 else { return }
        let form = output.form
        if let path = output.output, path != "-" {
            try AtomicFile.write(text.text(form, columns: 100).bytes, to: path)
        } else if output.perPicture != "-" {
            try Output.data(text.text(form, columns: max(TerminalSize.current.columns, 40)))
        }
    }
}
