import VisionTransformer

/// Which pass over which picture.
struct TraceKey: Sendable, Hashable {
    let model: Int
    let path: String
    let ablations: HeadAblations
}

/// Traces of the pictures looked at lately, within a bound of memory. The newest is kept however large it is.
struct TraceCache {
    /// In bytes.
    let limit: Int
    /// Least recently used first.
    private var entries: [(key: TraceKey, trace: Trace)] = []

    init(limit: Int) { self.limit = limit }

    /// A kept trace; looking makes it the newest.
    subscript(key: TraceKey) -> Trace? {
        mutating get {
            guard let index = entries.firstIndex(where: { $0.key == key }) else { return nil }
            entries.append(entries.remove(at: index))
            return entries.last?.trace
        }
    }

    mutating func keep(_ trace: Trace, for key: TraceKey) {
        entries.removeAll { $0.key == key }
        entries.append((key, trace))
        trim(to: limit)
    }

    /// Has others take the place of a model's traces; forgets those for which there is none.
    mutating func replace(model: Int, by other: (Trace) -> Trace?) {
        entries = entries.compactMap { entry in
            entry.key.model == model ? other(entry.trace).map { (entry.key, $0) } : entry
        }
    }

    var byteCount: Int { entries.reduce(0) { $0 + $1.trace.byteCount } }

    /// Forgets what was used longest ago until the rest fits in so many bytes; the newest stays.
    mutating func trim(to limit: Int) {
        var total = byteCount
        while total > limit, entries.count > 1 { total -= entries.removeFirst().trace.byteCount }
    }
}
