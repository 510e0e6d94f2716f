/// Spearman's rank correlation.
public enum RankCorrelation {
    /// The correlation of the ranks of two lists of one length, −1 to 1, equal values at the mean of their ranks; 0 where all values of one
    /// of them are equal, which says nothing of the other.
    public static func spearman(_ one: [Float], _ other: [Float]) -> Double {
        precondition(one.count == other.count)
        return pearson(ranks(one), ranks(other))
    }

    /// 1 for the least value.
    static func ranks(_ values: [Float]) -> [Double] {
        let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
        var ranks = [Double](repeating: 0, count: values.count), first = 0
        while first < order.count {
            var last = first
            while last + 1 < order.count, values[order[last + 1]] == values[order[first]] { last += 1 }
            for place in first...last { ranks[order[place]] = Double(first + last) / 2 + 1 }
            first = last + 1
        }
        return ranks
    }

    private static func pearson(_ one: [Double], _ other: [Double]) -> Double {
        let count = Double(max(one.count, 1)), means = (one.reduce(0, +) / count, other.reduce(0, +) / count)
        var (product, squares) = (0.0, (0.0, 0.0))
        for (a, b) in zip(one, other) {
            product += (a - means.0) * (b - means.1)
            squares.0 += (a - means.0) * (a - means.0)
            squares.1 += (b - means.1) * (b - means.1)
        }
        return squares.0 > 0 && squares.1 > 0 ? product / (squares.0 * squares.1).squareRoot() : 0
    }
}
