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
        // Without colors only brightness can tell what lies below the threshold.
        let below = state.colorDepth == .mono && state.adjustments.cut > 0
            ? zip(picture, levels).map { $1 < 0 ? PackedColor.mix(0, over: $0, share: 171) : $0 } : picture
        return MapColors(state.adjustments.colorMap, state.colorDepth)
            .blend(levels, over: below, opacity: state.adjustments.opacity)
    }
}
