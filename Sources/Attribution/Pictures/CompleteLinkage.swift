/// Agglomerative clustering by complete linkage: two groups are as far apart as their two members that are farthest.
enum CompleteLinkage {
    /// Groups of vectors' places, joined nearest first as long as the cosine distance of their farthest members is less than `limit`;
    /// in the order of their first members.
    static func groups(of vectors: [[Double]], within limit: Double) -> [[Int]] {
        let count = vectors.count
        let lengths = vectors.map { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        var distances = [Double](repeating: .infinity, count: count * count)
        for a in 0..<count {
            for b in 0..<a {
                let product = zip(vectors[a], vectors[b]).reduce(0) { $0 + $1.0 * $1.1 }
                let length = lengths[a] * lengths[b]
                let distance = length > 0 ? 1 - product / length : 1
                distances[a * count + b] = distance
                distances[b * count + a] = distance
            }
        }
        var groups: [[Int]?] = (0..<count).map { [$0] }
        /// Of every group the nearest one.
        var nearest = (0..<count).map { row in closest(row) }
        func closest(_ row: Int) -> Int {
            var best = row
            for other in 0..<count where other != row && groups[other] != nil && distances[row * count + other] < distances[row * count + best] {
                best = other
            }
            return best
        }
        while true {
            var first: Int?
            for row in 0..<count where groups[row] != nil && nearest[row] != row {
                let distance = distances[row * count + nearest[row]]
                if distance < limit, first.map({ distance < distances[$0 * count + nearest[$0]] }) ?? true { first = row }
            }
            guard let row = first else { break }
            let (kept, gone) = (min(row, nearest[row]), max(row, nearest[row]))
            let joined = groups[gone] ?? []
            groups[kept]?.append(contentsOf: joined)
            groups[gone] = nil
            for other in 0..<count where other != kept {
                let distance = max(distances[kept * count + other], distances[gone * count + other])
                distances[kept * count + other] = distance
                distances[other * count + kept] = distance
            }
            for other in 0..<count where groups[other] != nil && (other == kept || nearest[other] == kept || nearest[other] == gone) {
                nearest[other] = closest(other)
            }
        }
        return groups.compactMap { $0?.sorted() }
    }
}
