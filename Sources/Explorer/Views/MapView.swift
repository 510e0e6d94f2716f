import Attribution

/// The map alone.
enum MapView {
    static func pixels(_ state: ExplorerState, _ placement: PicturePlacement) -> [UInt32] {
        guard let levels = levels(state, placement) else {
            return Array(repeating: 0x18_1A1E, count: placement.width * placement.height)
        }
        return MapColors(state.adjustments.colorMap, state.colorDepth).pixels(levels)
    }

    /// Places along the colors for every pixel; `nil` while there is no map.
    static func levels(_ state: ExplorerState, _ placement: PicturePlacement) -> [Int16]? {
        guard let shown = state.shown else { return nil }
        return MapRaster(
            map: shown.map.map, low: shown.low, high: shown.high, cut: state.adjustments.cut,
            sampling: state.adjustments.sampling, width: placement.width, height: placement.height, u0: placement.u0,
            u1: placement.u1, v0: placement.v0, v1: placement.v1
        ).levels
    }
}
