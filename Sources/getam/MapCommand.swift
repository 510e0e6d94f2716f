import ArgumentParser
import Explorer
import Foundation
import GETAM

/// `getam map`: class maps as numbers, as pictures, or as block characters.
struct MapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map", abstract: "Make class maps of pictures.",
        discussion: """
            Writes raw values to a .npy file, a color-mapped picture to a .png file, of several pictures a file each into a \
            folder, or, without -o, block characters to standard output.
            """)

    @OptionGroup(title: "Pictures") var pictures: PictureOptions
    @OptionGroup(title: "Jobs") var batch: JobOptions
    @Option(
        name: [.customShort("c"), .customLong("class")],
        help: ArgumentHelp(
            "Class by name or index; repeatable; not with methods that need none. (default: the most probable)", valueName: "class"),
        completion: .modelClasses)
    var classes: [String] = []
    @OptionGroup var shown: QuantityOptions
    @Option(
        help: ArgumentHelp(
            "Layers to fuse, first and last, counted from 0. (default: the middle block to the last; for rollout and tables, all)", valueName: "A-B"),
        completion: .layers)
    var layers: LayerSpan?
    @Flag(help: "Keep the layers apart instead of fusing them.")
    var perLayer = false
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("File to write, .npy or .png, or - for standard output; for several pictures, a folder.", valueName: "path"),
        completion: .file())
    var output: String?
    @Option(help: ArgumentHelp("npy: raw values; png: a picture. (default: as the name of -o ends, else npy)", valueName: "format"))
    var format: MapWriter.Format?
    @Flag(help: "Print a JSON object a picture, in the order of the pictures: classes, ranges of the maps, milliseconds.")
    var json = false
    @Option(help: ArgumentHelp("Colors of pictures.", valueName: "map"))
    var colormap: ColorMap = .default
    @Option(
        help: ArgumentHelp("How the map lies over the picture. (default: the map alone; with --opacity, value)", valueName: "kind"))
    var blend: Blend.Kind?
    @Option(
        help: ArgumentHelp(
            "Opacity of the map over the picture at most, 0 to 1 or a percentage. (default: the map alone; with --blend, 0.85)", valueName: "x"))
    var opacity: Fraction?
    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Intervention") var ablation: AblationOptions
    @OptionGroup(title: "Display") var display: ColorOptions
    @OptionGroup(title: "Timing") var timing: TimingOptions

    func validate() throws {
        if !pictures.isGiven { throw ValidationError(PictureOptions.missing) }
        let quantity = shown.quantity
        if !quantity.needsClass, !classes.isEmpty {
            let kind = quantity.isTable ? "table" : "map"
            throw ValidationError("--method \(quantity.identifier) gives one \(kind) for all classes: leave --class out.")
        }
        if quantity.isTable, blend != nil || opacity != nil {
            throw ValidationError("--method \(quantity.identifier) gives a table, which lies over no picture: leave --blend and --opacity out.")
        }
        if output == nil, format != nil { throw ValidationError("--format goes with -o.") }
        if output == "" { throw ValidationError("-o needs a name that ends in .npy or .png, or for several pictures a folder.") }
        if output == "-", json { throw ValidationError("-o - and --json both take standard output: give one.") }
    }

    func run() throws {
        let chosen = try pictures.chosen(leavingOut: output.map { [$0] } ?? [])
        if let only = pictures.single(of: chosen) { try map(only) } else { try map(chosen) }
    }

    // MARK: One picture

    private func map(_ picture: PictureList.Picture) throws {
        let target = try output.map(checkedFile)
        var timings = Timings()
        let begin = Timings.now()
        let (loaded, model) = try timings.measure(.load) { try self.model.load() }
        if let target { try inputs(PictureList(pictures: [picture]), loaded).check("-o", file: target.path) }
        try checkOverlay(target?.format)
        let writer = try writer(model.configuration, target?.format)
        let path = try picture.path()
        let start = Timings.now()
        let maps = try writer.request.maps(path: path, with: model, repeats: timing.repeats, showsProgress: true, timings: &timings)
        timings.add(.total, Timings.now() - begin)
        if let target { try AtomicFile.write(writer.bytes(maps, model.configuration), to: target.path) }
        if json {
            var report = writer.report(maps, name: picture.name, path: path, output: target?.path, model.configuration)
            report.milliseconds = Timings.since(start)
            try Output.printJSON(report)
        } else if target == nil {
            try Output.write(writer.text(maps, model.configuration))
        }
        if timing.timings { timings.print() }
    }

    /// Values lie over no picture.
    private func checkOverlay(_ format: MapWriter.Format?) throws {
        guard format == .npy, blend != nil || opacity != nil else { return }
        throw CommandFailure(.usage, "\(blend != nil ? "--blend" : "--opacity") is of pictures, and .npy holds values: write .png, or leave it out")
    }

    /// The one file to write; its format is what its name ends in, else what `--format` says.
    private func checkedFile(_ output: String) throws -> (path: String, format: MapWriter.Format) {
        let path = DashPath.output(output)
        let ending = MapWriter.Format.allCases.first { output.lowercased().hasSuffix("." + $0.rawValue) }
        // A device takes what NumPy reads from a pipe.
        guard let known = ending ?? (AtomicFile.isSpecial(path) ? format ?? .npy : nil) else {
            throw CommandFailure(.usage, "-o \(output): the name must end in .npy or .png")
        }
        if let format, format != known { throw CommandFailure(.usage, "--format \(format.rawValue): the name of -o \(output) says otherwise") }
        return (path, known)
    }

    // MARK: Several pictures

    private func map(_ chosen: PictureList) throws {
        if timing.timings || timing.repeats != 1 { throw CommandFailure(.usage, "--timings and --repeat go with one picture, named by itself") }
        try chosen.checkNames()
        chosen.remarks.forEach(Report.line)
        if let output, AtomicFile.exists(DashPath.output(output)), !output.isFolder {
            throw CommandFailure(.unwritable, "-o \(output): is no folder, and there are several pictures to write")
        }
        let part = try pictures.ownPart(of: chosen.pictures.count).map { chosen.pictures[$0] }
        let threads = self.model.threads ?? 1
        let loaded = try self.model.checkpoint.load()
        let format = output == nil ? nil : self.format ?? .npy
        try checkOverlay(format)
        let writer = try writer(loaded.configuration, format)
        let folder = try output.map { try OutputFolder($0, ending: (format ?? .npy).rawValue) }
        if let output, let input = pictures.folders.first(where: output.isSameFile) {
            throw CommandFailure(.usage, "-o \(output): the maps would lie among the pictures of \(input); name another folder")
        }
        if let folder {
            try chosen.checkKept(by: folder.file, "-o \(folder.path)")
            try inputs(chosen, loaded).check("-o", folder: folder.path, ending: folder.ending)
        }
        let (models, plan) = try batch.engines(for: part.count, threads: threads) {
            VisionTransformer(loaded.parameters, compute: $0)
        } need: { _ in try input.need(loaded.configuration) }
        let text = OrderedOutput(part.map(\.name))
        let work = MapWork(writer: writer, folder: folder, isJSON: json, hasHeader: true, output: text)
        let summary = PictureBatch(part, work, resumes: false).run(models, showsProgress: !StandardStream.output.isTerminal)
        try text.finish()
        try summary.report("mapped", pictures: part.count, jobs: models.count, threads: threads, remarks: plan.remarks)
        try summary.check("mapped", canResume: false)
    }

    /// What is read, and so not to be written over.
    private func inputs(_ list: PictureList, _ loaded: LoadedModel) -> InputFiles {
        var inputs = InputFiles()
        inputs.add("a picture", list.paths)
        inputs.add("the list", pictures.list)
        inputs.add("the model", loaded.files)
        return inputs
    }

    /// How the maps lie over the picture; nil for maps alone.
    private var overlay: Blend? {
        guard blend != nil || opacity != nil else { return nil }
        return Blend(blend ?? Blend.standard.kind, opacity: opacity.map { Float($0.value) } ?? Blend.standardOpacity)
    }

    private func writer(_ configuration: ModelConfiguration, _ format: MapWriter.Format?) throws -> MapWriter {
        let quantity = shown.quantity
        try shown.check(with: configuration)
        let wanted = try classes.map { name in
            do { return try configuration.classIndex(name) } catch { throw CommandFailure(.usage, "--class: \(error)") }
        }
        let range = try layers?.checked(configuration) ?? quantity.standardLayers(of: configuration)
        let terminal = TerminalSize.current
        return MapWriter(
            request: try MapRequest(
                quantity: quantity, classes: wanted, contrast: shown.subject.contrasted(by: configuration), layers: range, perLayer: perLayer,
                heads: shown.subject.heads?.selection ?? .mean, query: shown.subject.query ?? .picture, input: input,
                ablations: ablation.checked(configuration)),
            format: format, colorMap: colormap, blend: overlay, depth: display.colors.forStandardOutput,
            terminal: (terminal.columns, terminal.rows, StandardStream.output.isTerminal))
    }
}

extension Blend.Kind: ExpressibleByArgument {}
extension MapWriter.Format: ExpressibleByArgument {}
