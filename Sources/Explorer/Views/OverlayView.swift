/// The map over the picture.
enum OverlayView {
    static func image(_ state: ExplorerState, _ record: PictureRecord, _ area: PixelArea) -> PaneImage {
        let painter = PanePainter(state)
        guard state.adjustments.overlayShown, let shown = state.shown else { return painter.picture(record.trace.picture, area) }
        return painter.map(shown.map.map, shown.scale, over: record.trace.picture, area)
    }
}
