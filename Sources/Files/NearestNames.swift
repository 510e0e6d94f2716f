/// Names that a mistyped one may have been meant for.
package enum NearestNames {
    /// The one name that was probably meant: it differs in few letters, or begins with the text; nil where none is near.
    package static func meant(by text: String, among names: [String]) -> String? {
        let wanted = text.lowercased()
        guard !wanted.isEmpty, wanted.utf8.count <= 100 else { return nil }
        let begun = wanted.count > 2 ? names.filter { $0.lowercased().hasPrefix(wanted) } : []
        if begun.count == 1 { return begun[0] }
        let allowed = max(1, (wanted.count + 1) / 3)
        let scored = names.enumerated().map { (distance: distance($0.element.lowercased(), wanted), place: $0.offset) }
        return scored.min { ($0.distance, $0.place) < ($1.distance, $1.place) }
            .flatMap { $0.distance <= allowed ? names[$0.place] : nil }
    }

    /// What an error says of ``meant(by:among:)``: `; did you mean “x”?`, or nothing.
    package static func question(_ text: String, among names: [String]) -> String {
        meant(by: text, among: names).map { "; did you mean “\($0)”?" } ?? ""
    }

    /// Insertions, deletions, substitutions and swaps of neighbors that make one text of the other (optimal string
    /// alignment); of the second, the first 200 characters.
    package static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a), Array(b.prefix(200)))
        var before: [Int] = [], last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
                row.append(best)
            }
            (before, last) = (last, row)
        }
        return last[b.count]
    }
}
