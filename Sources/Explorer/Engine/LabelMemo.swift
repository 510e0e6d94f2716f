import Attribution
import Labels
import VisionTransformer

/// Traces and layer maps of the picture whose labels were last prepared, so that another start layer or refiner need not
/// begin anew.
struct LabelMemo {
    /// One way of showing the picture to the model.
    struct Entry {
        let view: LabelPipeline.View
        let trace: Trace
        /// By method, class and layer.
        fileprivate(set) var maps: [String: [Int: [Int: PatchMap]]] = [:]

        func has(_ classIndex: Int, method: String, from lowest: Int, depth: Int) -> Bool {
            guard let known = maps[method]?[classIndex] else { return false }
            return (lowest..<depth).allSatisfy { known[$0] != nil }
        }

        /// For each class of a request the maps of the layers, lowest first; `nil` where one is missing.
        func lists(_ request: LabelRequest, _ layers: ClosedRange<Int>) -> [[PatchMap]]? {
            let lists = request.classes.map { index in layers.compactMap { maps[request.preset.method]?[index]?[$0] } }
            return lists.allSatisfy { $0.count == layers.count } ? lists : nil
        }
    }

    private var path = ""
    private var entries: [Entry] = []

    subscript(view: LabelPipeline.View) -> Entry? { entries.first { $0.view == view } }

    /// Forgets another picture.
    mutating func begin(_ path: String) {
        guard path != self.path else { return }
        self.path = path
        entries = []
    }

    mutating func keep(_ trace: Trace, _ view: LabelPipeline.View) { entries.append(Entry(view: view, trace: trace)) }

    mutating func add(_ map: PatchMap, classIndex: Int, layer: Int, method: String, _ view: LabelPipeline.View) {
        guard let index = entries.firstIndex(where: { $0.view == view }) else { return }
        entries[index].maps[method, default: [:]][classIndex, default: [:]][layer] = map
    }

    /// Takes every layer's maps of classes.
    mutating func add(_ known: [Int: [PatchMap]], method: String, _ view: LabelPipeline.View) {
        for (classIndex, maps) in known {
            for (layer, map) in maps.enumerated() {
                add(map, classIndex: classIndex, layer: layer, method: method, view)
            }
        }
    }

    /// Forgets the last views until the rest fits in so many bytes.
    mutating func trim(to limit: Int) {
        var total = entries.reduce(0) { $0 + $1.trace.byteCount }
        while total > limit, let last = entries.popLast() { total -= last.trace.byteCount }
    }
}
