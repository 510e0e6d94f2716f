import ArgumentParser
import Foundation
import GETAM

/// `getam label`: pseudo labels for a data set.
struct LabelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label", abstract: "Make pseudo labels for a folder or a list of pictures.",
        discussion: """
            Writes DIR/NAME.png for every picture: a palette PNG of its size, 0 background, 255 unknown, else the number of \
            a class in the class list.
            """)

    @Option(help: ArgumentHelp("Folder of the pictures.", valueName: "dir"))
    var images: String?
    @Option(help: ArgumentHelp("Names of the pictures, one a line. (default: all in the folder)", valueName: "file"))
    var list: String?
    @Option(help: ArgumentHelp("VOC tree, in place of --images and --list.", valueName: "dir"))
    var voc: String?
    @Option(help: ArgumentHelp("List of the VOC tree. (default: train)", valueName: "name"))
    var split: String?
    @Option(
        help: ArgumentHelp(
            "The pictures' classes: text (name class,class), cls_labels.npy, COCO JSON, VOC XML or a folder of it.", valueName: "path"))
    var labels: String?
    @Option(help: ArgumentHelp("Take the classes that the model finds more probable than this.", valueName: "prob"))
    var predict: Double?
    @Option(
        help: ArgumentHelp(
            "Built-in preset (\(Preset.builtIn.map(\.name).joined(separator: ", "))) or preset file. (default: \(Preset.builtIn[0].name))",
            valueName: "name|file"))
    var preset: String?
    @OptionGroup var classList: ClassListOption
    @Option(help: ArgumentHelp("Folder of saliency maps, named as the pictures: PNG, JPEG or .npy.", valueName: "dir"))
    var saliency: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("Folder to write to; made where it is not there.", valueName: "dir"))
    var output: String
    @Option(help: ArgumentHelp("Folder for the class maps too, NAME.npz: keys [K], maps [K, H, W].", valueName: "dir"))
    var cams: String?
    @Option(help: ArgumentHelp("File for all labels as COCO annotations too.", valueName: "file"))
    var coco: String?
    @Option(help: ArgumentHelp("Pictures at a time. (default: the processors this process may use)", valueName: "n"))
    var jobs: Int?
    @Flag(help: "Leave out pictures whose outputs are there and whole.")
    var resume = false
    @Option(
        help: ArgumentHelp(
            "Take one part of the list: i/n with i from 0, auto from Slurm or Open MPI, auto/n from Kubernetes.", valueName: "part"))
    var shard: ShardChoice?
    @OptionGroup(title: "Model") var model: CheckpointOption
    @Option(help: ArgumentHelp("Threads of each job.", valueName: "n"))
    var threads = 1

    func validate() throws {
        try ModelOptions.validate(threads: threads)
        if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs must be from 1 to 1024.") }
        if let predict, !(0...1).contains(predict) { throw ValidationError("--predict must be from 0 to 1.") }
        if voc != nil, images != nil || list != nil { throw ValidationError("--voc excludes --images and --list.") }
        if voc == nil, images == nil { throw ValidationError("Name the pictures: --images, or --voc.") }
        if voc == nil, split != nil { throw ValidationError("--split goes with --voc.") }
        if labels != nil, predict != nil { throw ValidationError("--labels and --predict exclude each other.") }
        if labels == nil, predict == nil, voc == nil {
            throw ValidationError("Say where the pictures' classes come from: --labels, or --predict for the classifier's.")
        }
        for (name, value) in [("-o", output), ("--cams", cams), ("--images", images), ("--voc", voc), ("--saliency", saliency)] {
            if value == "" { throw ValidationError("\(name) needs a folder.") }
        }
    }

    func run() throws {
        let preset = try chosenPreset()
        let (folder, names) = try pictures()
        let part = try ownPart(of: names)
        let source = try labelSource()
        let loaded = try model.load()
        let isModels = if case .model = classList.choice { true } else { false }
        let match = try ClassMatch(
            classList.choice.list { loaded.configuration }, isModels: isModels, configuration: loaded.configuration)
        if case .file(let labels) = source, !names.contains(where: { labels.names[$0] != nil }) {
            throw FileError(.invalid, path: self.labels ?? "", "has no entry for any of the \(names.count) pictures")
        }
        let saliency = try self.saliency.map { try FolderIndex($0, extensions: ImageFile.extensions.union(["npy"])) }
        let product = ModelOptions.matrixProduct()
        // Fails here, once, where the preset does not fit the model.
        let count = min(jobs ?? Environment.usableProcessors(), max(part.count, 1))
        let pipelines = try (0..<count).map { _ in
            let compute = Compute(product: product, pool: ThreadPool(threads: threads), features: Environment.features)
            return try LabelPipeline(model: VisionTransformer(loaded.parameters, compute: compute), preset: preset)
        }
        for input in [folder] + (saliency.map { [$0] } ?? []) where input.isSame(as: output) {
            throw CommandFailure(.usage, "-o \(output): the labels would lie among the files they are made of; name another folder")
        }
        let outputs = try LabelOutputs(
            folder: output, cams: cams, classes: match.list.names.count,
            notes: [("Software", "getam \(Getam.version)"), ("getam model", loaded.displayName), ("getam preset", preset.json)])
        let batch = LabelBatch(
            names: part, pictures: folder, source: source, match: match, saliency: saliency, outputs: outputs, resumes: resume)
        let summary = batch.run(pipelines)
        try summary.report(pictures: part.count, jobs: count, threads: threads)
        if let coco { try batch.writeCOCO(coco, without: summary) }
        try summary.check()
    }

    private func chosenPreset() throws -> Preset {
        var preset = Preset.builtIn[0]
        if let name = self.preset {
            if let known = Preset.named(name) {
                preset = known
            } else if AtomicFile.exists(name) {
                preset = try Preset.read(path: name)
            } else {
                throw CommandFailure(
                    .missingInput, "--preset \(name): neither a built-in preset (\(Preset.builtIn.map(\.name).joined(separator: ", "))) "
                        + "nor a file that is there")
            }
        }
        if saliency != nil {
            if case .files = preset.saliency {} else { preset.saliency = .files() }
        } else if case .files = preset.saliency {
            throw CommandFailure(.usage, "the preset “\(preset.name)” takes saliency from files: name their folder with --saliency")
        }
        return preset
    }

    /// The folder of the pictures, and the names of all to label.
    private func pictures() throws -> (FolderIndex, [String]) {
        let folder = try FolderIndex(voc.map { $0 + "/JPEGImages" } ?? images ?? "", extensions: ImageFile.extensions)
        var path = list
        if let voc {
            let candidates = ["Segmentation/", "", "Main/"].map { "\(voc)/ImageSets/\($0)\(split ?? "train").txt" }
            path = candidates.first(where: AtomicFile.exists) ?? candidates[0]
        }
        if let path { return (folder, try NameList.read(path: path)) }
        let names = try folder.names()
        guard !names.isEmpty else {
            throw FileError(.missing, path: folder.path, "has no pictures in it (PNG, JPEG, PPM, PGM)")
        }
        return (folder, names)
    }

    /// The part of the list that is this process's; says which.
    private func ownPart(of names: [String]) throws -> [String] {
        let shard: Shard, source: String
        switch self.shard {
        case nil: return names
        case .fixed(let fixed): (shard, source) = (fixed, "--shard")
        case .automatic(let count):
            let found = try ClusterShard(Environment.variables, count: count)
            (shard, source) = (found.shard, found.source)
        }
        let part = names.indices.filter(shard.takes).map { names[$0] }
        Report.line("shard \(shard.index) of \(shard.count) (\(source)): \(part.count) of \(names.count) pictures")
        return part
    }

    private func labelSource() throws -> LabelSource {
        if let predict { return .predicted(above: predict) }
        if let labels { return try .read(path: labels) }
        let folder = (voc ?? "") + "/Annotations"
        guard folder.isFolder else {
            throw FileError(.missing, path: folder, "no such folder; name the pictures' classes with --labels or --predict")
        }
        return .annotations(folder: folder)
    }
}
