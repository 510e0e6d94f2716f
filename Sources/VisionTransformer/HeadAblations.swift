/// Heads whose output is replaced in a pass.
///
/// A head's output is o = A·V·W_O of its part of the projection W_O, a row a token; the projection's bias is no head's. Where a norm
/// stands before the projection, A·V is replaced before it.
public struct HeadAblations: Sendable, Hashable {
    /// What takes the place of a head's output.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Zeros.
        case zero
        /// Its mean over all tokens, in every row.
        case mean
    }

    /// A head of a layer, both from 0.
    public struct Head: Sendable, Hashable, Comparable {
        public var layer: Int
        public var head: Int
        public init(layer: Int, head: Int) {
            self.layer = layer
            self.head = head
        }

        public static func < (a: Head, b: Head) -> Bool { (a.layer, a.head) < (b.layer, b.head) }
    }

    private var kinds: [Head: Kind]

    public init(_ kinds: [Head: Kind] = [:]) { self.kinds = kinds }

    public static let none = HeadAblations()
    public var isEmpty: Bool { kinds.isEmpty }
    /// The heads in order.
    public var heads: [Head] { kinds.keys.sorted() }

    /// What takes the place of a head's output; nil where it stays.
    public subscript(layer: Int, head: Int) -> Kind? {
        get { kinds[Head(layer: layer, head: head)] }
        set { kinds[Head(layer: layer, head: head)] = newValue }
    }

    /// The heads of a layer whose output is replaced, and what by.
    func heads(of layer: Int) -> [(head: Int, kind: Kind)] {
        kinds.isEmpty ? [] : kinds.lazy.filter { $0.key.layer == layer }.map { ($0.key.head, $0.value) }.sorted { $0.0 < $1.0 }
    }

    /// Whether a head's mean takes its place, in a layer or, where none is given, in any: what a token gets hangs on all then.
    func hasMean(in layer: Int? = nil) -> Bool {
        !kinds.isEmpty && kinds.contains { $0.value == .mean && (layer ?? $0.key.layer) == $0.key.layer }
    }

    /// The first layer where the two differ.
    func firstDifference(from other: HeadAblations) -> Int? {
        Set(kinds.keys).union(other.kinds.keys).lazy.filter { kinds[$0] != other.kinds[$0] }.map(\.layer).min()
    }

    /// - Throws: `ModelError.layerOutOfRange`, `headOutOfRange`.
    public func check(depth: Int, heads: Int) throws(ModelError) {
        for place in self.heads {
            guard (0..<depth).contains(place.layer) else { throw .layerOutOfRange(place.layer, depth: depth) }
            guard (0..<heads).contains(place.head) else { throw .headOutOfRange(place.head, count: heads) }
        }
    }
}

/// An ablated head as it is written: `LAYER.HEAD`, by zeros, or `LAYER.HEAD:mean`; both from 0.
public struct HeadAblation: Sendable, Hashable, CustomStringConvertible {
    public let head: HeadAblations.Head
    public let kind: HeadAblations.Kind

    public init(_ head: HeadAblations.Head, by kind: HeadAblations.Kind = .zero) {
        (self.head, self.kind) = (head, kind)
    }

    /// nil where the text is no such head.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false).map { part in
            part.utf8.allSatisfy { (48...57).contains($0) } ? Int(part) : nil
        }
        guard parts.count <= 2, numbers.count == 2, let layer = numbers[0], let head = numbers[1],
            let kind = parts.count == 2 ? HeadAblations.Kind(rawValue: String(parts[1])) : .zero
        else { return nil }
        self.init(.init(layer: layer, head: head), by: kind)
    }

    public var description: String { "\(head.layer).\(head.head)" + (kind == .zero ? "" : ":\(kind.rawValue)") }
}

extension HeadAblations {
    /// Of several, the last counts for a head.
    public init(_ ablations: some Sequence<HeadAblation>) {
        self.init(Dictionary(ablations.map { ($0.head, $0.kind) }, uniquingKeysWith: { $1 }))
    }

    /// Each head as it is written, in order.
    public var words: [String] { heads.map { HeadAblation($0, by: self[$0.layer, $0.head] ?? .zero).description } }
}
