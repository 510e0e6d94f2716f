import Images
import Labels

/// The truth over what a pane shows: the borders of its classes, or the label's errors, hatched.
enum TruthView {
    /// Of pixels of a class that the label has not so, of pixels that the label has of a class and the truth has not, and of those that
    /// do not count.
    static let missed: UInt32 = 0xFF9020, excess: UInt32 = 0x4090FF, ignored: UInt32 = 0x909090
    private static let border: UInt32 = 0xFFFFFF

    /// Draws it over an image; without colors as letters: m, e, and / for what does not count.
    static func draw(_ state: ExplorerState, over image: inout PaneImage, _ area: PixelArea) {
        guard state.truthLook != .off, let (truth, labels) = maps(state), truth.width > 0, truth.height > 0 else { return }
        let lookup = PixelLookup(area, width: truth.width, height: truth.height)
        let real = lookup.map { pixel, _, _ in truth.indices[pixel] }
        guard state.truthLook == .error, let labels else { return outline(real, over: &image, area) }
        let own = lookup.map { pixel, _, _ in labels.indices[pixel] }
        let unknown = LabelCompletion.ignored
        switch image {
        case .pixels(var grid):
            for at in real.indices {
                let color: UInt32
                if real[at] == unknown {
                    color = ignored
                } else if real[at] == own[at] {
                    continue
                } else {
                    color = real[at] != 0 ? missed : own[at] == unknown ? ignored : excess
                }
                // Stripes that lean one way for what is missed, the other for what is too much.
                let (x, y) = (at % area.width, at / area.width)
                guard (color == excess ? x - y + area.height * 4 : x + y) / area.lineWidth % 3 != 0 else { continue }
                grid.pixels[at] = PackedColor.mix(color, over: grid.pixels[at], share: 200)
            }
            image = .pixels(grid)
        case .cells(var grid):
            for at in real.indices where real[at] == unknown || real[at] != own[at] {
                let cell = at / area.width / 2 * area.columns + at % area.width
                guard grid.cells.indices.contains(cell) else { continue }
                grid.cells[cell].scalar = real[at] == unknown ? "/" : real[at] != 0 ? "m" : "e"
            }
            image = .cells(grid)
        }
    }

    /// The truth, and the label that errs, of one size.
    private static func maps(_ state: ExplorerState) -> (truth: IndexedImage, labels: IndexedImage?)? {
        let isDecoder = state.adjustments.view == .decoder
        guard let truth = isDecoder ? state.decoded?.truth : state.shownLabels?.prepared.truth else { return nil }
        let labels = isDecoder ? state.shownAnswer?.labels : state.shownLabels?.labels
        return (truth, labels.flatMap { $0.width == truth.width && $0.height == truth.height ? $0 : nil })
    }

    private static func outline(_ real: [UInt8], over image: inout PaneImage, _ area: PixelArea) {
        func isBorder(_ own: UInt8, _ other: UInt8) -> Bool { own != other && own != 0 && own != LabelCompletion.ignored }
        switch image {
        case .pixels(var grid):
            Outline.trace(real, width: area.width, thickness: area.lineWidth, isBorder: isBorder) { grid.pixels[$0] = border }
            image = .pixels(grid)
        case .cells(var grid):
            Outline.trace(real, width: area.width, thickness: 1, isBorder: isBorder) { at in
                let cell = at / area.width / 2 * area.columns + at % area.width
                if grid.cells.indices.contains(cell) { grid.cells[cell].scalar = "+" }
            }
            image = .cells(grid)
        }
    }
}
