import Attribution
import Images

extension Frame {
    /// A map or colors as block characters, alone or over the picture; characters alone where there is no color.
    ///
    /// - Parameters:
    ///   - value: no table.
    ///   - scale: of a map.
    ///   - width, height: of the picture, in half blocks: a cell is one wide and two high.
    ///   - blend: how the map lies over the picture; `nil` draws the map alone.
    public init(
        _ value: QuantityValue, scale: MapScale, over picture: RGBImage, width: Int, height: Int, blend: Blend?, colorMap: ColorMap,
        depth: ColorDepth
    ) {
        var painter = PanePainter(depth: depth)
        painter.colorMap = colorMap
        if let blend { painter.blend = blend }
        let area = PixelArea(width: width, height: height, .half)
        var writer = FrameWriter(columns: area.columns, rows: area.rows, theme: Theme(depth))
        let below = blend == nil ? nil : PicturePyramid(picture)
        let image: PaneImage =
            switch value {
            case .map(let map): painter.map(map, scale, over: below, area)
            case .colors(let colors): painter.colors(colors, over: below, area)
            case .classes(let classes): painter.classes(classes, over: below, area)
            case .table: painter.nothing(area)
            }
        image.draw(into: &writer, column: 0, row: 0)
        self = writer.frame
    }
}
