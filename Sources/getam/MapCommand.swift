import ArgumentParser
import Explorer
import Files
import Foundation
import GETAM
import Terminal

/// `getam map`: class maps as numbers, as a picture, or as block characters.
struct MapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map", abstract: "Make class maps of a picture.",
        discussion: """
            Writes raw values to a .npy file, a color-mapped picture to a .png file, or, without -o, block characters to \
            standard output.
            """)

    @Argument(help: "Picture: PNG, JPEG, PPM or PGM.", completion: .pictures)
    var image: String
    @Option(
        name: [.customShort("c"), .customLong("class")],
        help: ArgumentHelp(
            "Class by name or index; repeatable; not with methods that need none. (default: the most probable)", valueName: "class"),
        completion: .modelClasses)
    var classes: [String] = []
    @Option(help: ArgumentHelp("Map method.", valueName: "name"))
    var method = MethodChoice.standard
    @Option(
        help: ArgumentHelp(
            "Layers to fuse, first and last, counted from 0. (default: the middle block to the last; for rollout, all)", valueName: "A-B"),
        completion: .layers)
    var layers: LayerSpan?
    @Flag(help: "Keep the layers apart instead of fusing them.")
    var perLayer = false
    @Option(
        name: .shortAndLong, help: ArgumentHelp("File to write: .npy or .png; - is standard output.", valueName: "file"),
        completion: .endings(["npy", "png"]))
    var output: String?
    @Option(help: ArgumentHelp("npy: raw values; png: a picture. (default: as the name of -o ends; npy for -)", valueName: "format"))
    var format: Format?
    @Option(help: ArgumentHelp("Colors of pictures.", valueName: "map"))
    var colormap: ColorMap = .default
    @Option(help: ArgumentHelp("Opacity of the map over the picture, 0 to 1 or a percentage; 1 draws the map alone.", valueName: "x"))
    var opacity: Fraction = 1.0
    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Display") var display: ColorOptions
    @OptionGroup(title: "Timing") var timing: TimingOptions

    /// What `-o` writes.
    enum Format: String, CaseIterable, ExpressibleByArgument { case npy, png }

    /// What is to be made; nil for drawing text.
    private var written: Format? {
        guard let output else { return nil }
        // A device takes what NumPy reads from a pipe.
        return format ?? Format.allCases.first { output.lowercased().hasSuffix("." + $0.rawValue) } ?? .npy
    }

    func validate() throws {
        if !method.method.needsClass, !classes.isEmpty {
            throw ValidationError("--method \(method.method.identifier) gives one map for all classes: leave --class out.")
        }
        guard let output else {
            if format != nil { throw ValidationError("--format goes with -o.") }
            return
        }
        let ending = Format.allCases.first { output.lowercased().hasSuffix("." + $0.rawValue) }
        if ending == nil, !AtomicFile.isSpecial(DashPath.output(output)) {
            throw ValidationError("-o \(output): the name must end in .npy or .png.")
        }
        if let format, let ending, format != ending {
            throw ValidationError("--format \(format.rawValue): the name of -o \(output) says otherwise.")
        }
    }

    func run() throws {
        var timings = Timings()
        let begin = Timings.now()
        let (loaded, model) = try timings.measure(.load) { try self.model.load() }
        if let output {
            var inputs = InputFiles()
            inputs.add("the picture", image)
            inputs.add("the model", loaded.files)
            try inputs.check("-o", file: output)
        }
        let configuration = model.configuration
        let method = method.method
        try method.check(with: configuration)
        var wanted = try classes.map { name in
            do { return try configuration.classIndex(name) } catch { throw CommandFailure(.usage, "--class: \(error)") }
        }
        let range = try layers?.checked(configuration) ?? method.defaultStartLayer(of: configuration)...configuration.depth - 1
        let (picture, pixels) = try timings.measure(.decode) {
            let picture = try InputOptions.picture(DashPath.input(image))
            return (picture, try input.tensor(picture, for: configuration))
        }
        var maps: [[PatchMap]] = []
        for _ in 0..<timing.repeats {
            let trace = try timings.measure(.forward) { try model.forward(pixels) }
            if let method = method as? any ClassFreeMethod {
                maps = [try timings.measure(.map) { try model.layerMaps(of: trace, method: method, layers: range) }]
                continue
            }
            guard let method = method as? any GradientMethod else { continue }
            if wanted.isEmpty { wanted = trace.logits.indices.max { trace.logits[$0] < trace.logits[$1] }.map { [$0] } ?? [] }
            maps = Array(repeating: [], count: wanted.count)
            let start = Timings.now()
            var mapping = 0.0
            try model.attentionGradients(
                of: trace, classes: wanted, downTo: range.lowerBound, rows: method.queryRows(for: configuration.head)
            ) { gradient in
                guard range.contains(gradient.layer) else { return }
                let begin = Timings.now()
                maps[gradient.position].insert(
                    method.map(gradient, grid: trace.grid, head: configuration.head, compute: model.compute), at: 0)
                mapping += Timings.now() - begin
            }
            timings.add(.backward, Timings.now() - start - mapping)
            timings.add(.map, mapping)
        }
        if !perLayer { maps = maps.map { method.fusion.fused($0).map { [$0] } ?? [] } }
        let names = configuration.distinctClassNames
        let titles = maps.indices.map { row in
            maps[row].indices.map { offset in
                let layer = perLayer ? "layer \(range.lowerBound + offset)"
                    : range.count == 1 ? "layer \(range.lowerBound)" : "fused \(range.lowerBound)-\(range.upperBound)"
                // A method that needs no class has one row of maps, which is no class's.
                let name = wanted.indices.contains(row) ? "  " + names[wanted[row]] : ""
                return "\(layer)\(name)  \(method.identifier)"
            }
        }
        timings.add(.total, Timings.now() - begin)
        try write(maps, titles: titles, over: picture)
        if timing.timings { timings.print() }
    }

    private func write(_ maps: [[PatchMap]], titles: [[String]], over picture: RGBImage) throws {
        guard let first = maps.first?.first else { return }
        switch written {
        case .npy:
            let shape = [maps.count] + (perLayer ? [maps[0].count] : []) + [first.rows, first.columns]
            try AtomicFile.write(NumPyFile.encode(shape: shape, maps.joined().flatMap(\.values)), to: DashPath.output(output ?? ""))
        case .png:
            let rendered = maps.map { row in row.map { render($0, over: picture) } }
            try AtomicFile.write(try PNGEncoder.encode(RGBImage(tiles: rendered)), to: DashPath.output(output ?? ""))
        case nil:
            let terminal = TerminalSize.current
            let depth = display.colors.forStandardOutput
            // Two pixels a cell; a line is left for the title, and one for the prompt.
            let scale = min(
                Double(terminal.columns) / Double(picture.width),
                Double(max(terminal.rows - 2, 4) * 2) / Double(picture.height))
            let small = picture.resized(
                width: max(1, Int(Double(picture.width) * scale)), height: max(2, Int(Double(picture.height) * scale)),
                filter: .bilinear)
            for (map, title) in zip(maps.joined(), titles.joined()) {
                let (low, high) = map.range
                let line = "\(title)  \(String(format: "%.4g to %.4g", low, high))".printable
                // A title that wraps would push the picture off the screen.
                try Output.line(StandardStream.output.isTerminal ? String(line.prefix(terminal.columns)) : line)
                try Output.write(Frame(render(map, over: small), mono: depth == .mono).text(depth: depth))
            }
        }
    }

    private func render(_ map: PatchMap, over picture: RGBImage) -> RGBImage {
        let (low, high) = map.range
        return map.picture(
            over: picture, opacity: Float(opacity.value), low: low, high: high,
            colorMap: written == nil && display.colors.forStandardOutput == .mono ? .gray : colormap)
    }
}
