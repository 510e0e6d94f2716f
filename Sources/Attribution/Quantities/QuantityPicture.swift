import Images

extension QuantityValue {
    /// The value as a picture; nil for a table.
    ///
    /// - Parameters:
    ///   - picture: what lies below, and gives the size.
    ///   - blend: how the value lies over it; nil draws the value alone.
    ///   - scale: of a map.
    ///   - cut: of a map; see ``PatchMap/picture(over:blend:scale:cut:sampling:colorMap:)``.
    public func picture(
        over picture: RGBImage, blend: Blend?, scale: MapScale, cut: Float = 0, sampling: Sampling = .smooth, colorMap: ColorMap
    ) -> RGBImage? {
        switch self {
        case .map(let map):
            return map.picture(over: picture, blend: blend, scale: scale, cut: cut, sampling: sampling, colorMap: colorMap)
        case .colors(let colors):
            let patches = RGBImage(width: colors.columns, height: colors.rows, samples: colors.samples)
            let filter: ResampleFilter = sampling == .smooth ? .bilinear : .nearest
            return picture.blended(
                with: patches.resized(width: picture.width, height: picture.height, filter: filter), opacity: blend?.opacity ?? 1)
        case .classes(let classes):
            let colors = classes.classes.map(Self.color(ofClass:))
            let patches = RGBImage(
                width: classes.columns, height: classes.rows, samples: colors.flatMap { [$0.red, $0.green, $0.blue] })
            return picture.blended(
                with: patches.resized(width: picture.width, height: picture.height, filter: .nearest), opacity: blend?.opacity ?? 1)
        case .table: return nil
        }
    }

    /// The value where it is a map.
    public var map: PatchMap? { if case .map(let map) = self { map } else { nil } }

    /// The color of a class: as in label maps, which count from 1.
    public static func color(ofClass index: Int) -> RGBColor { VOCPalette.colors[index % 255 + 1] }
}

extension QuantityTable {
    /// The least and the greatest number; `nil` where there is none.
    public var range: (low: Float, high: Float)? {
        let values = rows.joined().filter { !$0.isNaN }
        guard let low = values.min(), let high = values.max() else { return nil }
        return (low, high)
    }

    /// The scale of its colors: from the least number to the greatest, or zero in the middle.
    public func scale(isDiverging: Bool) -> MapScale {
        let (low, high) = range ?? (0, 0)
        return MapScale(.shared, low: low, high: high, isDiverging: isDiverging)
    }
}

extension Quantity {
    /// A map's own scale: from its least value to its largest, zero in the middle where values have both signs.
    public func ownScale(of map: PatchMap) -> MapScale { scale == .diverging ? MapScale(symmetricFor: [map]) : MapScale(of: map) }

    /// The same of any value; what is no map uses none, and has 0…1.
    public func ownScale(of value: QuantityValue) -> MapScale { value.map.map { ownScale(of: $0) } ?? MapScale(low: 0, high: 1) }

    /// One scale for several maps.
    public func sharedScale(of maps: [PatchMap]) -> MapScale { scale == .diverging ? MapScale(symmetricFor: maps) : MapScale(sharedBy: maps) }
}
