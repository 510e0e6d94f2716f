import Attribution
import Images
import Labels

/// Makes what a pane shows of pictures, maps, colors and classes: pixels, or where there are few colors or none, cells.
///
/// Every view, grid and figure of text draws through it, so that a look is said once.
struct PanePainter {
    var depth: ColorDepth
    var colorMap = ColorMap.default
    /// How maps, colors and classes lie over a picture.
    var blend = Blend.standard
    var sampling = Sampling.smooth
    /// The display threshold as a fraction of a map's scale; 0 is off.
    var cut: Float = 0
    var palette = LabelPalette.screen
    /// Of classes over a picture.
    var fill = LabelPaint.standardFill

    init(depth: ColorDepth) { self.depth = depth }

    /// The look that a state asks for.
    init(_ state: ExplorerState) {
        let adjustments = state.adjustments
        self.init(depth: state.colorDepth)
        colorMap = adjustments.colorMap
        blend = Blend(adjustments.blend, opacity: adjustments.opacity)
        sampling = adjustments.sampling
        cut = adjustments.cut
        palette = adjustments.palette
        fill = adjustments.fill
    }


    /// The picture alone.
    func picture(_ picture: PicturePyramid, _ area: PixelArea) -> PaneImage {
        let pixels = area.pixels(of: picture)
        return .pixels(PixelGrid(area, depth == .ansi16 ? FewColors.gray(pixels) : pixels, isStretched: true))
    }

    // MARK: Maps

    /// A map, alone or over a picture.
    func map(_ map: PatchMap, _ scale: MapScale, over picture: PicturePyramid?, _ area: PixelArea) -> PaneImage {
        levels(
            MapRaster(
                map: map, scale: scale, cut: cut, sampling: sampling, width: area.width, height: area.height, u0: area.u0,
                u1: area.u1, v0: area.v0, v1: area.v1
            ).levels, isDiverging: scale.isDiverging, over: picture, area)
    }

    /// Places along the colors, one a pixel of the area, -1 where there is none, alone or over a picture.
    func levels(_ levels: [Int16], isDiverging: Bool = false, over picture: PicturePyramid?, _ area: PixelArea) -> PaneImage {
        let colors = MapColors(colorMap, depth, isDiverging: isDiverging)
        guard let picture else {
            if depth == .mono { return .cells(FewColors.digits(FewColors.cellLevels(levels, area), area.columns, colors)) }
            return .pixels(PixelGrid(area, colors.pixels(levels)))
        }
        let below = area.pixels(of: picture)
        guard depth.isPlain else { return .pixels(PixelGrid(area, colors.blend(levels, over: below, width: area.width, blend))) }
        let shades = FewColors.cellShades(FewColors.gray(below), area), cells = FewColors.cellLevels(levels, area)
        return .cells(
            depth == .mono
                ? FewColors.contours(cells, over: shades, area.columns, colors, blend)
                : FewColors.overlay(cells, over: shades, area.columns, colors, colorMap, blend))
    }

    /// A map that is not there yet.
    func nothing(_ area: PixelArea) -> PaneImage {
        .pixels(PixelGrid(area, Array(repeating: 0x18_1A1E, count: area.width * area.height)))
    }

    // MARK: Colors and classes

    /// A color a patch, alone or over a picture.
    func colors(_ colors: PatchColors, over picture: PicturePyramid?, _ area: PixelArea) -> PaneImage {
        let plane = colors.columns * colors.rows
        // Channel by channel, as maps are drawn.
        let channels = (0..<3).map { channel in
            MapRaster(
                map: PatchMap(
                    rows: colors.rows, columns: colors.columns,
                    values: (0..<plane).map { Float(colors.samples[$0 * 3 + channel]) }),
                scale: MapScale(low: 0, high: 255), sampling: sampling, width: area.width, height: area.height, u0: area.u0,
                u1: area.u1, v0: area.v0, v1: area.v1
            ).levels
        }
        var pixels = channels[0].indices.map {
            UInt32(channels[0][$0]) << 16 | UInt32(channels[1][$0]) << 8 | UInt32(channels[2][$0])
        }
        if let picture {
            let below = area.pixels(of: picture), share = PackedColor.share(blend.clampedOpacity)
            for at in pixels.indices { pixels[at] = PackedColor.mix(pixels[at], over: below[at], share: share) }
        }
        return .pixels(PixelGrid(area, pixels, isStretched: picture != nil))
    }

    /// A class a patch, each in its color of the palette, over a picture or alone.
    ///
    /// - Parameter letters: what a color's number is drawn as without color.
    func classes(
        _ classes: PatchClasses, over picture: PicturePyramid?, _ area: PixelArea, letters: [UInt8: Unicode.Scalar] = [:]
    ) -> PaneImage {
        guard classes.columns > 0, classes.rows > 0 else { return nothing(area) }
        let numbers = PixelLookup(area, width: classes.columns, height: classes.rows).map { patch, _, _ in
            Self.number(ofClass: classes.classes[patch])
        }
        return labels(numbers, over: picture, area, letters: letters)
    }

