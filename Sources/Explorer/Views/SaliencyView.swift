import Attribution
import Labels

/// How salient each pixel is; what does not reach the level is darkened.
enum SaliencyView {
    static func pixels(_ state: ExplorerState, _ placement: PicturePlacement) -> [UInt32] {
        guard let shown = state.shownLabels, let mask = shown.mask, mask.width > 0, mask.height > 0 else {
            return Array(repeating: 0x18_1A1E, count: placement.width * placement.height)
        }
        let map = shown.prepared.saliencyMap(state.preset)
        let lookup = PixelLookup(placement, width: mask.width, height: mask.height)
        let levels = lookup.map { pixel, _, _ -> Int16 in
            let value = map.map { $0.values[pixel] } ?? (mask.values[pixel] == 0 ? 0 : 1)
            return Int16(value > 0 ? min(value * 256, 255) : 0)
        }
        let colors = MapColors(state.adjustments.colorMap, state.colorDepth).pixels(levels)
        return lookup.map { pixel, x, y in
            let color = colors[y * placement.width + x]
            return mask.values[pixel] == 0 ? PackedColor.mix(0, over: color, share: 170) : color
        }
    }
}
