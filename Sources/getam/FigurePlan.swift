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
    let heads: HeadSelection
    let input: InputOptions
    let ablations: HeadAblations
    let configuration: ModelConfiguration

    /// The layers that an axis of layers goes through.
    private var axisLayers: ClosedRange<Int> { layers ?? configuration.defaultStartLayer...configuration.depth - 1 }

    /// Whether an axis of layers ends with what they make together.
    var hasFused: Bool { axes.has(.layers) && axisLayers.count > 1 && quantities.contains { $0.fusion == .sum } }

    /// What `getam map` would be asked for.
    func request(_ quantity: any Quantity) -> MapRequest {
        MapRequest(
            quantity: quantity, classes: quantity.needsClass ? classes : [], contrast: nil, layers: layers(of: quantity),
            perLayer: axes.has(.layers), heads: quantity.axes.contains(.head) ? heads : .mean, query: .picture, input: input,
            ablations: ablations)
    }

    private func layers(of quantity: any Quantity) -> ClosedRange<Int> {
        axes.has(.layers) ? axisLayers : layers ?? quantity.standardLayers(of: configuration)
    }

    /// The captions along an axis.
    ///
    /// - Parameter probable: the most probable class of each picture.
    func captions(_ axis: FigureAxis, probable: [Int?]) -> [String] {
        let names = configuration.distinctClassNames
        switch axis {
        case .pictures:
            let tellsClass = !axes.has(.classes) && classes.isEmpty && isOfClass
            return zip(pictures, probable).map { picture, index in
                picture.name + (index.map { tellsClass ? ": \(names[$0])" : "" } ?? "")
            }
        case .methods: return quantities.map(\.title)
        case .classes: return isOfClass ? (classes.isEmpty ? probable.prefix(1).compactMap { $0 } : classes).map { names[$0] } : [""]
        case .layers: return axisLayers.map { "layer \($0)" } + (hasFused ? ["fused \(Self.text(axisLayers))"] : [])
        case .heads:
            return switch heads {
            case .mean: ["all heads"]
            case .one(let head): ["head \(head)"]
            case .each: (0..<configuration.heads).map { "head \($0)" }
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
        if !axes.has(.heads), case .one(let head) = heads { parts.append("head \(head)") }
        if let ablated = ablations.descriptions { parts.append("without \(ablated.joined(separator: ", "))") }
        return (parts + ["model \(model)"]).joined(separator: " · ")
    }

    /// Which layers the maps are of, where they are no axis: once where all methods have the same.
    private var layersText: String {
        let texts = quantities.map { quantity in
            let layers = layers(of: quantity)
            // Of those that are no map methods the last layer's stands for all.
            let shown = quantity.fusion == .sum || quantity is any MapMethod ? layers : layers.upperBound...layers.upperBound
            return shown.count == 1 ? "layer \(shown.lowerBound)" : "layers \(Self.text(shown)) fused"
        }
        guard let first = texts.first, texts.contains(where: { $0 != first }) else { return texts.first ?? "" }
        return zip(quantities, texts).map { "\($0.title): \($1)" }.joined(separator: ", ")
    }

    private static func text(_ layers: ClosedRange<Int>) -> String { "\(layers.lowerBound)–\(layers.upperBound)" }
}
