/// The figures of single pictures, averaged: every picture weighs as much as any other, however many pixels it has. The mean of one
/// matrix over a whole data set (``EvaluationReport``) is mmseg's `IoUMetric`, torchmetrics' `JaccardIndex` and the literature's.
public struct PictureAverage: Sendable, Equatable {
    /// Of each class evaluated the mean IoU over the pictures where it is in the truth or predicted; nil where it is in none.
    public let iou: [(index: Int, value: Double?)]
    /// The mean over the pictures of the mean of their own classes' IoUs; nil where none has a class. The average of torchmetrics'
    /// functional `mean_iou`.
    public let meanIoU: Double?
    /// The mean over all classes of all pictures, in which a picture of many classes weighs more; nil where none has a class.
    /// `torchmetrics.segmentation.MeanIoU` since 1.9.
    public let pairIoU: Double?
    /// Pictures that have a class.
    public let images: Int

    /// The averages of some pictures, added up in their order.
    ///
    /// - Parameters:
    ///   - pictures: of each picture the IoU, 0 to 1, of the classes that are in its truth or predicted there.
    ///   - classes: the classes evaluated.
    public init(_ pictures: [[Int: Double]], classes: [Int]) {
        var sums = [Int: (value: Double, count: Int)]()
        var (sum, images) = (0.0, 0)
        for picture in pictures {
            guard let mean = Self.mean(picture, classes: classes) else { continue }
            sum += mean
            images += 1
            for index in classes {
                guard let value = picture[index] else { continue }
                let known = sums[index] ?? (0, 0)
                sums[index] = (known.value + value, known.count + 1)
            }
        }
        let pairs = classes.compactMap { sums[$0] }
        pairIoU = images > 0 ? pairs.reduce(0) { $0 + $1.value } / Double(pairs.reduce(0) { $0 + $1.count }) : nil
        iou = classes.map { index in (index, sums[index].map { $0.value / Double($0.count) }) }
        meanIoU = images > 0 ? sum / Double(images) : nil
        self.images = images
    }

    /// The mean of a picture's IoUs over the classes evaluated; nil where it has none of them.
    public static func mean(_ picture: [Int: Double], classes: [Int]) -> Double? {
        let known = classes.compactMap { picture[$0] }
        return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }

    public static func == (a: PictureAverage, b: PictureAverage) -> Bool {
        a.iou.elementsEqual(b.iou) { $0 == $1 } && a.meanIoU == b.meanIoU && a.pairIoU == b.pairIoU
            && a.images == b.images
    }
}
