import Attribution

/// The fusion of layers: which take part, what each counts, and how they are put together.
extension ExplorerState {
    /// The layers that are fused, lowest first.
    var fusedLayers: [Int] { (startLayer..<model.depth).filter(takesPart) }

    /// Whether a layer is part of the fused map.
    func takesPart(_ layer: Int) -> Bool { layer >= startLayer && weight(of: layer) > 0 }

    /// What a layer counts.
    func weight(of layer: Int) -> Double {
        let weights = adjustments.preset.weights
        return layer < weights.count ? weights[layer] : 1
    }

    /// `fused 6-11`, with the way where it is no plain sum, what is left out (`−8`), and `w` where some count more or less than 1.
    var fusedLabel: String {
        guard isMethod else { return "last layer" }
        var label = "fused \(startLayer)-\(model.depth - 1)"
        guard method?.fusion != .last else { return label }
        if adjustments.preset.fusion != .sum { label += " \(adjustments.preset.fusion.shortTitle)" }
        let out = (startLayer..<model.depth).filter { !takesPart($0) }
        if !out.isEmpty { label += out.count < 3 ? " −" + out.map(String.init).joined(separator: ",") : " −\(out.count) layers" }
        if (startLayer..<model.depth).contains(where: { takesPart($0) && weight(of: $0) != 1 }) { label += " w" }
        return label
    }

    /// Whether the fused map is the sum of all layers from the start on.
    var isPlainFusion: Bool { method?.fusion == .last || (adjustments.preset.fusion == .sum && adjustments.preset.weights.allSatisfy { $0 == 1 }) }

    private var fusionObstacle: String? {
        method?.fusion == .last ? "\(methodName) is not fused: its last layer holds what came before" : nil
    }

    /// Takes the layer shown into the fused map, or out of it.
    mutating func toggleFusedLayer() {
        guard case .layer(let index) = layer else { return refuse("a layer goes in or out: h and l show one") }
        setWeight(takesPart(index) ? 0 : 1, of: index)
    }

    mutating func setWeight(_ weight: Double, of index: Int) {
        if let fusionObstacle { return refuse(fusionObstacle) }
        guard (0..<model.depth).contains(index) else { return refuse("no layer \(index): layers go from 0 to \(model.depth - 1)") }
        let start = startLayer, depth = model.depth
        if weight == 0, fusedLayers == [index] { return refuse("layer \(index) is the only one left") }
        var weights = (0..<depth).map { self.weight(of: $0) }
        change {
            if weight > 0, index < start {
                // The start moves down; what lies between stays out.
                for layer in index + 1..<start { weights[layer] = 0 }
                $0.startLayer = index
            }
            weights[index] = weight
            while weights.last == 1 { weights.removeLast() }
            $0.preset.weights = weights
        }
        say(fusedLabel + fusionHint)
    }

    mutating func setFusion(_ kind: LayerFusion.Kind) {
        if let fusionObstacle { return refuse(fusionObstacle) }
        change { $0.preset.fusion = kind }
        say("layers put together by \(kind.title)" + fusionHint)
    }

    /// How to see what a change of the fusion did, where the fused map is out of sight: labels and grids are made of it, too.
    private var fusionHint: String {
        adjustments.view.isOfLabel || layer == .fused && adjustments.view != .decoder ? "" : "; f shows the fused map"
    }
}

extension LayerFusion.Kind {
    /// Where there is little room.
    var shortTitle: String {
        switch self {
        case .sum, .mean, .product: title
        case .normalizedSum: "scaled"
        case .maximum: "max"
        case .certainty: "sure"
        }
    }

    /// In running text.
    var title: String {
        switch self {
        case .sum: "sum"
        case .normalizedSum: "sum of scaled maps"
        case .maximum: "maximum"
        case .mean: "mean"
        case .product: "product"
        case .certainty: "certainty"
        }
    }
}
