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

    @Argument(help: "Picture: PNG, JPEG, PPM or PGM.")
    var image: String
    @Option(
        name: [.customShort("c"), .customLong("class")],
        help: ArgumentHelp(
            "Class by name or index; repeatable; not with methods that need none. (default: the most probable)", valueName: "class"))
    var classes: [String] = []
    @Option(help: ArgumentHelp("Map method: \(MapMethods.all.map(\.identifier).joined(separator: ", ")).", valueName: "name"))
    var method = MapMethods.all[0].identifier
    @Option(help: ArgumentHelp(
        "Layers to fuse, first and last, counted from 0. (default: the middle block to the last; for rollout, all)", valueName: "A-B"))
    var layers: LayerRange?
    @Flag(help: "Keep the layers apart instead of fusing them.")
    var perLayer = false
    @Option(name: .shortAndLong, help: ArgumentHelp("File to write: .npy or .png.", valueName: "file"))
    var output: String?
    @Option(help: ArgumentHelp("Colors of pictures: \(ColorMap.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "map"))
    var colormap: ColorMap = .default
    @Option(help: ArgumentHelp("Opacity of the map over the picture, 0 to 1; 1 draws the map alone.", valueName: "x"))
    var opacity: Float = 1
    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Display") var display: ColorOptions
    @OptionGroup(title: "Timing") var timing: TimingOptions

    /// `A-B`, or one layer `A`.
    struct LayerRange: ExpressibleByArgument {
        let range: ClosedRange<Int>

        init?(argument: String) {
            let parts = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard let first = parts.first ?? nil, let last = parts.last ?? nil, parts.count <= 2, first >= 0, first <= last
            else { return nil }
            range = first...last
        }
    }

    /// What `-o` asks for.
    private enum Format { case array, picture, text }

    private var format: Format? {
        guard let output else { return .text }
        let name = output.lowercased()
        if name.hasSuffix(".npy") { return .array }
        if name.hasSuffix(".png") { return .picture }
        // A device takes what NumPy reads from a pipe.
        return AtomicFile.isSpecial(output) ? .array : nil
    }

    func validate() throws {
        if MapMethods.named(method) == nil {
            throw ValidationError("--method \(method): known are \(MapMethods.all.map(\.identifier).joined(separator: ", ")).")
        }
        if MapMethods.named(method)?.needsClass == false, !classes.isEmpty {
            throw ValidationError("--method \(method) gives one map for all classes: leave --class out.")
        }
        if !(0...1).contains(opacity) { throw ValidationError("--opacity must be from 0 to 1.") }
        if format == nil { throw ValidationError("-o \(output ?? ""): the name must end in .npy or .png.") }
    }

    func run() throws {
        var timings = Timings()
        let begin = Timings.now()
        let (_, model) = try timings.measure(.load) { try self.model.load() }
        let configuration = model.configuration
        guard let method = MapMethods.named(method) else { return }
        try method.check(with: configuration)
        var wanted = try classes.map { name in
            do { return try configuration.classIndex(name) } catch { throw CommandFailure(.usage, "--class: \(error)") }
        }
        let range = layers?.range ?? method.defaultStartLayer(of: configuration)...configuration.depth - 1
        guard range.upperBound < configuration.depth else {
            throw ModelError.layerOutOfRange(range.upperBound, depth: configuration.depth)
        }
        let (picture, pixels) = try timings.measure(.decode) {
            let picture = try ImageFile.read(path: image)
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
        let titles = maps.indices.map { row in
            maps[row].indices.map { offset in
                let layer = perLayer ? "layer \(range.lowerBound + offset)"
                    : range.count == 1 ? "layer \(range.lowerBound)" : "fused \(range.lowerBound)-\(range.upperBound)"
                // A method that needs no class has one row of maps, which is no class's.
                let name = wanted.indices.contains(row) ? "  " + configuration.className(wanted[row]) : ""
                return "\(layer)\(name)  \(method.identifier)"
            }
        }
        timings.add(.total, Timings.now() - begin)
        try write(maps, titles: titles, over: picture)
        if timing.timings { timings.print() }
    }

    private func write(_ maps: [[PatchMap]], titles: [[String]], over picture: RGBImage) throws {
        guard let first = maps.first?.first else { return }
        switch format {
        case .array:
            let shape = [maps.count] + (perLayer ? [maps[0].count] : []) + [first.rows, first.columns]
            try AtomicFile.write(NumPyFile.encode(shape: shape, maps.joined().flatMap(\.values)), to: output ?? "")
        case .picture:
            let rendered = maps.map { row in row.map { render($0, over: picture) } }
            try AtomicFile.write(try PNGEncoder.encode(RGBImage(tiles: rendered)), to: output ?? "")
        default:
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
                print(isatty(STDOUT_FILENO) == 1 ? String(line.prefix(terminal.columns)) : line)
                print(Frame(render(map, over: small), mono: depth == .mono).text(depth: depth), terminator: "")
            }
        }
    }

    private func render(_ map: PatchMap, over picture: RGBImage) -> RGBImage {
        let (low, high) = map.range
        return map.picture(
            over: picture, opacity: opacity, low: low, high: high,
            colorMap: format == .text && display.colors.forStandardOutput == .mono ? .gray : colormap)
    }
}
