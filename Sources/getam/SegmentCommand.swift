import ArgumentParser
import Foundation
import GETAM

/// `getam segment`: label maps from a model with a segmentation decoder.
struct SegmentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segment", abstract: "Label every pixel of pictures with a segmentation model.")

    @Argument(help: ArgumentHelp("Pictures, or folders of pictures.", valueName: "image|dir"), completion: .pictures)
    var pictures: [String] = []

    @OptionGroup(title: "Pictures") var batch: BatchOptions

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("A .png or .npy file for one picture, otherwise a folder.", valueName: "path"), completion: .file())
    var output: String

    @Option(help: ArgumentHelp("png: label maps in VOC's colors; npy: probabilities.", valueName: "format"))
    var format: SegmentWork.Format?

    @Option(
        help: ArgumentHelp("Sides of the squares that a picture is segmented as, their logits averaged.", valueName: "n,n,..."))
    var scales: Scales = Scales(sides: MultiScaleSegmentation.publishedSides)

    @Flag(help: "Refine with a dense conditional random field.")
    var crf = false

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
        if pictures.isEmpty, !batch.isGiven { throw ValidationError("Name a picture or a folder, or --images, or --voc.") }
        if !pictures.isEmpty, batch.isGiven { throw ValidationError("Name the pictures once: as arguments, or by --images or --voc.") }
        if output.isEmpty { throw ValidationError("-o needs a file or a folder.") }
    }

    func run() throws {
        let (places, names) = try batch.isGiven ? dataSet() : named()
        let part = try batch.ownPart(of: names)
        let single = try singleFile(names)
        let loaded = try model.load()
        let threads = threads ?? (single == nil ? 1 : Environment.usableProcessors())
        let models = try batch.engines(for: part.count, threads: threads) {
            try SegmentationModel(VisionTransformer(loaded.parameters, compute: $0))
        }
        let step = loaded.configuration.inputStep
        if let wrong = scales.sides.first(where: { $0 % step.width != 0 || $0 % step.height != 0 }) {
            throw CommandFailure(.usage, "--scales \(wrong): this model needs multiples of \(max(step.width, step.height))")
        }
        let labels = models[0].labelCount
        if let format, let single, !AtomicFile.isSpecial(single.path), format != single.format {
            throw CommandFailure(.usage, "--format \(format.rawValue): the name of -o \(single.path) says otherwise")
        }
        let format = format ?? single?.format ?? .png
        guard format == .npy || labels <= 255 else {
            throw CommandFailure(.badData, "the model has \(labels) labels, a label map holds 255; take --format npy")
        }
        let place: SegmentWork.Place =
            if let single { .file(single.path) } else { .folder(try OutputFolder(output, ending: format.rawValue)) }
        try checkPlaces(places, place)
        let field = crf ? DenseCRF() : nil
        let reports = json ? OrderedOutput(part) : nil
        let configuration = loaded.configuration
        let work = SegmentWork(
            segmentation: MultiScaleSegmentation(sides: scales.sides), crf: field, format: format, place: place,
            labels: labels,
            notes: try OutputNotes.of(loaded)
                + [("getam scales", scales.defaultValueDescription), ("getam crf", try field.map(Self.json) ?? "none")],
            className: { configuration.className($0) }, reports: reports)
        if single != nil {
            // One picture to one file: its failure is the command's.
            for name in part {
                let path = try places.path(name)
                if batch.resume, case .same = try work.standing(name, path: path) {
                    work.leftOut(name, path: path)
                    continue
                }
                try work.make(name, path: path, with: models[0])
            }
            try reports?.finish()
            return
        }
        let summary = PictureBatch(part, in: places, work, resumes: batch.resume).run(models)
        try reports?.finish()
        try summary.report("segmented", pictures: part.count, jobs: models.count, threads: threads)
        try summary.check("segmented")
    }

    // MARK: Pictures and files

    private func dataSet() throws -> (PicturePlaces, [String]) {
        let (folder, names) = try batch.pictures()
        return (.folder(folder), names)
    }

    /// The pictures that the arguments name.
    private func named() throws -> (PicturePlaces, [String]) {
        var paths: [String: String] = [:]
        let names = try PictureList.paths(pictures).map { path in
            let name = ImageLabels.stem(path)
            if let twin = paths.updateValue(path, forKey: name) {
                throw CommandFailure(.usage, "\(twin) and \(path) would be written to one file; they have the same name")
            }
            return name
        }
        return (.files(paths), names)
    }

    /// The one file to write, where it is one; nil for a folder.
    private func singleFile(_ names: [String]) throws -> (path: String, format: SegmentWork.Format)? {
        let suffix = SegmentWork.Format.allCases.first { output.lowercased().hasSuffix(".\($0.rawValue)") }
        if !batch.isGiven, names.count == 1, !output.isFolder, suffix != nil || AtomicFile.isSpecial(output) {
            return (output, suffix ?? .npy)
        }
        if AtomicFile.exists(output), !output.isFolder {
            throw CommandFailure(
                .unwritable, names.count == 1
                    ? "\(output): is a file whose name ends neither in .png nor in .npy" : "\(output): is no folder, and there are several pictures to write")
        }
        return nil
    }

    /// No picture may be written over, and a data set's folder stays what it is.
    private func checkPlaces(_ places: PicturePlaces, _ outputs: SegmentWork.Place) throws {
        switch places {
        case .folder(let folder):
            if folder.path.isSameFile(as: output) {
                throw CommandFailure(.usage, "-o \(output): the labels would lie among the pictures; name another folder")
            }
        case .files(let paths):
            for (name, path) in paths where path.isSameFile(as: outputs.file(name)) {
                throw CommandFailure(.usage, "-o \(output): \(path) would be written over; name another place")
            }
        }
    }

    /// The parameters of the field, to be compared with those of a later run.
    private static func json(_ field: DenseCRF) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(field), as: UTF8.self)
    }
}

extension SegmentWork.Format: ExpressibleByArgument {}
