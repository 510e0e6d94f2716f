import Attribution

/// The map that is shown with the scale of its colors.
struct ShownMap: Sendable, Equatable {
    let map: RangedMap
    /// Layers summed so far, of how many.
    let layersThere: Int
    let layersWanted: Int
    var scale: MapScale
    /// The kind of the scale and what it is of.
    var scaleName: String
    /// Of the picture, 0 to 1, where the map reaches the display threshold; `nil` where it is off.
    let area: Float?

    /// The raw values of the first and the last color.
    var low: Float { scale.low }
    var high: Float { scale.high }

    /// 0 to 1 along the colors; 0 for NaN and for a flat map.
    func level(_ value: Float) -> Float {
        let t = (value - low) / (high - low)
        return t > 0 ? (t < 1 ? t : 1) : 0
    }
}

extension ExplorerState {
    /// The patches of the map shown that are far beyond the rest, where it is of tokens' lengths; none elsewhere.
    var shownOutliers: [Int] {
        guard method?.identifier == TokenNorm().identifier, let map = shown?.map.map, shown?.scale.isDiverging == false else { return [] }
        return TokenNorm.outliers(map)
    }
}

extension ShownMap {
    /// A map less another, zero in the middle of the colors.
    ///
    /// - Parameter isLike: whether the raw values are of one kind and so compare; else each map is divided by its largest
    ///   absolute value first.
    init(_ own: ShownMap, less other: ShownMap, isLike: Bool) {
        let map = own.map.map
        let there = other.map.map.resampled(rows: map.rows, columns: map.columns)
        func reach(_ map: RangedMap) -> Float { max(abs(map.low), abs(map.high), .leastNormalMagnitude) }
        let (a, b) = isLike ? (1, 1) : (1 / reach(own.map), 1 / reach(other.map))
        let values = zip(map.values, there.values).map { $0 * a - $1 * b }
        let difference = RangedMap(PatchMap(rows: map.rows, columns: map.columns, values: values))
        let largest = max(abs(difference.low), abs(difference.high))
        self.init(
            map: difference, layersThere: min(own.layersThere, other.layersThere), layersWanted: max(own.layersWanted, other.layersWanted),
            scale: MapScale(symmetric: largest),
            scaleName: "symmetric ±\(Numbers.scientific(largest)), " + (isLike ? "raw difference" : "each by its largest"), area: nil)
    }
}

extension PatchMap {
    /// The map on a grid of another size, bilinear between the middles of patches.
    func resampled(rows: Int, columns: Int) -> PatchMap {
        guard rows != self.rows || columns != self.columns, self.rows > 0, self.columns > 0 else { return self }
        func taps(_ count: Int, _ size: Int) -> [(first: Int, second: Int, share: Float)] {
            (0..<count).map { index in
                let place = min(max((Float(index) + 0.5) / Float(count) * Float(size) - 0.5, 0), Float(size - 1))
                let first = min(Int(place), size - 1)
                return (first, min(first + 1, size - 1), place - Float(first))
            }
        }
        let down = taps(rows, self.rows), across = taps(columns, self.columns)
        var result: [Float] = []
        result.reserveCapacity(rows * columns)
        for y in down {
            for x in across {
                func at(_ row: Int, _ column: Int) -> Float { values[row * self.columns + column] }
                let top = at(y.first, x.first) * (1 - x.share) + at(y.first, x.second) * x.share
                let bottom = at(y.second, x.first) * (1 - x.share) + at(y.second, x.second) * x.share
                result.append(top * (1 - y.share) + bottom * y.share)
            }
        }
        return PatchMap(rows: rows, columns: columns, values: result)
    }
}
