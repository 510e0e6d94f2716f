/// What a model answers as more and more of a picture is changed.
public struct ScoreCurve: Sendable, Equatable {
    /// The share of the picture that was put in, or taken out; ascending, 0 to 1.
    public let shares: [Double]
    /// The answer at each share.
    public let scores: [Double]

    /// As many scores as shares; two at least.
    public init(shares: [Double], scores: [Double]) {
        precondition(shares.count == scores.count && shares.count > 1)
        self.shares = shares
        self.scores = scores
    }

    /// The area under the curve by the trapezoid rule, over the shares' span: between the least score and the greatest.
    public var area: Double {
        var sum = 0.0
        for index in 1..<shares.count { sum += (shares[index] - shares[index - 1]) * (scores[index] + scores[index - 1]) / 2 }
        return sum / (shares[shares.count - 1] - shares[0])
    }
}
