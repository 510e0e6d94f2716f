import GETAM

/// What a figure shows: the values on its axes, and their captions.
struct FigurePlan: Sendable {
    let axes: FigureAxes
    let pictures: [PictureList.Picture]
    let quantities: [any Quantity]
    /// The classes named; empty is each picture's most probable one.
    let classes: [Int]
    /// The layers named; nil is what each quantity has as its own.
    let layers: ClosedRange<Int>?
    /// Whether an axis of layers may end with what they make together.
    let withFused: Bool
    let heads: HeadSelection
    let query: QueryChoice
    /// What classes are told from.
    let contrast: MapRequest.Contrast?
    let input: InputOptions
    let ablations: HeadAblations
    let configuration: ModelConfiguration

    /// The layers that an axis of layers goes through.
    private var axisLayers: ClosedRange<Int> { layers ?? configuration.defaultStartLayer...configuration.depth - 1 }

    /// Whether an axis of layers ends with what they make together.
    var hasFused: Bool { withFused && axes.has(.layers) && axisLayers.count > 1 && quantities.contains { $0.fusion == .sum } }

    /// What `getam map` would be asked for.
    func request(_ quantity: any Quantity) -> MapRequest {
        MapRequest(
            quantity: quantity, classes: quantity.needsClass ? classes : [], contrast: contrast, layers: layers(of: quantity),
            perLayer: axes.has(.layers), heads: quantity.axes.contains(.head) ? heads : .mean, query: query, input: input,
            ablations: ablations)
    }

    private func layers(of quantity: any Quantity) -> ClosedRange<Int> {
        axes.has(.layers) ? axisLayers : layers ?? quantity.standardLayers(of: configuration)
    }

    /// The captions along an axis.
    ///
    /// - Parameter probable: the most probable class of each picture.
    func captions(_ axis: FigureAxis, probable: [Int?]) -> [String] {
        func name(_ index: Int) -> String { MapRequest.name(index, against: contrast, configuration) }
        switch axis {
        case .pictures:
            let tellsClass = !axes.has(.classes) && classes.isEmpty && isOfClass
            return zip(pictures, probable).map { picture, index in
                picture.name + (index.map { tellsClass ? ": \(name($0))" : "" } ?? "")
            }
        case .methods: return quantities.map(\.title)
        case .classes: return isOfClass ? (classes.isEmpty ? probable.prefix(1).compactMap { $0 } : classes).map(name) : [""]
        case .layers: return axisLayers.map(FigureCaption.layer) + (hasFused ? [FigureCaption.fused(axisLayers)] : [])
        case .heads:
            return switch heads {
            case .mean: [FigureCaption.allHeads]
            case .one(let head): [FigureCaption.head(head)]
            case .each: (0..<(quantities.map { $0.headCount(of: configuration) }.max() ?? 0)).map(FigureCaption.head)
            }
        }
    }

    private var isOfClass: Bool { quantities.contains(where: \.needsClass) }

    /// What all cells have in common.
    func legend(probable: [Int?], model: String) -> String {
        var parts: [String] = []
        if !axes.has(.pictures), let picture = pictures.first { parts.append(picture.name) }
        if !axes.has(.methods) { parts += quantities.map(\.title) }
        if !axes.has(.classes), isOfClass, !classes.isEmpty || pictures.count == 1 {
            parts += captions(.classes, probable: probable)
        }
        if !axes.has(.layers) { parts.append(layersText) }
        if !axes.has(.heads), case .one(let head) = heads { parts.append(FigureCaption.head(head)) }
        if query != .picture { parts.append(FigureCaption.query(query.text)) }
        if let ablated = ablations.descriptions { parts.append(FigureCaption.ablated(ablated)) }
        return FigureCaption.legend(parts, model: model)
    }

    /// Which layers the maps are of, where they are no axis: once where all methods have the same.
    private var layersText: String {
        // A table names the layers itself.
        let shown = quantities.filter { !$0.isTable }
        let texts = shown.map { FigureCaption.layers($0.shown(layers(of: $0))) }
        guard let first = texts.first, texts.contains(where: { $0 != first }) else { return texts.first ?? "" }
        return zip(shown, texts).map { "\($0.title): \($1)" }.joined(separator: ", ")
    }
}
