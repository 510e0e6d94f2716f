import Attribution

/// The map over the picture.
enum OverlayView {
    static func pixels(_ state: ExplorerState, _ record: PictureRecord, _ placement: PicturePlacement) -> [UInt32] {
        let picture = PictureView.pixels(record, placement)
        guard state.adjustments.overlayShown, let levels = MapView.levels(state, placement) else { return picture }
        return MapColors(state.adjustments.colorMap, mono: state.colorDepth == .mono)
            .blend(levels, over: picture, opacity: state.adjustments.opacity)
    }
}
