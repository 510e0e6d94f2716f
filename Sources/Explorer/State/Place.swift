import Attribution
import VisionTransformer

/// What the class looked at is seen against.
public enum Against: Sendable, Hashable {
    case none
    /// The three classes whose logits are nearest.
    case nearest
    case other(Int)
    /// All classes and the background's words, by soft-max.
    case all
}

/// What is looked at: the subject of a pane or a cell of a grid.
public struct Place: Sendable, Hashable {
    /// An index into the models.
    public var model = 0
    public var picture = 0
    /// An index into the methods.
    public var method = 0
    /// `nil` for the class that the picture was last looked at for, at first its most probable.
    public var classIndex: Int?
    public var against = Against.none
    public var layer = LayerChoice.fused
    /// `nil` for all heads together.
    public var head: Int?
    /// A patch is one of the grid that the picture has with the model.
    public var query = QueryToken.picture
    /// What is done to the model's pass.
    public var ablations: HeadAblations = .none
    public var view = ViewKind.overlay
}

/// What panes have in common, or each for itself.
public enum PaneAxis: String, Sendable, Hashable, CaseIterable {
    case picture, model, method, `class`, layer, head, query, ablation, view

    /// Takes this axis' part of another place.
    func copy(_ source: Place, to place: inout Place) {
        switch self {
        case .picture: place.picture = source.picture
        case .model: place.model = source.model
        case .method: place.method = source.method
        case .class: (place.classIndex, place.against) = (source.classIndex, source.against)
        case .layer: place.layer = source.layer
        case .head: place.head = source.head
        case .query: place.query = source.query
        case .ablation: place.ablations = source.ablations
        case .view: place.view = source.view
        }
    }
}

extension ExplorerState {
    var recordKey: RecordKey { RecordKey(model: modelIndex, picture: picture) }

    /// What the pane that keys act on shows.
    public internal(set) var place: Place {
        get {
            Place(
                model: modelIndex, picture: picture, method: adjustments.method, classIndex: selectedClass, against: against, layer: layer,
                head: head, query: query, ablations: ablations, view: adjustments.view)
        }
        set {
            modelIndex = newValue.model
            picture = newValue.picture
            adjustments.method = newValue.method
            against = newValue.against
            layer = newValue.layer
            if case .layer(let index) = newValue.layer { lastLayer = index }
            head = newValue.head
            query = newValue.query
            ablations = newValue.ablations
            adjustments.view = newValue.view
            if let index = newValue.classIndex { store.change(recordKey) { $0.selectedClass = index } }
            followGrid(withQuery: false)
        }
    }

    /// The state as if a place were looked at: what its pane is drawn from.
    func looking(at place: Place) -> ExplorerState {
        var seen = self
        seen.lookedClass = nil
        var place = place
        let wanted = place.classIndex
        // The class is looked at without a trace of it in the store.
        place.classIndex = nil
        seen.place = place
        seen.lookedClass = wanted
        return seen
    }

    /// What the maps of a place are of; `nil` until its picture is traced, and where the method needs a class and there is none.
    func mapKey(of place: Place) -> MapKey? {
        guard let record = store[RecordKey(model: place.model, picture: place.picture)], methods.indices.contains(place.method)
        else { return nil }
        let method = methods[place.method]
        var key = MapKey(
            model: place.model, target: nil, method: place.method, start: method.dependsOnStart ? startLayer : 0,
            head: method.axes.contains(.head) ? place.head : nil, query: method.axes.contains(.query) ? place.query : .picture,
            ablations: place.ablations)
        guard method.needsClass else { return key }
        guard models[place.model].hasClasses else { return nil }
        let index = place.classIndex ?? record.selectedClass
        guard record.trace.logits.indices.contains(index) else { return nil }
        switch place.against {
        case .none: key.target = .logit(index)
        case .nearest: key.target = .contrast(index)
        case .all: key.target = .softMax(index, among: [])
        case .other(let other):
            key.target = other == index || !record.trace.logits.indices.contains(other) ? .logit(index) : .difference(index, other)
        }
        return key
    }
}
