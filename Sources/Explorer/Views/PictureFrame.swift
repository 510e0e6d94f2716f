import Images

extension Frame {
    /// A picture as block characters, two pixels a cell; in `mono`, characters of growing density.
    public init(_ picture: RGBImage, mono: Bool) {
        var writer = FrameWriter(columns: picture.width, rows: (picture.height + 1) / 2, theme: Theme(mono ? .mono : .trueColor))
        PixelGrid(width: picture.width, height: picture.height, pixels: picture.packedPixels)
            .draw(into: &writer, column: 0, row: 0, mono: mono)
        self = writer.frame
    }
}
