import ArgumentParser
import Explorer
import Foundation
import GETAM

/// The explorer's options for labels.
struct ExploreLabelOptions: ParsableArguments {
    @Option(help: ArgumentHelp(
        "How labels are made: \(Preset.builtIn.map(\.name).joined(separator: ", ")), or a file. (default: \(Preset.usualText))",
        valueName: "name|file"), completion: .presets)
    var preset: String?
    @Option(help: ArgumentHelp(
        "Which classes are in which picture: text (name class,class), cls_labels.npy, COCO JSON, VOC XML, labelme JSON, or a folder of either.",
        valueName: "path"), completion: .file())
    var labels: String?
    @Option(help: ArgumentHelp("Probability from which a class applies where nothing else says so, 0 to 1 or a percentage.", valueName: "p"))
    var predict: Fraction = 0.5
    @OptionGroup var classList: ClassListOption
    @Option(help: ArgumentHelp("Saliency maps named as the pictures, for presets that take files.", valueName: "dir"), completion: .directory)
    var saliency: String?
    @Option(help: ArgumentHelp("True label maps (palette PNG) named as the pictures; shows the IoU of each class.", valueName: "dir"), completion: .directory)
    var truth: String?
    @Option(help: ArgumentHelp(
        "Classes of the true label maps: voc, coco, model or a file. (default: those of --class-list; voc where it is not given)",
        valueName: "list"), completion: .classLists)
    var truthList: ClassListChoice?
    @Option(
        help: ArgumentHelp("Folder of labels to look through: accept, reject, flag; decisions are kept in it.", valueName: "dir"),
        completion: .directory)
    var review: String?
    @Option(help: ArgumentHelp(
        "Restore the view that a PNG was exported from; its picture is found by its content, or named.", valueName: "png"),
        completion: .endings(["png"]))
    var from: String?

    /// The view to restore.
    func restored() throws -> RestoredView? { try from.map { (path) throws in try RestoredView(path: path) } }

    /// Where the picture of a restored view is, and the pictures named beside it.
    func picture(of view: RestoredView?, named: [String]) throws -> RestoredPicture? {
        guard let from, let view else { return nil }
        return try RestoredPicture(view, png: from, named: named)
    }

    /// A view is restored only with the model it was made with.
    func check(_ restored: RestoredView?, model: String) throws {
        guard let from, let restored, restored.model != model else { return }
        throw CommandFailure(
            .badData, "\(from): was made with the model “\(restored.model)”, but this is “\(model)”; name the other one with --model")
    }

    /// The preset asked for; nil where none is.
    ///
    /// - Parameter own: those that the user's settings name.
    func chosenPreset(_ own: [String: ExplorerSettings.Value]) throws -> Preset? {
        try preset.map { try Preset.chosen($0, own: own).truthfullyNamed($0) }
    }

    /// Tells which exports would take the place of something that is read. A preset may be written back to its file.
    func inputs(pictures: [String], model: [String]) -> @Sendable (String, ExportKind) -> String? {
        var inputs = InputFiles(), presets = InputFiles()
        inputs.add("a picture", pictures)
        inputs.add("the model", model)
        inputs.add("the classes of the pictures", labels)
        inputs.add("the classes of the pictures", folder: labels, ["xml", "json", "png", "npy"])
        inputs.add("a saliency map", folder: saliency, ImageFile.extensions.union(["npy", "npz"]))
        inputs.add("a true label map", folder: truth, ImageFile.extensions)
        inputs.add("a reviewed label", folder: review, ["png"])
        inputs.add("the review", review.map(ReviewLog.file(at:)))
        inputs.add("the class list", classList.choice.path)
        inputs.add("the class list", truthList?.path)
        presets.add("the preset", preset)
        return { [inputs, presets] path, kind in inputs.input(at: path) ?? (kind == .preset ? nil : presets.input(at: path)) }
    }

    /// The model's usual preset at the input asked for.
    func defaultPreset(input: InputOptions, for parameters: ParameterSet) -> Preset {
        var preset = Preset.usual(for: parameters)
        preset.resize = input.resize
        if let size = input.size { preset.size = size }
        return preset
    }

    /// What the command line says about classes, pictures and truth.
    struct Setup {
        let labels: LabelSetup
        let imageClasses: Engine.ImageClasses?
        let truth: TruthFolder?
        let saliency: CompanionFiles?
    }

