import Attribution
import Images

extension Frame {
    /// A map as block characters, alone or over its picture; characters alone where there is no color.
    ///
    /// - Parameters:
    ///   - width, height: of the picture, in half blocks: a cell is one wide and two high.
    ///   - blend: how the map lies over the picture; `nil` draws the map alone.
    public init(
        _ map: PatchMap, scale: MapScale, over picture: RGBImage, width: Int, height: Int, blend: Blend?, colorMap: ColorMap,
        depth: ColorDepth
    ) {
        var painter = PanePainter(depth: depth)
        painter.colorMap = colorMap
        if let blend { painter.blend = blend }
        let area = PixelArea(width: width, height: height, .half)
        var writer = FrameWriter(columns: area.columns, rows: area.rows, theme: Theme(depth))
        painter.map(map, scale, over: blend == nil ? nil : PicturePyramid(picture), area).draw(into: &writer, column: 0, row: 0)
        self = writer.frame
    }
}
