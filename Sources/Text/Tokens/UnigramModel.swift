/// The most probable way to cut a text into pieces that each have a logarithmic probability.
///
/// Source: T. Kudo, *Subword Regularization*, 2018; the search is Viterbi's, from left to right.
struct UnigramModel: Sendable {
    struct Entry: Sendable {
        let piece: String
        let score: Double
        let token: Int
        /// A piece that is taken wherever it stands, by SentencePiece's rule: the longer the better.
        var isUserDefined = false
    }

    /// How sums of scores are rounded: SentencePiece adds in single precision, the tokenizers library in double.
    enum Precision: Sendable { case single, double }

    /// What an unknown character costs beyond the least probable piece.
    private static let unknownPenalty = 10.0

    private let entries: [Entry]
    private let tree: PieceTree
    private let unknown: Int
    private let unknownScore: Double
    private let largestScore: Double
    private let precision: Precision
    /// Tokens of the 256 bytes, taken for unknown characters; nil without.
    private let bytes: [Int]?

    /// - Parameters:
    ///   - entries: the pieces that may be found.
    ///   - scored: the scores of the pieces by whose smallest an unknown character is judged.
    ///   - unknown: the token of what no piece covers.
    init(_ entries: [Entry], scored: [Double], unknown: Int, bytes: [Int]?, precision: Precision) {
        self.entries = entries
        self.unknown = unknown
        self.bytes = bytes
        self.precision = precision
        unknownScore = (scored.min() ?? 0) - Self.unknownPenalty
        largestScore = scored.max() ?? 0
        var tree = PieceTree()
        for (index, entry) in entries.enumerated() { tree.insert(entry.piece.utf8, index) }
        self.tree = tree
    }

    /// The tokens of `text`; neighbors that are unknown share one.
    func tokens(of text: String) -> [Int] {
        let bytes = Array(text.utf8), end = bytes.count
        guard end > 0 else { return [] }
        /// The best way to each end of a character: its score, where its last piece begins, and which it is; −1 for unknown.
        var best = [(score: Double, start: Int, entry: Int)?](repeating: nil, count: end + 1)
        best[0] = (0, 0, -1)
        func offer(_ score: Double, from start: Int, to end: Int, _ entry: Int) {
            if let known = best[end], known.score >= score { return }
            best[end] = (score, start, entry)
        }
        var start = 0
        while start < end {
            let length = Self.characterLength(bytes[start])
            let next = min(start + length, end)
            guard let here = best[start]?.score else {
                start = next
                continue
            }
            var hasSingle = false
            tree.forEachPrefix(of: bytes[start...]) { index, length in
                let entry = entries[index]
                let score = entry.isUserDefined ? Double(length) * largestScore - 0.1 : entry.score
                offer(rounded(here + rounded(score)), from: start, to: start + length, index)
                if start + length == next { hasSingle = true }
            }
            if !hasSingle { offer(rounded(here + rounded(unknownScore)), from: start, to: next, -1) }
            start = next
        }
        var tokens: [Int] = [], place = end
        var isUnknown = false
        while place > 0, let step = best[place] {
            if step.entry >= 0 {
                tokens.append(entries[step.entry].token)
            } else if let ofBytes = self.bytes {
                tokens += bytes[step.start..<place].reversed().map { ofBytes[Int($0)] }
            } else if !isUnknown {
                tokens.append(unknown)
            }
            isUnknown = step.entry < 0
            place = step.start
        }
        return tokens.reversed()
    }

    private func rounded(_ value: Double) -> Double { precision == .single ? Double(Float(value)) : value }

    /// Of the character in UTF-8 that begins with `byte`.
    private static func characterLength(_ byte: UInt8) -> Int {
        switch byte {
        case 0xF0...: 4
        case 0xE0...: 3
        case 0xC0...: 2
        default: 1
        }
    }
}

/// Texts by their bytes, for all that begin at one place.
struct PieceTree: Sendable {
    /// Node and byte → the next node.
    private var edges: [UInt64: Int32] = [:]
    /// The number inserted at each node; −1 for none.
    private var numbers: [Int32] = [-1]

    mutating func insert(_ bytes: some Collection<UInt8>, _ number: Int) {
        guard !bytes.isEmpty else { return }
        var node: Int32 = 0
        for byte in bytes {
            let edge = UInt64(node) << 8 | UInt64(byte)
            if let next = edges[edge] {
                node = next
            } else {
                let next = Int32(numbers.count)
                numbers.append(-1)
                edges[edge] = next
                node = next
            }
        }
        numbers[Int(node)] = Int32(truncatingIfNeeded: number)
    }

    /// Visits what was inserted and `bytes` begins with, the shortest first, with its length.
    func forEachPrefix(of bytes: ArraySlice<UInt8>, _ visit: (_ number: Int, _ length: Int) -> Void) {
        var node: Int32 = 0, length = 0
        for byte in bytes {
            guard let next = edges[UInt64(node) << 8 | UInt64(byte)] else { return }
            (node, length) = (next, length + 1)
            if numbers[Int(node)] >= 0 { visit(Int(numbers[Int(node)]), length) }
        }
    }
}
