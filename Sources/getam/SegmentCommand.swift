import ArgumentParser
import Foundation
import GETAM

/// `getam segment`: label maps from a model with a segmentation decoder.
struct SegmentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segment", abstract: "Label every pixel of pictures with a segmentation model.")

    @OptionGroup(title: "Pictures") var input: PictureOptions
    @OptionGroup(title: "Batch") var batch: BatchOptions

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("A .png or .npy file, or - for standard output, for one picture; otherwise a folder.", valueName: "path"), completion: .file())
    var output: String

    @Option(help: ArgumentHelp("png: label maps in VOC's colors; npy: probabilities.", valueName: "format"))
    var format: SegmentWork.Format?

    @Option(
        help: ArgumentHelp(
            "Sides that a picture is segmented at, their logits averaged. (default: 256,320,480 for a published decoder, else the model's own)",
            valueName: "n,n,..."))
    var scales: Scales?

    @Option(
        help: ArgumentHelp(
            "square: squashed; fit: the aspect ratio is kept. (default: square for a published decoder, else fit)", valueName: "mode"))
    var resize: ResizeMode?

    @Flag(inversion: .prefixedNo, help: "Segment the mirror image too. (default: not for a published decoder, else so)")
    var flip: Bool?

    @Option(
        help: ArgumentHelp(
            "Power of the classes' probabilities by which labels are weighed; 0 leaves the classifier out. (default: 0 for a published decoder, else 1)",
            valueName: "x"))
    var gate: Double?

    @Flag(
        inversion: .prefixedNo,
        help: "Refine with a dense conditional random field. (default: not for a published decoder, else as its recipe says)")
    var crf: Bool?

    @OptionGroup var classList: ClassListOption
    @OptionGroup var certainty: CertaintyOptions
    @OptionGroup var export: ExportOptions

    @Flag(help: "Print a JSON object a picture, in the order of the list: areas, milliseconds.")
    var json = false

    @OptionGroup(title: "Model") var model: ModelFileOption

    @Option(
        help: ArgumentHelp(
            "Threads of each job. (default: 1; for one file all processors this process may use)", valueName: "n"))
    var threads: Int?

    /// A list of sides.
    struct Scales: ExpressibleByArgument {
        let sides: [Int]

        init(sides: [Int]) { self.sides = sides }

        init?(argument: String) {
            let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
            let sides = parts.compactMap { Int($0) }
            guard sides.count == parts.count, !sides.isEmpty, sides.allSatisfy({ (1...8192).contains($0) }) else { return nil }
            self.sides = sides
        }

        var defaultValueDescription: String { sides.map(String.init).joined(separator: ",") }
    }

    func validate() throws {
        try ModelOptions.validate(threads: threads)
        if !input.isGiven { throw ValidationError(PictureOptions.missing) }
        if output.isEmpty { throw ValidationError("-o needs a file or a folder.") }
        if let gate, !(0...100).contains(gate) { throw ValidationError("--gate must be a number from 0 to 100.") }
        if output == "-", json { throw ValidationError("-o - and --json both take standard output: give one.") }
    }

    func run() throws {
        if let folder = input.folders.first(where: output.isSameFile) {
            throw CommandFailure(.usage, "-o \(output): the labels would lie among the pictures of \(folder); name another folder")
        }
        let list = try input.chosen(leavingOut: [output] + certainty.folders)
        let single = try singleFile(list)
        try list.checkNames()
        list.remarks.forEach(Report.line)
        let part = try input.ownPart(of: list.pictures.count).map { list.pictures[$0] }
        let loaded = try model.load()
        let threads = threads ?? (single == nil ? 1 : Environment.usableProcessors())
        let segmentation = segmentation(of: loaded.parameters)
        try segmentation.check(loaded.configuration)
        let labelNames = try labels(of: loaded.configuration)
        let (models, plan) = try batch.engines(for: part.count, threads: threads) {
            try SegmentationModel(VisionTransformer(loaded.parameters, compute: $0))
        } need: { model in
            let sizes = JobOptions.sizes(of: part)
            func memory(_ width: Int, _ height: Int) -> (passes: Int, picture: Int) {
                segmentation.memory(
                    width: width, height: height, labels: model.labelCount, configuration: loaded.configuration)
            }
            return MemoryPlan.Need(job: memory(1, 1).passes, pictures: sizes.map { memory($0.width, $0.height).picture })
        }
        let step = loaded.configuration.inputStep
        if segmentation.resize == .square, let wrong = segmentation.sides.first(where: { $0 % step.width != 0 || $0 % step.height != 0 }) {
            throw CommandFailure(.usage, "--scales \(wrong): this model needs multiples of \(max(step.width, step.height))")
        }
        let labels = models[0].labelCount, numbers = Array(labelNames.numbers.prefix(labels))
        if let format, let single, !AtomicFile.isSpecial(single.path), format != single.format {
            throw CommandFailure(.usage, "--format \(format.rawValue): the name of -o \(single.path) says otherwise")
        }
        let format = format ?? single?.format ?? .png
        guard format == .npy || labels <= 255 else {
            throw CommandFailure(.badData, "the model has \(labels) labels, a label map holds 255; take --format npy")
        }
        let place: SegmentWork.Place =
            if let single { .file(single.path) } else { .folder(try OutputFolder(output, ending: format.rawValue), accepted: try ReviewedFolder(output).accepted) }
        if case .folder = place {
            try list.checkKept(by: place.file, "-o \(output)")
            try ReviewedFolder.check(output, resumes: batch.resume)
        }
        if format == .npy, !export.targets.isEmpty {
            throw CommandFailure(.usage, "--export is of label maps: take --format png, or an -o that ends in .png")
        }
        let exports = try exports(list, place, loaded, (1..<max(labels, 1)).map { labelNames.name($0) })
        let reports = json ? OrderedOutput(part.map(\.name)) : nil
        let configuration = loaded.configuration
        let work = SegmentWork(
            segmentation: segmentation, format: format, place: place, certainty: try certainty.begin(),
            numbers: numbers,
            notes: try OutputNotes.of(loaded)
                + [
                    ("getam scales", Scales(sides: segmentation.sides).defaultValueDescription),
                    ("getam resize", segmentation.resize.rawValue), ("getam mirrored", "\(segmentation.flip)"),
                    ("getam gate", "\(segmentation.gate)"), ("getam crf", try segmentation.field.map(Self.json) ?? "none"),
                    ("getam labels", numbers.map { $0.map { String($0) } ?? "-" }.joined(separator: ",")),
                ],
            labelName: labelNames.name, reports: reports,
            need: { width, height in
                segmentation.memory(width: width, height: height, labels: labels, configuration: configuration).picture
            },
            budget: plan.budget)
        if single != nil {
            // One picture to one file: its failure is the command's.
            for picture in part {
                let path = try picture.path()
                if batch.resume, case .same = try work.standing(picture.name, path: path) {
                    work.leftOut(picture.name, path: path)
                    continue
                }
                try work.make(picture.name, path: path, with: models[0])
            }
            try reports?.finish()
            return try exports.write(part, BatchSummary(), labels: place.file)
        }
        let summary = PictureBatch(part, work, resumes: batch.resume).run(models)
        try reports?.finish()
        try summary.report("segmented", pictures: part.count, jobs: models.count, threads: threads, remarks: plan.remarks)
        try exports.write(part, summary, labels: place.file)
        try summary.check("segmented")
    }

    /// How pictures are segmented: as is usual for the model, but for what the options say.
    private func segmentation(of parameters: ParameterSet) -> MultiScaleSegmentation {
        var result = MultiScaleSegmentation.usual(for: parameters)
        if let scales { result.sides = scales.sides }
        if let resize { result.resize = resize }
        if let flip { result.flip = flip }
        if let gate { result.gate = gate }
        if let crf { result.field = crf ? MultiScaleSegmentation.usualField(for: parameters) : nil }
        return result
    }

    /// The number that stands in a label map for background and each class of the model, nil for one that the class list
    /// lacks; and what a number is called.
    private func labels(
        of configuration: ModelConfiguration
    ) throws -> (numbers: [Int?], name: @Sendable (Int) -> String) {
        if classList.choice.isModels {
            return (Array(0...configuration.classCount), { $0 == 0 ? "background" : configuration.className($0 - 1) })
        }
        let list = try classList.choice.list { configuration }
        let match = try ClassMatch(list, isModels: false, configuration: configuration)
        return ([0] + match.numbers.map { $0.map { Int($0) } }, { list.name(of: UInt8(clamping: $0)) })
    }

    // MARK: Pictures and files

    /// The one file to write, where it is one; nil for a folder.
    private func singleFile(_ list: PictureList) throws -> (path: String, format: SegmentWork.Format)? {
        let output = DashPath.output(output)
        let suffix = SegmentWork.Format.allCases.first { output.lowercased().hasSuffix(".\($0.rawValue)") }
        let isOne = list.pictures.count == 1 && !input.pictures.isEmpty
        if isOne, !output.isFolder, suffix != nil || AtomicFile.isSpecial(output) {
            return (output, suffix ?? .npy)
        }
        if AtomicFile.exists(output), !output.isFolder {
            throw CommandFailure(
                .unwritable, isOne
                    ? "\(output): is a file whose name ends neither in .png nor in .npy" : "\(output): is no folder, and there are several pictures to write")
        }
        return nil
    }

    /// Begins the exports. Nothing that is read may be written over, and a data set's folder stays what it is.
    private func exports(
        _ list: PictureList, _ place: SegmentWork.Place, _ loaded: LoadedModel, _ classNames: [String]
    ) throws -> LabelExports {
        var inputs = InputFiles()
        inputs.add("a picture", list.paths)
        inputs.add("the list", input.list)
        inputs.add("the model", loaded.files)
        inputs.add(voc: input.voc)
        switch place {
        case .file(let path):
            try inputs.check("-o", file: path)
            for folder in certainty.folders { try InputFiles.check("-o", file: path, notAmong: folder, ending: "png") }
        case .folder(let folder, _): try inputs.check("-o", folder: folder.path, ending: folder.ending)
        }
        let own: [(folder: String, ending: String)] = if case .folder(let folder, _) = place { [(folder.path, folder.ending)] } else { [] }
        try certainty.check(inputs, others: own.filter { $0.ending == "png" }.map(\.folder))
        return try export.begin(classNames: classNames, inputs: inputs, outputs: own + certainty.folders.map { ($0, "png") })
    }

    /// The parameters of the field, to be compared with those of a later run.
    private static func json(_ field: DenseCRF) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(field), as: UTF8.self)
    }
}

extension SegmentWork.Format: ExpressibleByArgument {}
