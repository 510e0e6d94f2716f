import Images
import Labels

/// The label over the picture, or the decoder's: classes outlined and filled, the background as the picture has it, unknown pixels
/// hatched, fresh changes brightened.
enum LabelView {
    static func image(_ state: ExplorerState, _ record: PictureRecord, _ area: PixelArea) -> PaneImage {
        let painter = PanePainter(state)
        guard let labels = state.labelsOnScreen, labels.width > 0, labels.height > 0 else {
            return painter.picture(record.trace.picture, area)
        }
        let lookup = PixelLookup(area, width: labels.width, height: labels.height)
        var numbers = labels.indices.withUnsafeBufferPointer { indices in lookup.map { pixel, _, _ in indices[pixel] } }
        if let layer = state.canvas?.layer, state.canvas?.picture == state.picture, state.adjustments.view == .label {
            paint(layer, over: &numbers, area)
        }
        var image = painter.labels(numbers, over: record.trace.picture, area, letters: letters(state))
        if let changed = state.flash?.changed, changed.count == labels.indices.count {
            brighten(lookup.map { pixel, _, _ in changed[pixel] }, in: &image, area)
        }
        return image
    }

    /// What strokes give the picture's own pixels, which are more than the label's.
    private static func paint(_ layer: StrokeLayer, over numbers: inout [UInt8], _ area: PixelArea) {
        guard layer.box != nil, layer.width > 0, layer.height > 0 else { return }
        let given = PixelLookup(area, width: layer.width, height: layer.height).map { pixel, _, _ in
            layer[pixel % layer.width, pixel / layer.width]
        }
        for (at, number) in given.enumerated() { if let number { numbers[at] = number } }
    }

    /// Shows the pixels that have just changed.
    private static func brighten(_ changed: [Bool], in image: inout PaneImage, _ area: PixelArea) {
        switch image {
        case .pixels(var grid):
            for at in changed.indices where changed[at] {
                grid.pixels[at] = PackedColor.mix(0xFFFFFF, over: grid.pixels[at], share: 150)
            }
            image = .pixels(grid)
        case .cells(var grid):
            for at in changed.indices where changed[at] {
                grid.cells[at / area.width / 2 * area.columns + at % area.width].style.insert(.reverse)
            }
            image = .cells(grid)
        }
    }

    /// The color of a number in the legend.
    static func color(_ number: UInt8, _ state: ExplorerState) -> Color {
        PixelGrid.color(
            state.colorDepth == .ansi16
                ? FewColors.labelColors[Int(number)] : PackedColor.packed(state.adjustments.palette.colors[Int(number)]))
    }

    /// What a number is drawn as without color.
    static func letters(_ state: ExplorerState) -> [UInt8: Unicode.Scalar] {
        FewColors.letters(LegendView.classNumbers(state).map { ($0, state.labelSetup.name(of: $0)) })
    }
}
