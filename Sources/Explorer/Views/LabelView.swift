import Images
import Labels

/// The label over the picture, or the decoder's: VOC's colors, the background as the picture has it (black where few colors are to be told
/// apart), unknown pixels hatched, fresh changes brightened.
enum LabelView {
    static func pixels(_ state: ExplorerState, _ record: PictureRecord, _ placement: PicturePlacement) -> [UInt32] {
        let picture = PictureView.pixels(record, placement, state.colorDepth)
        guard let labels = state.labelsOnScreen, labels.width > 0, labels.height > 0 else { return picture }
        let colors = state.colorDepth == .mono ? grays(LegendView.classNumbers(state)) : VOCPalette.colors.map(packed)
        let isPlain = state.colorDepth == .mono || state.colorDepth == .ansi16
        let share = isPlain ? 256 : UInt32((min(max(state.adjustments.opacity, 0), 1) * 256).rounded())
        let changed = state.flash.flatMap { $0.changed.count == labels.indices.count ? $0.changed : nil }
        return labels.indices.withUnsafeBufferPointer { indices in
            PixelLookup(placement, width: labels.width, height: labels.height).map { pixel, x, y in
                let below = picture[y * placement.width + x]
                let color: UInt32
                switch indices[pixel] {
                case 0: color = isPlain ? 0 : below
                case LabelCompletion.ignored: color = hatched(x, y) ? hatch : PackedColor.mix(0, over: below, share: 160)
                case let index: color = PackedColor.mix(colors[Int(index)], over: below, share: share)
                }
                return changed?[pixel] == true ? PackedColor.mix(0xFFFFFF, over: color, share: 150) : color
            }
        }
    }

    /// Stripes of half blocks, two wide.
    private static func hatched(_ x: Int, _ y: Int) -> Bool { (x + y) % 4 < 2 }
    private static let hatch = packed(VOCPalette.colors[Int(LabelCompletion.ignored)])

    private static func packed(_ color: RGBColor) -> UInt32 {
        UInt32(color.red) << 16 | UInt32(color.green) << 8 | UInt32(color.blue)
    }

    /// The color of a number in the legend.
    static func color(_ number: UInt8) -> Color {
        let color = VOCPalette.colors[Int(number)]
        return Color(color.red, color.green, color.blue)
    }

    /// Brightnesses that tell the classes apart where there is no color.
    private static func grays(_ numbers: [UInt8]) -> [UInt32] {
        var colors = [UInt32](repeating: 0, count: 256)
        for (place, number) in numbers.enumerated() {
            colors[Int(number)] = UInt32(110 + 145 * (place + 1) / numbers.count) * 0x010101
        }
        return colors
    }
}
