/// The picture alone.
enum PictureView {
    static func pixels(_ record: PictureRecord, _ placement: PicturePlacement, _ depth: ColorDepth) -> [UInt32] {
        let pixels = PictureRaster.pixels(
            record.trace.picture, width: placement.width, height: placement.height, u0: placement.u0, u1: placement.u1,
            v0: placement.v0, v1: placement.v1)
        return depth == .ansi16 ? FewColors.gray(pixels) : pixels
    }
}