    func setup(_ model: ModelSummary, _ configuration: ModelConfiguration, pictures: PictureList) throws -> Setup {
        for (option, folder) in [("--truth", truth), ("--saliency", saliency)] {
            guard let folder, !folder.isFolder else { continue }
            throw CommandFailure(.missingInput, "\(option) \(folder): is no folder")
        }
        var setup = LabelSetup(model: model)
        var match: ClassMatch?
        if case .model = classList.choice {} else {
            let list = try classList.choice.list { configuration }
            let found = try ClassMatch(list, isModels: false, configuration: configuration)
            setup = LabelSetup(numbers: found.numbers, names: list.names)
            match = found
        }
        setup.hasTruth = truth != nil
        return Setup(
            labels: setup, imageClasses: try imageClasses(match, configuration, pictures),
            truth: try truthFolder(setup, match, configuration, pictures),
            saliency: try saliency.map {
                Self.files(
                    try PictureFiles(folder: $0, endings: ImageFile.extensions.union(["npy"])), pictures,
                    "no saliency map of this picture (.png, .jpg, .jpeg, .npy)")
            })
    }

    /// The files named as the pictures, by their paths.
    private static func files(
        _ folder: PictureFiles, _ pictures: PictureList, _ missing: String
    ) -> CompanionFiles {
        let keys = pictures.pictures.compactMap { picture in (try? picture.path()).map { ($0, picture.name) } }
        return CompanionFiles(folder, of: keys, missing: missing)
    }

    /// Which of the model's classes the label file or folder names for a picture, and names that mean none of them.
    private func imageClasses(
        _ match: ClassMatch?, _ configuration: ModelConfiguration, _ pictures: PictureList
    ) throws -> Engine.ImageClasses? {
        guard let labels else { return nil }
        let source = try LabelSource.read(
            path: labels, classes: match?.knownNames ?? configuration.classNames, of: PictureNames(pictures.known))
        let keys = pictures.pictures.compactMap { picture in (try? picture.path()).map { (NameKey($0), picture.name) } }
        let names = Dictionary(keys, uniquingKeysWith: { $1 })
        let find: @Sendable (String) throws(UnknownClass) -> Int? = { name throws(UnknownClass) in
            if let match { return try match.find(name)?.logit }
            do throws(UnknownClass) { return try configuration.classIndex(name) } catch where error.candidates.isEmpty { return nil }
        }
        let foreign = source.foreign(pictures.pictures.map(\.name)) { name in
            do throws(UnknownClass) { return try find(name) != nil } catch { return true }
        }
        if let foreign {
            Notes.add("--labels \(labels): none of the labels (\(ClassMatch.some(foreign))) is a class of the model and the class list")
        }
        return { path throws(FileError) in
            guard let name = names[NameKey(path)], let names = try source.names(of: name) else { return nil }
            var classes: [Int] = [], unknown: [String] = []
            for name in names {
                do throws(UnknownClass) {
                    if let found = try find(name) { classes.append(found) } else { unknown.append(name) }
                } catch { throw FileError(.invalid, path: labels, "\(error)") }
            }
            return (classes, unknown)
        }
    }

    /// The true label maps, their classes brought to the numbers of the explorer's by name.
    private func truthFolder(
        _ setup: LabelSetup, _ match: ClassMatch?, _ configuration: ModelConfiguration, _ pictures: PictureList
    ) throws -> TruthFolder? {
        guard let truth else { return nil }
        let files = Self.files(try PictureFiles(masks: truth), pictures, "no truth for this picture (.png)")
        let legend = truthList == nil ? files.legend : nil
        // VOC's masks are the usual ones; whoever numbers classes otherwise has said so.
        let choice = truthList ?? (match == nil ? .voc : classList.choice)
        if legend == nil, case .model = choice { return TruthFolder(files: files, numbers: setup.numbers) }
        let names = try legend?.names ?? choice.list { configuration }.names
        let numbers = names.map { name -> UInt8? in
            let index = match.map { (try? $0.find(name))?.logit } ?? (try? configuration.classIndex(name))
            return index.flatMap { setup.numbers.indices.contains($0) ? setup.numbers[$0] : nil }
        }
        guard numbers.contains(where: { $0 != nil }) else {
            throw CommandFailure(
                .usage, "the model has none of the truth's classes (\(ClassMatch.some(names))); choose another --truth-list")
        }
        return TruthFolder(files: files, numbers: numbers, legend: legend)
    }
}