    /// The color's number of a class of the model: its own, and after the 254th again from the first.
    static func number(ofClass index: Int) -> UInt8 { UInt8(1 + max(index, 0) % 254) }

    /// Numbers of a label, one a pixel of the area, over a picture or alone.
    ///
    /// - Parameter letters: what a number is drawn as without color.
    func labels(
        _ numbers: [UInt8], over picture: PicturePyramid?, _ area: PixelArea, letters: [UInt8: Unicode.Scalar]
    ) -> PaneImage {
        let below = picture.map(area.pixels(of:)) ?? Array(repeating: MapColors.nothing, count: area.width * area.height)
        guard depth.isPlain else {
            let paint = LabelPaint(palette: palette, fill: picture == nil ? 1 : fill)
            return .pixels(PixelGrid(area, paint.pixels(numbers, width: area.width, over: below)))
        }
        let cells = FewColors.cellNumbers(numbers, area)
        let shades = picture == nil ? nil : FewColors.cellShades(FewColors.gray(below), area)
        return .cells(
            depth == .mono
                ? FewColors.letters(cells, over: shades, area.columns, letters, isFilled: picture == nil || fill > 0)
                : FewColors.label(cells, over: shades, area.columns, isFilled: fill > 0))
    }
}

/// The pixels of a placement of a picture, so many a cell as the glyphs have, or the terminal.
struct PixelArea: Equatable {
    /// In pixels.
    let width: Int, height: Int
    /// In cells.
    let columns: Int, rows: Int
    let medium: PixelMedium
    /// The part of the picture, as fractions of its sides.
    let u0: Double, u1: Double, v0: Double, v1: Double

    init(_ placement: PicturePlacement, _ glyphs: GlyphSet) {
        self.init(
            width: placement.width, height: placement.height, glyphs, u0: placement.u0, u1: placement.u1, v0: placement.v0,
            v1: placement.v1)
    }

    /// - Parameters width, height: in half blocks.
    init(width: Int, height: Int, _ glyphs: GlyphSet, u0: Double = 0, u1: Double = 1, v0: Double = 0, v1: Double = 1) {
        medium = .glyphs(glyphs)
        (columns, rows) = (width, (height + 1) / 2)
        self.width = width * glyphs.columns
        self.height = (height * glyphs.rows + 1) / 2
        (self.u0, self.u1, self.v0, self.v1) = (u0, u1, v0, v1)
    }

    /// In pixels of the terminal's, or fewer where those are too many.
    ///
    /// - Parameter limit: how many there may be.
    init(_ placement: PicturePlacement, _ cell: CellSize, limit: Int) {
        (columns, rows) = (placement.width, (placement.height + 1) / 2)
        let all = Double(max(columns * cell.width * rows * cell.height, 1))
        let scale = min((Double(limit) / all).squareRoot(), 1)
        // Terminals keep a picture's shape: it is that of its cells.
        let box = Int((Double(rows * cell.height) * scale).rounded())
        width = max(Int((Double(columns * cell.width) * scale).rounded()), 1)
        height = max(Int((Double(placement.height * cell.height) / 2 * scale).rounded()), 1)
        medium = .pixels(columns: columns, rows: rows, height: max(box, height))
        (u0, u1, v0, v1) = (placement.u0, placement.u1, placement.v0, placement.v1)
    }

    /// How wide lines drawn among its pixels are.
    var lineWidth: Int {
        if case .pixels = medium { return max(width / max(columns, 1) / 4, 1) }
        return 1
    }

    func pixels(of picture: PicturePyramid) -> [UInt32] {
        PictureRaster.pixels(picture, width: width, height: height, u0: u0, u1: u1, v0: v0, v1: v1)
    }
}

/// What a pane shows, on its way into cells.
enum PaneImage {
    case pixels(PixelGrid)
    case cells(CellGrid)

    /// Draws with the top left at a cell; what lies beyond the screen is left out.
    func draw(into writer: inout FrameWriter, column: Int, row: Int) {
        switch self {
        case .pixels(let grid): grid.draw(into: &writer, column: column, row: row, mono: writer.theme.mono)
        case .cells(let grid): grid.draw(into: &writer, column: column, row: row)
        }
    }
}

/// Cells on their way into a frame.
struct CellGrid {
    let columns: Int
    /// Row by row.
    var cells: [Cell]

    func draw(into writer: inout FrameWriter, column: Int, row: Int) {
        let frame = writer.frame
        guard columns > 0, column >= 0, row >= 0 else { return }
        for (at, cell) in cells.enumerated() {
            let x = column + at % columns, y = row + at / columns
            if x < frame.columns, y < frame.rows { writer.frame[x, y] = cell }
        }
    }
}
