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

    /// The color of a class: as in label maps, which count from 1.
    public static func color(ofClass index: Int) -> RGBColor { VOCPalette.colors[index % 255 + 1] }
}

extension Quantity {
    /// A map's own scale: from its least value to its largest, zero in the middle where values have both signs.
    public func ownScale(of map: PatchMap) -> MapScale { scale == .diverging ? MapScale(symmetricFor: [map]) : MapScale(of: map) }

    /// One scale for several maps.
    public func sharedScale(of maps: [PatchMap]) -> MapScale { scale == .diverging ? MapScale(symmetricFor: maps) : MapScale(sharedBy: maps) }
}
