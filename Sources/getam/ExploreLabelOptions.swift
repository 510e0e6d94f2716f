import ArgumentParser
import Explorer
import Foundation
import GETAM

/// The explorer's options for labels.
struct ExploreLabelOptions: ParsableArguments {
    @Option(help: ArgumentHelp(
        "How labels are made: \(Preset.builtIn.map(\.name).joined(separator: ", ")), or a file. (default: \(Preset.builtIn[0].name))",
        valueName: "name|file"))
    var preset: String?
    @Option(help: ArgumentHelp(
        "Which classes are in which picture: lines “name class,class”, cls_labels.npy, VOC XML or COCO JSON.", valueName: "file"))
    var labels: String?
    @Option(help: ArgumentHelp("Probability from which a class applies where nothing else says so.", valueName: "p"))
    var predict: Float = 0.5
    @OptionGroup var classList: ClassListOption
    @Option(help: ArgumentHelp("Saliency maps named as the pictures, for presets that take files.", valueName: "dir"))
    var saliency: String?
    @Option(help: ArgumentHelp("True label maps (palette PNG) named as the pictures; shows the IoU of each class.", valueName: "dir"))
    var truth: String?
    @Option(help: ArgumentHelp("Restore the view that a PNG was exported from.", valueName: "png"))
    var from: String?

    func validate() throws {
        if !(predict >= 0 && predict <= 1) { throw ValidationError("--predict must be from 0 to 1.") }
    }

    /// The view to restore; its picture must be there.
    func restored() throws -> RestoredView? {
        guard let from else { return nil }
        let restored = try RestoredView(path: from)
        guard FileManager.default.fileExists(atPath: restored.picture) else {
            throw CommandFailure(.missingInput, "\(from): was made from \(restored.picture), which is not there; run getam where it is")
        }
        return restored
    }

    /// The preset asked for; nil where none is.
    func chosenPreset() throws -> Preset? {
        guard let preset else { return nil }
        if let known = Preset.named(preset) { return known }
        guard FileManager.default.fileExists(atPath: preset) else {
            throw CommandFailure(
                .missingInput, "--preset \(preset): neither a file nor one of \(Preset.builtIn.map(\.name).joined(separator: ", "))")
        }
        return try Preset.read(path: preset)
    }

    /// The first built-in preset at the input asked for.
    func defaultPreset(input: InputOptions) -> Preset {
        var preset = Preset.builtIn[0]
        preset.resize = input.resize
        if let size = input.size { preset.size = size }
        return preset
    }

    /// Image-level labels and the classes' numbers.
    func setup(_ model: ModelSummary) throws -> LabelSetup {
        for (option, folder) in [("--truth", truth), ("--saliency", saliency)] {
            guard let folder else { continue }
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
                throw CommandFailure(.missingInput, "\(option) \(folder): is no folder")
            }
        }
        var setup = LabelSetup(model: model)
        var list: ClassList?
        switch classList.choice {
        case .model: break
        case .voc: list = .voc
        case .file(let path): list = try ClassList(path: path)
        }
        if let list {
            setup = LabelSetup(numbers: model.classNames.map(list.number(of:)), names: list.names)
            if setup.numbers.allSatisfy({ $0 == nil }) {
                throw CommandFailure(
                    .usage, "the model has none of the classes in the class list (\(ClassMatch.some(list.names))); "
                        + "choose another --class-list or --model")
            }
        }
        setup.imageLabels = try labels.map { path throws(FileError) in try ImageLabels.read(path: path) }
        setup.hasTruth = truth != nil
        return setup
    }
}
