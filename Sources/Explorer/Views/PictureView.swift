/// The picture alone.
enum PictureView {
    static func image(_ state: ExplorerState, _ record: PictureRecord, _ area: PixelArea) -> PaneImage {
        PanePainter(state).picture(record.trace.picture, area)
    }
}
