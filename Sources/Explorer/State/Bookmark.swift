import Images
import Labels

/// What a command line asks to be shown first.
public struct Bookmark: Sendable {
    /// The classes to look at: the first is shown, and of several all are marked.
    public var classes: [Int] = []
    /// The layer to show; nil for the fused map.
    public var layer: Int?
    public var view: ViewKind?
    /// Of the map over the picture, 0…1.
    public var opacity: Float?
    /// How the map lies over the picture.
    public var blend: Blend.Kind?

    public init() {}
}

extension ExplorerState {
    /// Goes to a bookmark. For a state that has not been started; classes and the layer must be the model's.
    public mutating func open(at bookmark: Bookmark) {
        if let view = bookmark.view { adjustments.view = view }
        if let opacity = bookmark.opacity { adjustments.opacity = opacity }
        if let blend = bookmark.blend { adjustments.blend = blend }
        if let layer = bookmark.layer {
            self.layer = .layer(layer)
            lastLayer = layer
        }
        if let first = bookmark.classes.first { classToSelect = first }
        if bookmark.classes.count > 1 { adjustments.marks[picture] = Set(bookmark.classes) }
    }
}
