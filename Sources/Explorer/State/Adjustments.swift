import Attribution
import Images
import Labels

/// A layer's own map, or the sum of the maps from the start layer on.
public enum LayerChoice: Sendable, Hashable {
    case layer(Int)
    case fused
}

/// What fills a pane. Each has a file of its own among the views.
public enum ViewKind: String, Sendable, Hashable, CaseIterable {
    /// The map over the picture.
    case overlay
    /// The map alone.
    case map
    /// The picture alone.
    case picture
    /// The label map over the picture.
    case label
    /// The class map after refinement.
    case refined
    /// How much stands out, and where that reaches the saliency level.
    case saliency
    /// The label that the model's segmentation decoder gives by itself.
    case decoder

    /// Whether it shows a step on the way to the label.
    public var isOfLabel: Bool { self == .label || self == .refined || self == .saliency }
    /// Whether it shows numbers of a label map.
    public var showsLabels: Bool { isOfLabel || self == .decoder }

    /// The next of the map's views; label views have a key of their own.
    var next: ViewKind {
        switch self {
        case .overlay: .map
        case .map: .picture
        case .picture, .label, .refined, .saliency, .decoder: .overlay
        }
    }
}

/// One pane, or the picture beside the view.
public enum PaneLayout: String, Sendable, Hashable, CaseIterable {
    case split, single
}

/// How raw values become colors.
public enum Normalization: String, Sendable, Hashable, CaseIterable {
    /// From the map's smallest value to its largest.
    case map
    /// From zero (or the smallest value, if negative) to the largest value of any layer, so that layers compare.
    case layers
    /// As far below zero as above it, in colors for values of both signs.
    case symmetric
    /// One scale for the maps of all panes, where there are several.
    case panes
}

/// Everything that alters what is shown of a map, and so what an export holds: what undo and redo go over.
/// Where one stands (picture, class, layer, zoom) is not part of it.
public struct Adjustments: Sendable, Equatable {
    /// An index into the methods.
    public var method = 0
    /// The first layer of the fused map.
    public var startLayer: Int
    /// The display threshold as a fraction of the scale; 0 is off.
    public var cut: Float = 0
    /// How the map lies over the picture.
    public var blend = Blend.Kind.value
    /// Of the map over the picture at most, 0 to 1.
    public var opacity = Blend.standardOpacity
    /// Of the classes over the picture in label views, 0 to 1.
    public var fill = LabelPaint.standardFill
    /// The colors of classes in label views.
    public var palette = LabelPalette.screen
    public var normalization = Normalization.map
    public var colorMap = ColorMap.viridis
    public var sampling = Sampling.smooth
    public var view = ViewKind.overlay
    /// `nil` follows the width of the screen.
    public var layout: PaneLayout?
    /// Whether the overlay view draws the map.
    public var overlayShown = true
    /// How maps become labels; its method and layers are those above.
    public var preset = Preset.getam
    /// The preset as it was taken, with its method, and its layers as `from`: what differs from it was changed since.
    var origin = Preset.getam
    /// The probability from which a class counts as predicted, where neither marks nor a label file say what is there.
    public var predict: Float = 0.5
    /// Which classes the decoder view may show.
    public var scope = DecoderScope.all
    /// Marked classes of each picture.
    public var marks: [Int: Set<Int>] = [:]

    public init(startLayer: Int) { self.startLayer = startLayer }

    /// All but what is looked at and how the panes lie: what undo goes over.
    var work: Adjustments { looked(at: Adjustments(startLayer: startLayer)) }

    /// What undo or redo makes of others: what is looked at stays, unless a preset or a sweep brought its method.
    func taken(for others: Adjustments) -> Adjustments {
        var result = looked(at: others)
        if origin != others.origin || preset.method != others.preset.method { result.method = method }
        return result
    }

    /// The same with what another looks at.
    func looked(at other: Adjustments) -> Adjustments {
        var result = self
        result.method = other.method
        result.view = other.view
        result.layout = other.layout
        result.overlayShown = other.overlayShown
        return result
    }
}
