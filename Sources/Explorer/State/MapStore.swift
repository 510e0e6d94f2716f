import Attribution
import VisionTransformer

/// A layer's value and its range, found once when it arrives.
struct RangedMap: Sendable, Equatable {
    /// One number a patch: the map, of classes the value of the greatest, of colors their brightness.
    let map: PatchMap
    let low: Float
    let high: Float
    /// Where the value is more than a map.
    let colors: PatchColors?
    let classes: PatchClasses?

    var byteCount: Int {
        map.values.count * 4 + (colors?.samples.count ?? 0) + (classes?.classes.count ?? 0) * MemoryLayout<Int>.stride + 64
    }

    init(_ map: PatchMap) { self.init(map, colors: nil, classes: nil) }

    private init(_ map: PatchMap, colors: PatchColors?, classes: PatchClasses?) {
        self.map = map
        self.colors = colors
        self.classes = classes
        (low, high) = map.range
    }

    /// - Returns: `nil` for a table, which is no layer's.
    init?(_ value: QuantityValue) {
        switch value {
        case .map(let map): self.init(map)
        case .colors(let colors):
            let brightness = (0..<colors.rows * colors.columns).map { patch -> Float in
                let red = Float(colors.samples[3 * patch]), green = Float(colors.samples[3 * patch + 1])
                return (0.299 * red + 0.587 * green + 0.114 * Float(colors.samples[3 * patch + 2])) / 255
            }
            self.init(PatchMap(rows: colors.rows, columns: colors.columns, values: brightness), colors: colors, classes: nil)
        case .classes(let classes):
            self.init(PatchMap(rows: classes.rows, columns: classes.columns, values: classes.values), colors: nil, classes: classes)
        case .table: return nil
        }
    }
}

/// What is known of one picture.
struct PictureRecord: Sendable, Equatable {
    let trace: TraceResult
    /// Class indices, the most probable first.
    let ranking: [Int]
    /// The class that is looked at; means nothing where the model has none.
    var selectedClass: Int
    /// One entry a layer, `nil` until it arrives.
    private(set) var maps: [MapKey: [RangedMap?]] = [:]
    /// Tables, by what they are of.
    private(set) var tables: [MapKey: QuantityTable] = [:]
    /// Answers with heads left out.
    var altered: [HeadAblations: AlteredAnswer] = [:]
    /// Answers without regions and to them alone: the last few.
    private(set) var perturbations: [PerturbationKey: Perturbation] = [:]
    private var perturbed: [PerturbationKey] = []
    /// How good maps are: of the last few asked for.
    private(set) var qualities: [QualityQuestion: QualityAnswer] = [:]
    private var judged: [QualityQuestion] = []
    /// The keys of `maps`, least recently used first.
    private var order: [MapKey] = []

    init(_ trace: TraceResult) {
        self.trace = trace
        let scores = trace.probabilities
        // A NaN ranks last: the order must be strict for the sort.
        ranking = scores.indices.sorted {
            let a = scores[$0].isNaN ? -Float.infinity : scores[$0]
            let b = scores[$1].isNaN ? -Float.infinity : scores[$1]
            return a == b ? $0 < $1 : a > b
        }
        selectedClass = ranking.first ?? 0
    }

    /// Keeps a layer's value; values of another size than the grid are refused.
    mutating func keep(_ value: QuantityValue, layer: Int, depth: Int, key: MapKey) {
        guard layer >= 0, layer < depth, let value = RangedMap(value), value.map.rows == trace.gridRows,
            value.map.columns == trace.gridColumns
        else { return }
        if maps[key] == nil { order.append(key) }
        maps[key, default: Array(repeating: nil, count: depth)][layer] = value
    }

    /// Keeps a table; one of another depth than the model's is refused.
    mutating func keep(_ table: QuantityTable, depth: Int, key: MapKey) {
        guard table.rows.count == depth, table.rows.allSatisfy({ $0.count == table.columns.count }) else { return }
        tables[key] = table
    }

    mutating func keep(_ perturbation: Perturbation, _ key: PerturbationKey) {
        if perturbations[key] == nil { perturbed.append(key) }
        perturbations[key] = perturbation
        if perturbed.count > 64 { perturbations[perturbed.removeFirst()] = nil }
    }

    mutating func keep(_ answer: QualityAnswer, _ question: QualityQuestion) {
        if qualities[question] == nil { judged.append(question) }
        qualities[question] = answer
        if judged.count > 128 { qualities[judged.removeFirst()] = nil }
    }

    /// Whether everything of a key is there.
    func isComplete(_ key: MapKey) -> Bool { tables[key] != nil || maps[key]?.allSatisfy { $0 != nil } ?? false }

    mutating func touch(_ key: MapKey) {
        guard order.last != key, let index = order.firstIndex(of: key) else { return }
        order.append(order.remove(at: index))
    }

    /// Forgets the maps that were looked at longest ago. - Returns: whether there were any to forget.
    mutating func dropOldest(except keys: Set<MapKey>) -> Bool {
        guard let index = order.firstIndex(where: { !keys.contains($0) }) else { return false }
        maps[order.remove(at: index)] = nil
        return true
    }

    var byteCount: Int {
        trace.picture.byteCount + ranking.count * 16
            + maps.values.reduce(0) { $0 + $1.reduce(0) { $0 + ($1?.byteCount ?? 0) } }
            + (altered.count * 2 + perturbations.count * 4) * ranking.count * 4
            + qualities.count * (trace.gridRows * trace.gridColumns * 4 + 1024)
            + tables.values.reduce(0) { $0 + $1.rows.count * ($1.columns.count * 4 + 64) }
    }
}

/// A picture as a model sees it.
struct RecordKey: Sendable, Hashable {
    /// An index into the models.
    let model: Int
    let picture: Int
}

/// The pictures that were looked at lately, within a bound of memory.
struct PictureStore: Sendable, Equatable {
    /// In bytes.
    var limit: Int
    private(set) var records: [RecordKey: PictureRecord] = [:]
    /// The keys of `records`, least recently used first.
    private var order: [RecordKey] = []

    init(limit: Int) { self.limit = limit }

    subscript(key: RecordKey) -> PictureRecord? { records[key] }

    mutating func insert(_ record: PictureRecord, _ key: RecordKey) {
        if records[key] == nil { order.append(key) }
        records[key] = record
    }

    mutating func touch(_ key: RecordKey) {
        guard order.last != key, let index = order.firstIndex(of: key) else { return }
        order.append(order.remove(at: index))
    }

    mutating func change(_ key: RecordKey, _ body: (inout PictureRecord) -> Void) {
        guard let index = records.index(forKey: key) else { return }
        body(&records.values[index])
    }

    /// Forgets what is known of all pictures as a model sees them.
    mutating func forget(model: Int) {
        records = records.filter { $0.key.model != model }
        order.removeAll { $0.model == model }
    }

    var byteCount: Int { records.values.reduce(0) { $0 + $1.byteCount } }

    /// Forgets what was used longest ago until the rest fits, but never what is being shown.
    mutating func trim(keeping shown: [RecordKey: Set<MapKey>]) {
        var total = byteCount
        while total > limit, let index = order.firstIndex(where: { shown[$0] == nil }) {
            total -= records.removeValue(forKey: order.remove(at: index))?.byteCount ?? 0
        }
        for (key, maps) in shown {
            while total > limit, let before = records[key]?.byteCount {
                guard records[key]?.dropOldest(except: maps) == true else { break }
                total -= before - (records[key]?.byteCount ?? 0)
            }
        }
    }
}
