import ArgumentParser
import Foundation
import GETAM

/// What `getam evaluate` compares.
struct EvaluationInputOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Folder of label maps, NAME.png.", valueName: "dir"), completion: .directory)
    var predictions: String?
    @Option(help: ArgumentHelp("Folder of class maps, NAME.npz or NAME.npy, in place of --predictions.", valueName: "dir"), completion: .directory)
    var cams: String?
    @Option(help: ArgumentHelp("With either: folder of the true label maps, NAME.png.", valueName: "dir"), completion: .directory)
    var truth: String?
    @Option(
        help: ArgumentHelp(
            "The pictures' classes, which the model's scores are compared with: text (name class,class), cls_labels.npy, COCO JSON, VOC XML or labelme JSON, or a folder of those.",
            valueName: "path"),
        completion: .file())
    var labels: String?
    @Option(
        help: ArgumentHelp(
            "What pictures without a prediction do: end the run, or be left out and counted. (default: refuse)", valueName: "what"))
    var missing: MissingPredictions?
    @OptionGroup var classList: ClassListOption
    @Option(
        help: ArgumentHelp(
            "Classes of the true label maps, matched by name: voc, coco, model or a file. (default: those of --class-list)", valueName: "list"),
        completion: .classLists)
    var truthList: ClassListChoice?
    @Option(
        help: ArgumentHelp(
            "Classes that count (label maps: beside background; true pixels of others are ignored). present: those in the truth.",
            valueName: "name,name"),
        completion: .listedClasses)
    var only: String?
    @Option(help: ArgumentHelp("With --cams: the level of the background, 0 to 1 or a percentage.", valueName: "x"))
    var level: Fraction?

    /// `--missing`.
    enum MissingPredictions: String, CaseIterable, ExpressibleByArgument { case refuse, skip }

    /// Whether the classes that count are those in the truth.
    var isOnlyPresent: Bool { only?.trimmingCharacters(in: .whitespaces) == "present" }
    /// The names of `--only`; nil where it names none.
    var chosenNames: String? { isOnlyPresent ? nil : only }

    func validate() throws {
        if predictions != nil, level != nil { throw ValidationError("--level and --sweep go with --cams.") }
    }
}

/// `getam evaluate`'s options for how the model scores pictures.
struct ScoringOptions: ParsableArguments {
    @OptionGroup var batch: JobOptions
    @OptionGroup var input: InputOptions
}

/// `getam evaluate`'s options for trying many values of a number.
struct SweepOptions: ParsableArguments {
    @Flag(help: "With --cams: try many levels of the background and show the best.")
    var sweep = false
    @Option(help: ArgumentHelp("The preset's number to try.", valueName: "number"))
    var over: SweptNumber = .level
    @Option(help: ArgumentHelp("The values to try. (default: as befits the number; level 0:0.99:0.01)", valueName: "first:last:step"))
    var steps: SweepSteps?
    @Option(
        help: ArgumentHelp("Complete the labels as this preset says, built-in or a file.", valueName: "name|file"), completion: .presets)
    var preset: String?
    @Option(help: ArgumentHelp("Folder of saliency maps, named as the pictures.", valueName: "dir"), completion: .directory)
    var saliency: String?
    @Option(
        help: ArgumentHelp("Write the preset with the best value in it; named after the file.", valueName: "file"),
        completion: .endings(["json"]))
    var savePreset: String?

    func validate() throws {
        if !sweep, over != .level || steps != nil || preset != nil || saliency != nil || savePreset != nil {
            throw ValidationError("--over, --steps, --preset, --saliency and --save-preset go with --sweep.")
        }
        if savePreset == "" { throw ValidationError("--save-preset needs a file.") }
    }
}

/// `getam evaluate`'s options for what is printed and written.
struct EvaluationOutputOptions: ParsableArguments {
    @Flag(help: "List also the classes that are neither in the truth nor predicted.")
    var all = false
    @Option(
        help: ArgumentHelp(
            "Write the figures of each picture as comma-separated values; - writes them to standard output, in place of the others.",
            valueName: "file"),
        completion: .endings(["csv"]))
    var perPicture: String?
    @Option(
        help: ArgumentHelp(
            "What the IoUs are of: dataset, one confusion matrix over all pictures (mmseg, papers); image, the mean over the pictures (torchmetrics' MeanIoU).",
            valueName: "over"))
    var average: Averaging = .dataset
    @Option(help: ArgumentHelp("List so many pictures with the lowest mean IoU.", valueName: "n"))
    var worst = 0
    @Flag(help: "Print JSON.")
    var json = false
    @Flag(help: "Print comma-separated values.")
    var csv = false

    /// Over what IoUs are taken.
    enum Averaging: String, CaseIterable, ExpressibleByArgument, Encodable { case dataset, image }

    /// Whether the figures of each picture are wanted.
    var keepsEach: Bool { perPicture != nil || worst > 0 || average == .image }

    var style: EvaluationText.Style {
        .init(form: json ? .json : csv ? .csv : .table, average: average, showsAll: all, worst: worst, isSilent: perPicture == "-")
    }

    func validate() throws {
        if json, csv { throw ValidationError("--json and --csv exclude each other.") }
        if worst < 0 { throw ValidationError("--worst must not be negative.") }
        if csv, worst > 0 { throw ValidationError("--worst goes with the table or --json; --per-picture writes all pictures.") }
        if perPicture == "" { throw ValidationError("--per-picture needs a file, or - for standard output.") }
        if perPicture == "-", json || csv || all || worst > 0 {
            throw ValidationError("--per-picture - takes standard output for itself: leave --json, --csv, --worst and --all out.")
        }
    }
}
