import Attribution

/// A map and its range, found once when it arrives.
struct RangedMap: Sendable, Equatable {
    let map: PatchMap
    let low: Float
    let high: Float

    init(_ map: PatchMap) {
        self.map = map
        (low, high) = map.range
    }
}

/// What a picture's maps are of.
public struct MapKey: Sendable, Hashable {
    /// `nil` for a method that needs no class.
    public let classIndex: Int?
    /// An index into the methods.
    public let method: Int
    /// Where the method starts; 0 where its layers' maps do not depend on it.
    public let start: Int

    public init(classIndex: Int?, method: Int, start: Int = 0) {
        self.classIndex = classIndex
        self.method = method
        self.start = start
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

    /// Keeps a layer's map; maps of another size than the grid are refused.
    mutating func keep(_ map: PatchMap, layer: Int, depth: Int, key: MapKey) {
        guard layer >= 0, layer < depth, map.rows == trace.gridRows, map.columns == trace.gridColumns else { return }
        if maps[key] == nil { order.append(key) }
        maps[key, default: Array(repeating: nil, count: depth)][layer] = RangedMap(map)
    }

    mutating func touch(_ key: MapKey) {
        guard order.last != key, let index = order.firstIndex(of: key) else { return }
        order.append(order.remove(at: index))
    }

    /// Forgets the class that was looked at longest ago. - Returns: whether there was one to forget.
    mutating func dropOldest(except key: MapKey?) -> Bool {
        guard let index = order.firstIndex(where: { $0 != key }) else { return false }
        maps[order.remove(at: index)] = nil
        return true
    }

    var byteCount: Int {
        let patches = trace.gridRows * trace.gridColumns
        return trace.picture.byteCount + ranking.count * 16
            + maps.values.reduce(0) { $0 + $1.count * (patches * 4 + 64) }
    }
}

/// The pictures that were looked at lately, within a bound of memory.
struct PictureStore: Sendable, Equatable {
    /// In bytes.
    var limit: Int
    private(set) var records: [Int: PictureRecord] = [:]
    /// The keys of `records`, least recently used first.
    private var order: [Int] = []

    init(limit: Int) { self.limit = limit }

    subscript(picture: Int) -> PictureRecord? { records[picture] }

    mutating func insert(_ record: PictureRecord, picture: Int) {
        if records[picture] == nil { order.append(picture) }
        records[picture] = record
    }

    mutating func touch(_ picture: Int) {
        guard order.last != picture, let index = order.firstIndex(of: picture) else { return }
        order.append(order.remove(at: index))
    }

    mutating func change(_ picture: Int, _ body: (inout PictureRecord) -> Void) {
        guard let index = records.index(forKey: picture) else { return }
        body(&records.values[index])
    }

    var byteCount: Int { records.values.reduce(0) { $0 + $1.byteCount } }

    /// Forgets what was used longest ago until the rest fits, but never what is being shown.
    mutating func trim(keeping picture: Int, key: MapKey?) {
        var total = byteCount
        while total > limit, let index = order.firstIndex(where: { $0 != picture }) {
            total -= records.removeValue(forKey: order.remove(at: index))?.byteCount ?? 0
        }
        while total > limit, let before = records[picture]?.byteCount {
            guard records[picture]?.dropOldest(except: key) == true else { return }
            total -= before - (records[picture]?.byteCount ?? 0)
        }
    }
}
