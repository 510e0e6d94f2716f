/// Byte-pair encoding: of a word's neighbors, the pair that was learned first becomes one, again and again.
struct BytePairModel: Sendable {
    /// What is done with a character that is no token.
    struct Unknown: Sendable {
        /// Its token; nil drops it.
        var token: Int?
        /// Whether neighbors share one.
        var isFused = false
        /// Tokens of the 256 bytes, taken instead; nil without.
        var bytes: [Int]?
    }

    /// Longer words are encoded piece by piece, so that no text takes memory without bounds.
    static let longestWord = 1 << 16

    let vocabulary: [Piece: Int]
    private let merges: [UInt64: Merge]
    /// What is written after a word's last character.
    private let wordEnd: String
    private let unknown: Unknown

    private struct Merge {
        let rank: Int32
        let token: Int32
    }

    /// - Parameters:
    ///   - vocabulary: tokens of pieces, each from 0 to 2³¹ − 1.
    ///   - merges: pairs in the order in which they were learned.
    /// - Returns: nil, and which merge it was, where one is not of the vocabulary.
    static func make(
        vocabulary: [Piece: Int], merges: [(Piece, Piece)], wordEnd: String = "", unknown: Unknown = .init()
    ) -> (model: BytePairModel?, failed: Int) {
        var pairs: [UInt64: Merge] = [:]
        pairs.reserveCapacity(merges.count)
        for (rank, pair) in merges.enumerated() {
            guard let a = vocabulary[pair.0], let b = vocabulary[pair.1], let both = vocabulary[Piece(pair.0.text + pair.1.text)]
            else { return (nil, rank) }
            // A pair listed twice counts as it stands last, as in the libraries' tables.
            pairs[key(a, b)] = Merge(rank: Int32(truncatingIfNeeded: rank), token: Int32(truncatingIfNeeded: both))
        }
        return (BytePairModel(vocabulary: vocabulary, merges: pairs, wordEnd: wordEnd, unknown: unknown), merges.count)
    }

    private static func key(_ a: Int, _ b: Int) -> UInt64 {
        UInt64(UInt32(truncatingIfNeeded: a)) << 32 | UInt64(UInt32(truncatingIfNeeded: b))
    }

    /// The tokens of a word.
    func tokens(of word: String) -> [Int] {
        let scalars = Array(word.unicodeScalars)
        return stride(from: 0, to: scalars.count, by: Self.longestWord).flatMap { start in
            merged(symbols(scalars[start..<min(start + Self.longestWord, scalars.count)]))
        }
    }

    private func symbols(_ word: ArraySlice<Unicode.Scalar>) -> [Int] {
        var symbols: [Int] = []
        var isAfterUnknown = false
        for (index, scalar) in zip(word.indices, word) {
            let text = String(Character(scalar)) + (index == word.endIndex - 1 ? wordEnd : "")
            if let token = vocabulary[Piece(text)] {
                symbols.append(token)
                isAfterUnknown = false
            } else if let bytes = unknown.bytes {
                symbols += text.utf8.map { bytes[Int($0)] }
                isAfterUnknown = false
            } else if let token = unknown.token {
                if !(isAfterUnknown && unknown.isFused) { symbols.append(token) }
                isAfterUnknown = true
            }
        }
        return symbols
    }

    /// Merges with a heap of pairs over a linked list, so that a long word does not take its length squared.
    private func merged(_ symbols: [Int]) -> [Int] {
        guard symbols.count > 1 else { return symbols }
        var tokens = symbols, next = Array(1...symbols.count), previous = Array(-1..<symbols.count - 1)
        let (end, gone) = (symbols.count, -1)
        var heap = PairHeap()
        func push(_ left: Int) {
            guard left >= 0, next[left] < end, let merge = merges[Self.key(tokens[left], tokens[next[left]])] else { return }
            heap.push(.init(rank: merge.rank, place: left, left: tokens[left], right: tokens[next[left]], token: Int(merge.token)))
        }
        for index in 0..<end - 1 { push(index) }
        while let pair = heap.pop() {
            let left = pair.place, right = next[left]
            guard tokens[left] == pair.left, right < end, tokens[right] == pair.right else { continue }
            tokens[left] = pair.token
            tokens[right] = gone
            next[left] = next[right]
            if next[right] < end { previous[next[right]] = left }
            push(previous[left])
            push(left)
        }
        return tokens.filter { $0 != gone }
    }
}

/// Pairs of neighbors, the one learned first, then the leftmost, on top.
private struct PairHeap {
    struct Pair {
        let rank: Int32
        let place: Int
        let left, right, token: Int

        static func < (a: Pair, b: Pair) -> Bool { (a.rank, a.place) < (b.rank, b.place) }
    }

    private var pairs: [Pair] = []

    mutating func push(_ pair: Pair) {
        pairs.append(pair)
        var child = pairs.count - 1
        while child > 0, case let parent = (child - 1) / 2, pairs[child] < pairs[parent] {
            pairs.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() -> Pair? {
        guard let top = pairs.first else { return nil }
        let last = pairs.removeLast()
        guard !pairs.isEmpty else { return top }
        pairs[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < pairs.count && pairs[child] < pairs[least] { least = child }
            guard least != parent else { return top }
            pairs.swapAt(parent, least)
            parent = least
        }
    }
}
