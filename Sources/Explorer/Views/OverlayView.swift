import Attribution

/// The map over the picture.
enum OverlayView {
    static func pixels(_ state: ExplorerState, _ record: PictureRecord, _ placement: PicturePlacement) -> [UInt32] {
        let picture = PictureView.pixels(record, placement, state.colorDepth)
        guard state.adjustments.overlayShown, let levels = MapView.levels(state, placement) else { return picture }
        if state.colorDepth == .ansi16 {
            return FewColors.overlay(
                levels, over: picture, width: placement.width, state.adjustments.colorMap,
                opacity: state.adjustments.opacity)
        }
        return MapColors(state.adjustments.colorMap, state.colorDepth)
            .blend(levels, over: picture, opacity: state.adjustments.opacity)
    }
}
