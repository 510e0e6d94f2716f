/// How well scores put the pictures that show a class before those that do not.
public enum AveragePrecision {
    /// The mean, over the pictures that show the class, of the precision down to that picture: the share of pictures that show
    /// it among those with its score or a higher one. Pictures of equal score come together, so that their order cannot matter.
    ///
    /// It is the area under the steps of precision over recall, scikit-learn's `average_precision_score`.
    ///
    /// - Parameters:
    ///   - scores: one a picture; higher for more probable.
    ///   - isThere: whether the picture shows the class.
    /// - Returns: from 0 to 1; nil where no picture shows it.
    public static func of(_ scores: [Float], isThere: [Bool]) -> Double? {
        precondition(scores.count == isThere.count)
        let positives = isThere.count { $0 }
        guard positives > 0 else { return nil }
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        var area = 0.0
        var (seen, found, place) = (0, 0, 0)
        while place < order.count {
            let score = scores[order[place]]
            var gained = 0
            repeat {
                if isThere[order[place]] { gained += 1 }
                seen += 1
                place += 1
            } while place < order.count && scores[order[place]] == score
            found += gained
            area += Double(gained) / Double(positives) * Double(found) / Double(seen)
        }
        return area
    }
}
