/// How well a classifier finds the classes of a set of pictures: average precision of each class (``AveragePrecision``), and the
/// mean over the classes that occur.
public struct PrecisionReport: Sendable {
    /// One class's figures.
    public struct Figures: Sendable, Equatable {
        /// From 0 to 1; nil for a class that no picture shows.
        public let averagePrecision: Double?
        /// Pictures that show the class.
        public let pictures: Int
    }

    /// In the order of the scores.
    public let classes: [Figures]
    /// Pictures compared.
    public let images: Int

    /// - Parameters:
    ///   - scores: of each picture, one a class; higher for more probable.
    ///   - shown: of each picture, the places of the classes that it shows.
    ///   - count: of classes.
    public init(scores: [[Float]], shown: [Set<Int>], count: Int) {
        precondition(scores.count == shown.count && scores.allSatisfy { $0.count == count })
        images = scores.count
        classes = (0..<count).map { place in
            let isThere = shown.map { $0.contains(place) }
            return Figures(
                averagePrecision: AveragePrecision.of(scores.map { $0[place] }, isThere: isThere), pictures: isThere.count { $0 })
        }
    }

    /// The mean average precision (mAP) over the classes that occur; nil where none does.
    public var mean: Double? {
        let known = classes.compactMap(\.averagePrecision)
        return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }
}
