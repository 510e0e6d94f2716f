import Images
import Labels

/// How salient each pixel is; what does not reach the level is darkened.
enum SaliencyView {
    static func image(_ state: ExplorerState, _ area: PixelArea) -> PaneImage {
        let painter = PanePainter(state)
        guard let shown = state.shownLabels, let mask = shown.mask, mask.width > 0, mask.height > 0 else {
            return painter.nothing(area)
        }
        let map = shown.prepared.saliencyMap(state.preset)
        let lookup = PixelLookup(area, width: mask.width, height: mask.height)
        let levels = lookup.map { pixel, _, _ -> Int16 in
            let value = map.map { $0.values[pixel] } ?? (mask.values[pixel] == 0 ? 0 : 1)
            // Without colors what does not reach the level is left out.
            if state.colorDepth == .mono, mask.values[pixel] == 0 { return -1 }
            return Int16(value > 0 ? min(value * 256, 255) : 0)
        }
        guard case .pixels(var grid) = painter.levels(levels, over: nil, area) else {
            return painter.levels(levels, over: nil, area)
        }
        grid.pixels = lookup.map { pixel, x, y in
            let color = grid.pixels[y * area.width + x]
            return mask.values[pixel] == 0 ? PackedColor.mix(0, over: color, share: 170) : color
        }
        return .pixels(grid)
    }
}
