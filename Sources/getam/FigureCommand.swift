import ArgumentParser
import Files
import GETAM

/// `getam figure`: maps in rows and columns with captions, as a page shows them.
struct FigureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "figure", abstract: "Make a figure: maps in rows and columns, with captions and color bars.",
        discussion: "Writes SVG, captions as text and pictures with all their pixels, or PNG. The command is noted in the file.")

    enum Scale: String, CaseIterable, ExpressibleByArgument { case own, shared }

    @OptionGroup(title: "Pictures") var pictures: PictureOptions
    @Option(
        name: [.customShort("c"), .customLong("class")],
        help: ArgumentHelp("Class by name or index; repeatable. (default: each picture's most probable)", valueName: "class"),
        completion: .modelClasses)
    var classes: [String] = []
    @Option(
        help: ArgumentHelp("Map method, or another quantity; repeatable. (default: getam)", valueName: "name"))
    var method: [QuantityChoice] = []
    @Option(
        help: ArgumentHelp(
            "Layers, first and last, counted from 0: fused, or as rows or columns each and fused. (default: the middle block to the last)",
            valueName: "A-B"),
        completion: .layers)
    var layers: LayerSpan?
    @Flag(inversion: .prefixedNo, help: "Whether layers as rows or columns end with all of them fused.")
    var fused = true
    @OptionGroup var subject: SubjectOptions
    @Option(
        help: ArgumentHelp("What each row is of. (default: pictures; of one picture, classes, or methods)", valueName: "axis"))
    var rows: FigureAxis?
    @Option(
        help: ArgumentHelp("What each column is of. (default: methods; of one picture, layers)", valueName: "axis"))
    var columns: FigureAxis?
    @Option(
        name: .shortAndLong, help: ArgumentHelp("File to write, .svg or .png, or - for standard output.", valueName: "path"),
        completion: .file(extensions: ["svg", "png"]))
    var output: String
    @Option(help: ArgumentHelp("svg or png. (default: as the name of -o ends, else svg)", valueName: "format"))
    var format: FigureFormat?
    @Option(help: ArgumentHelp("own: a scale a map, its numbers under it; shared: one a method.", valueName: "scale"))
    var scale: Scale = .own
    @Option(
        help: ArgumentHelp(
            "Width of the figure: millimetres, 20 to 2000, or with cm, in or px, such as 2000px of a PNG. (default: 170)", valueName: "size"))
    var width: FigureWidth?
    @Option(help: ArgumentHelp("Pixels of a PNG along an inch, 20 to 2400. (default: 300)", valueName: "n"))
    var dpi: Double?
    @Option(help: ArgumentHelp("Colors of maps.", valueName: "map"))
    var colormap: ColorMap = .default
    @Option(help: ArgumentHelp("How the maps lie over the pictures.", valueName: "kind"))
    var blend: Blend.Kind = Blend.standard.kind
    @Option(help: ArgumentHelp("Opacity of the maps at most, 0 to 1 or a percentage. (default: 0.85)", valueName: "x"))
    var opacity: Fraction?
    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Intervention") var ablation: AblationOptions

    private var quantities: [any Quantity] { method.isEmpty ? [GETAM()] : method.map(\.quantity) }

    func validate() throws {
        if !pictures.isGiven { throw ValidationError(PictureOptions.missing) }
        if pictures.shard != nil { throw ValidationError("A figure is made in one piece: leave --shard out.") }
        if let rows, rows == columns { throw ValidationError("--rows and --columns are both \(rows.rawValue): give two axes.") }
        var seen: Set<String> = []
        for quantity in quantities {
            let name = quantity.identifier
            if !seen.insert(name).inserted { throw ValidationError("--method \(name) is given twice.") }
            if rows == .heads || columns == .heads, !quantity.axes.contains(.head) {
                throw ValidationError("--method \(name) has no choice of heads: leave heads out.")
            }
            if rows == .layers || columns == .layers, quantity.isTable {
                throw ValidationError("--method \(name) gives one table of all layers: leave layers out of --rows and --columns.")
            }
        }
        try subject.validate(for: quantities)
        if !quantities.contains(where: \.needsClass), !classes.isEmpty || rows == .classes || columns == .classes {
            throw ValidationError("--method \(quantities[0].identifier) gives one map for all classes: leave classes out.")
        }
        if let obstacle = try size.obstacle(to: written) { throw ValidationError("--\(obstacle).") }
    }

    private var size: FigureSize { FigureSize(width: width, dotsPerInch: dpi) }

    /// What the name of the file ends in, else what `--format` says.
    private var written: FigureFormat {
        get throws {
            let named = FigureFormat.allCases.first { output.lowercased().hasSuffix("." + $0.rawValue) }
            if let named, let format, format != named {
                throw ValidationError("--format \(format.rawValue): the name of -o \(output) says otherwise.")
            }
            guard named != nil || output == "-" || AtomicFile.isSpecial(DashPath.output(output)) else {
                throw ValidationError("-o \(output): the name of a figure must end in .svg or .png.")
            }
            return named ?? format ?? .svg
        }
    }

    func run() throws {
        let chosen = try pictures.chosen(leavingOut: [output])
        chosen.remarks.forEach(Report.line)
        let target = DashPath.output(output)
        var inputs = InputFiles()
        inputs.add("a picture", chosen.paths)
        inputs.add("the list", pictures.list)
        let loaded = try model.checkpoint.load()
        inputs.add("the model", loaded.files)
        try inputs.check("-o", file: target)
        let work = FigureWork(
            plan: try plan(chosen, loaded.configuration), blend: Blend(blend, opacity: opacity.map { Float($0.value) } ?? Blend.standardOpacity),
            colorMap: colormap, isShared: scale == .shared)
        let file = FigureOutput(try written, size, program: "getam \(Getam.version)", command: command)
        try work.check(file)
        let sheet = try work.sheet(with: model.transformer(loaded), model: model.modelPath().nameAlone)
        try AtomicFile.write(file.bytes(sheet), to: target)
    }

    private func plan(_ chosen: PictureList, _ configuration: ModelConfiguration) throws -> FigurePlan {
        for quantity in quantities { try quantity.check(with: configuration, among: Quantities.all) }
        try subject.check(quantities, with: configuration)
        let wanted = try classes.map { name in
            do { return try configuration.classIndex(name) } catch { throw CommandFailure(.usage, "--class: \(error)") }
        }
        if Set(wanted).count < wanted.count { throw CommandFailure(.usage, "--class: a class is given twice") }
        let axes = try FigureAxes(
            rows: rows, columns: columns,
            of: .init(
                pictures: chosen.pictures.count, methods: quantities.count, classes: wanted.count, eachHead: subject.heads?.selection == .each,
                needsClass: quantities.contains(where: \.needsClass),
                hasLayers: !quantities.contains(where: \.isTable)))
        if axes.has(.classes), wanted.isEmpty, chosen.pictures.count > 1 {
            throw CommandFailure(.usage, "the most probable class differs from picture to picture: name the classes with --class")
        }
        return try FigurePlan(
            axes: axes, pictures: chosen.pictures, quantities: quantities, classes: wanted, layers: layers?.checked(configuration),
            withFused: fused, heads: subject.heads?.selection ?? (axes.has(.heads) ? .each : .mean), query: subject.query ?? .picture,
            contrast: subject.contrasted(by: configuration), input: input, ablations: ablation.checked(configuration),
            configuration: configuration)
    }

    /// The command as it is noted: with names of files, never their paths, and without the file it is in.
    private var command: String {
        var words = ["getam", "figure"] + pictures.pictures.map(\.nameAlone)
        func add(_ option: String, _ value: String?) { if let value { words += [option, value] } }
        add("--images", pictures.images?.nameAlone)
        add("--list", pictures.list?.nameAlone)
        add("--voc", pictures.voc?.nameAlone)
        add("--split", pictures.split)
        classes.forEach { add("-c", $0) }
        method.forEach { add("--method", $0.quantity.identifier) }
        add("--layers", layers.map { "\($0.range.lowerBound)-\($0.range.upperBound)" })
        if !fused { words.append("--no-fused") }
        add("--heads", subject.heads.map(\.text))
        add("--query", subject.query.map(\.text))
        add("--contrast", subject.contrast)
        add("--rows", rows?.rawValue)
        add("--columns", columns?.rawValue)
        if scale != .own { add("--scale", scale.rawValue) }
        words += size.words
        if colormap != .default { add("--colormap", colormap.rawValue) }
        if blend != Blend.standard.kind { add("--blend", blend.rawValue) }
        add("--opacity", opacity.map { "\($0.value)" })
        add("-m", model.checkpoint.file.model?.nameAlone)
        add("--head", model.checkpoint.head?.nameAlone)
        words += model.checkpoint.texts.options(hasFolders: false) + model.checkpoint.background.options(hasFolders: false)
        model.checkpoint.concepts.concepts.forEach { add("--concept", "\($0.name)=\($0.folder.withoutTrailingSlash.nameAlone)") }
        add("--resize", input.givenResize?.rawValue)
        add("--size", input.size.map { "\($0)" })
        ablation.ablated.forEach { add("--ablate", $0.description) }
        return words.map(\.shellQuoted).joined(separator: " ")
    }

}

extension FigureFormat: ExpressibleByArgument {}

extension FigureWidth: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
