import ArgumentParser
import Explorer
import GETAM

/// The explorer's options for what is shown first: a command line is a bookmark.
struct BookmarkOptions: ParsableArguments {
    @Option(
        name: [.customShort("c"), .customLong("class")],
        help: ArgumentHelp("Class to look at, by name or index; of several, all are marked. (default: the most probable)", valueName: "class"),
        completion: .modelClasses)
    var classes: [String] = []
    @Option(help: ArgumentHelp("Layer to show, counted from 0. (default: the fused map)", valueName: "layer"), completion: .layer)
    var layer: Int?
    @Option(
        help: ArgumentHelp(
            "Layers of the fused map, the last one the model's last; a layer alone is shown alone. (default: as --start-layer)",
            valueName: "A-B"),
        completion: .layers)
    var layers: LayerSpan?
    @Option(
        help: ArgumentHelp("First layer of the fused map. (default: the preset's, the middle block)", valueName: "layer"),
        completion: .layer)
    var startLayer: Int?
    @Option(help: ArgumentHelp("What to show; where nothing is said, the overlay.", valueName: "view"))
    var view: ViewKind?
    @Option(help: ArgumentHelp("How the map lies over the picture. (default: value)", valueName: "kind"))
    var blend: Blend.Kind?
    @Option(
        help: ArgumentHelp("Opacity of the map over the picture at most, 0 to 1 or a percentage. (default: 0.85)", valueName: "x"))
    var opacity: Fraction?

    func validate() throws {
        if layers != nil, startLayer != nil { throw ValidationError("--layers and --start-layer say the same: give one.") }
        if let layers, layers.range.count == 1, layer != nil { throw ValidationError("--layers with one layer and --layer say the same: give one.") }
    }

    /// The first layer of the fused map; nil where nothing is said of it.
    var firstLayer: Int? { startLayer ?? layers.flatMap { $0.range.count > 1 ? $0.range.lowerBound : nil } }

    /// What is shown first, with classes and layers of the model.
    ///
    /// - Throws: a usage failure for those it does not have.
    func bookmark(_ parameters: ParameterSet) throws -> Bookmark {
        let configuration = parameters.configuration, depth = configuration.depth
        var bookmark = Bookmark()
        if let layers {
            let range = try layers.checked(configuration)
            if range.count == 1 {
                bookmark.layer = range.lowerBound
            } else if range.upperBound != depth - 1 {
                throw CommandFailure(
                    .usage, "--layers \(range.lowerBound)-\(range.upperBound): the explorer fuses up to the last layer; "
                        + "write \(range.lowerBound)-\(depth - 1)")
            }
        }
        for layer in [startLayer, layer].compactMap(\.self) where !(0..<depth).contains(layer) {
            throw ModelError.layerOutOfRange(layer, depth: depth)
        }
        bookmark.layer = layer ?? bookmark.layer
        bookmark.classes = try classes.map { name in
            do { return try configuration.classIndex(name) } catch { throw CommandFailure(.usage, "--class: \(error)") }
        }
        if !classes.isEmpty, configuration.head == .none { throw ModelError.noHead }
        if view == .decoder, !parameters.hasDecoder { throw ModelError.noDecoder }
        bookmark.view = view
        bookmark.blend = blend
        bookmark.opacity = opacity.map { Float($0.value) }
        return bookmark
    }
}

extension ViewKind: ExpressibleByArgument {}
