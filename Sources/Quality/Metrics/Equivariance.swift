import Attribution
import Tensors

/// How little a map changes where the picture is mirrored: the mean distance of the map and its mirror image's, mirrored back, both at 0 to 1.
public struct Equivariance: QualityMetric {
    public init() {}
    public let identifier = "equivariance"
    public let title = "Mirror distance"
    public let definition =
        "Mean over the patches of |m − m'|, m the map at 0 to 1 and m' that of the mirrored picture, mirrored back, likewise. 0 to 1 (the consistency "
        + "that ACR trains for, NeurIPS 2023)."
    public let unit = "map value"
    public let preference = MetricPreference.lower

    public func value(of subject: QualitySubject) throws -> Double {
        try subject.map.checkValues()
        guard let remake = subject.remake else { throw QualityError.setting("\(identifier) needs the map of the mirrored picture") }
        let other = try remake(Self.mirrored(subject.picture.pixels)), (rows, columns) = (subject.map.rows, subject.map.columns)
        guard other.rows == rows, other.columns == columns else { throw QualityError.map("the mirrored picture's map has another size") }
        let (a, b) = (try scaled(subject.map), try scaled(other))
        var sum = 0.0
        for row in 0..<rows {
            for column in 0..<columns { sum += Double(abs(a[row * columns + column] - b[row * columns + columns - 1 - column])) }
        }
        return sum / Double(rows * columns)
    }

    private static func mirrored(_ pixels: Tensor) -> Tensor {
        let width = pixels.shape[2], values = pixels.values
        return Tensor(shape: pixels.shape, values.indices.map { values[$0 - $0 % width + width - 1 - $0 % width] })
    }

    private func scaled(_ map: PatchMap) throws(QualityError) -> [Float] {
        try map.checkValues()
        let (low, high) = map.range
        guard high > low else { throw .noFigure("a map is the same everywhere, so it has no scale") }
        return map.values.map { ($0 - low) / (high - low) }
    }
}
