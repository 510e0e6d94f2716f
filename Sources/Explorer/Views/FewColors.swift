import Attribution
import Images

/// Drawing where there are 16 colors or none: the sign in a cell is the picture, its color or a contour is the map.
enum FewColors {
    // MARK: 16 colors, pixels

    /// The bands of a map drawn alone, from the lowest value to the highest: the terminal's own colors, as xterm has them.
    private static func bands(_ map: ColorMap) -> [UInt32] {
        switch map {
        case .viridis: [0x000000, 0x0000EE, 0x00CDCD, 0x00CD00, 0xFFFF00]
        case .magma: [0x000000, 0x0000EE, 0xCD00CD, 0xFF0000, 0xFFFF00]
        case .cividis: [0x0000EE, 0x5C5CFF, 0x7F7F7F, 0xCDCD00, 0xFFFF00]
        case .jet: [0x0000EE, 0x00FFFF, 0x00CD00, 0xFFFF00, 0xFF0000]
        case .gray: [0x000000, 0x404040, 0x7F7F7F, 0xB2B2B2, 0xFFFFFF]
        }
    }

    private static let divergingBands: [UInt32] = [0x0000EE, 0x5C5CFF, 0x00FFFF, 0xFFFFFF, 0xFFFF00, 0xFF0000, 0xCD0000]

    static func colors(_ map: ColorMap, isDiverging: Bool) -> MapColors {
        let bands = isDiverging ? divergingBands : bands(map)
        return MapColors(table: (0..<256).map { bands[$0 * bands.count / 256] }, isDiverging: isDiverging)
    }

    /// The picture in grays that span black to white.
    static func gray(_ pixels: [UInt32]) -> [UInt32] {
        let (dark, bright) = PixelGrid.brightnessRange(pixels)
        let span = max(bright - dark, 32)
        return pixels.map { pixel in
            let gray = UInt32(min(max((PixelGrid.brightness(pixel) - dark) * 255 / span, 0), 255))
            return gray << 16 | gray << 8 | gray
        }
    }

    /// Hues for the numbers of a label in 16 colors, again and again; 255 is white.
    static let labelColors: [UInt32] = (0..<256).map { number in
        let hues: [UInt32] = [
            0xFF00FF, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF0000, 0x00FFFF, 0xCD00CD, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD0000, 0x00CDCD,
        ]
        return number == 255 ? 0xFFFFFF : hues[max(number - 1, 0) % hues.count]
    }

    // MARK: From pixels to cells

    /// One value a cell of an area of half blocks.
    private static func cells<Pixel, Value>(_ pixels: [Pixel], _ area: PixelArea, _ join: (Pixel, Pixel) -> Value) -> [Value] {
        guard area.columns > 0, !pixels.isEmpty else { return [] }
        return (0..<area.columns * area.rows).map { at in
            let upper = at / area.columns * 2 * area.width + at % area.columns
            let lower = upper + area.width
            return join(pixels[upper], pixels[lower < pixels.count ? lower : upper])
        }
    }

    /// The brightness of each cell, 0…255, of gray pixels.
    static func cellShades(_ grays: [UInt32], _ area: PixelArea) -> [Int] {
        cells(grays, area) { Int(($0 & 255) + ($1 & 255)) / 2 }
    }

    /// The place along the colors of each cell: the mean, or what there is.
    static func cellLevels(_ levels: [Int16], _ area: PixelArea) -> [Int16] {
        cells(levels, area) { $0 < 0 ? $1 : $1 < 0 ? $0 : ($0 + $1) / 2 }
    }

    /// The number of each cell: the upper pixel's, unless that is background.
    static func cellNumbers(_ numbers: [UInt8], _ area: PixelArea) -> [UInt8] { cells(numbers, area) { $0 == 0 ? $1 : $0 } }

    // MARK: 16 colors, cells

    /// Signs of growing density.
    private static let shades: [Unicode.Scalar] = [" ", "░", "▒", "▓", "█"]
    private static let black = Color(0, 0, 0)

    /// From what place on a map's color is seen.
    private static let visible: Float = 0.15

    /// The colors of a map over a picture, from the lowest value that is seen.
    private static func steps(_ map: ColorMap) -> [UInt32] {
        switch map {
        case .viridis: [0x5C5CFF, 0x00FFFF, 0x00FF00, 0xFFFF00]
        case .magma: [0x5C5CFF, 0xFF00FF, 0xFF0000, 0xFFFF00]
        case .cividis: [0x5C5CFF, 0xCDCD00, 0xFFFF00]
        case .jet: [0x5C5CFF, 0x00FFFF, 0xFFFF00, 0xFF0000]
        case .gray: [0xE5E5E5, 0xFFFFFF]
        }
    }

    private static let negativeSteps: [UInt32] = [0x00FFFF, 0x5C5CFF], positiveSteps: [UInt32] = [0xFFFF00, 0xFF0000]

    /// The picture in shades, in the map's colors where that is high.
    static func overlay(
        _ levels: [Int16], over shades: [Int], _ columns: Int, _ colors: MapColors, _ map: ColorMap, _ blend: Blend
    ) -> CellGrid {
        let edges = edges(levels, columns, colors, blend)
        let plain: UInt32 = map == .gray || blend.kind == .spotlight ? 0x7F7F7F : 0xE5E5E5
        let cells = levels.indices.map { at in
            let shade = density(shades[at])
            let level = levels[at], magnitude = level < 0 ? 0 : colors.magnitudes[Int(level)]
            func cell(_ color: UInt32, atLeast least: Int) -> Cell {
                Cell(Self.shades[max(shade, least)], foreground: PixelGrid.color(color), background: black)
            }
            if edges[at] == border { return cell(0xFFFFFF, atLeast: 3) }
            guard level >= 0, magnitude > visible, blend.clampedOpacity > 0 else { return cell(plain, atLeast: 0) }
            if blend.kind == .spotlight { return cell(0xFFFFFF, atLeast: 0) }
            if blend.kind == .contour, edges[at] == 0 { return cell(plain, atLeast: 0) }
            let steps = !colors.isDiverging ? steps(map) : level < 128 ? negativeSteps : positiveSteps
            let step = min(Int((magnitude - visible) / (1 - visible) * Float(steps.count)), steps.count - 1)
            return cell(steps[step], atLeast: blend.kind == .contour ? 2 : 1)
        }
        return CellGrid(columns: columns, cells: cells)
    }

    private static func density(_ shade: Int) -> Int { min(max(shade * shades.count / 256, 0), shades.count - 1) }

    /// A label: the picture in shades, in a class's color where that is; its border full.
    ///
    /// - Parameter shades: of the picture below; without one the classes are full.
    static func label(_ numbers: [UInt8], over shades: [Int]?, _ columns: Int, isFilled: Bool) -> CellGrid {
        func cell(_ density: Int, _ color: UInt32) -> Cell {
            Cell(Self.shades[density], foreground: PixelGrid.color(color), background: black)
        }
        var cells = numbers.indices.map { at in
            let number = numbers[at]
            if number == 255 { return Cell("/", foreground: PixelGrid.color(0xFFFFFF), background: black) }
            let shade = shades.map { density($0[at]) } ?? (number == 0 ? 0 : Self.shades.count - 1)
            return number == 0 || !isFilled && shades != nil
                ? cell(shade, 0xE5E5E5) : cell(max(shade, 1), labelColors[Int(number)])
        }
        Outline.trace(numbers, width: columns, thickness: 1) { $0 != $1 && $0 != 0 && $0 != 255 } draw: { at in
            cells[at] = cell(Self.shades.count - 1, labelColors[Int(numbers[at])])
        }
        return CellGrid(columns: columns, cells: cells)
    }

    // MARK: No colors

    /// Characters of growing density, none of which is a contour's.
    private static let ramp: [Unicode.Scalar] = [" ", ".", ":", "-", "=", "+", "*", "#", "%"]
    /// Few, so that letters stand out among them.
    private static let faintRamp: [Unicode.Scalar] = [" ", ".", ":", "-", "="]
    /// Contours at a quarter, a half and three quarters of the scale, of values below zero others.
    private static let contours: [Unicode.Scalar] = ["o", "O", "@"], negativeContours: [Unicode.Scalar] = ["n", "N", "M"]

    private static func sign(_ shade: Int, _ ramp: [Unicode.Scalar]) -> Unicode.Scalar {
        ramp[min(max(shade * ramp.count / 256, 0), ramp.count - 1)]
    }

    /// The picture in characters, the map as contours; a spotlight leaves the picture only where the map is high.
    static func contours(
        _ levels: [Int16], over shades: [Int], _ columns: Int, _ colors: MapColors, _ blend: Blend
    ) -> CellGrid {
        let edges = edges(levels, columns, colors, Blend(blend.kind == .spotlight ? .flat : .contour, opacity: blend.opacity))
        let cells = levels.indices.map { at in
            let level = levels[at]
            if blend.kind == .spotlight, blend.clampedOpacity > 0 {
                let isLow = level < 0 || colors.magnitudes[Int(level)] < Blend.contourPlaces[0]
                return Cell(isLow ? " " : sign(shades[at], ramp))
            }
            if edges[at] == border { return Cell("x") }
            guard edges[at] > 0 else { return Cell(sign(shades[at], ramp)) }
            return Cell((colors.isDiverging && level < 128 ? negativeContours : contours)[Int(edges[at]) - 1])
        }
        return CellGrid(columns: columns, cells: cells)
    }

    /// A map alone: 0 to 9; of values below zero a to i in place of 1 to 9; nothing below the threshold.
    static func digits(_ levels: [Int16], _ columns: Int, _ colors: MapColors) -> CellGrid {
        let cells = levels.map { level -> Cell in
            guard level >= 0 else { return Cell(" ") }
            let digit = UInt8(min(colors.magnitudes[Int(level)] * 10, 9))
            // Zeros step back, so that the others are seen.
            return Cell(
                Unicode.Scalar(colors.isDiverging && level < 128 && digit > 0 ? 0x60 + digit : 0x30 + digit),
                style: digit == 0 ? .dim : [])
        }
        return CellGrid(columns: columns, cells: cells)
    }

    /// A label: each class as its letter, everywhere or along its border; unknown pixels as strokes.
    ///
    /// - Parameter shades: of the picture below.
    static func letters(
        _ numbers: [UInt8], over shades: [Int]?, _ columns: Int, _ letters: [UInt8: Unicode.Scalar], isFilled: Bool
    ) -> CellGrid {
        var cells = numbers.indices.map { at in Cell(shades.map { sign($0[at], faintRamp) } ?? " ") }
        func draw(_ at: Int) { cells[at] = Cell(numbers[at] == 255 ? "/" : letter(numbers[at], letters)) }
        if isFilled {
            for at in numbers.indices where numbers[at] != 0 { draw(at) }
        } else {
            Outline.trace(numbers, width: columns, thickness: 1) { $0 != $1 && $0 != 0 } draw: { draw($0) }
        }
        return CellGrid(columns: columns, cells: cells)
    }

    static func letter(_ number: UInt8, _ letters: [UInt8: Unicode.Scalar]) -> Unicode.Scalar {
        letters[number] ?? Unicode.Scalar(0x61 + (max(number, 1) - 1) % 26)
    }

    /// A letter for each of some numbers: the first of its name that no other has, or any.
    static func letters(_ names: [(number: UInt8, name: String)]) -> [UInt8: Unicode.Scalar] {
        var letters: [UInt8: Unicode.Scalar] = [:]
        var free = Array("abcdefghijklmnopqrstuvwxyz".unicodeScalars)
        for (number, name) in names {
            let own = name.lowercased().unicodeScalars.first { free.contains($0) }
            guard let letter = own ?? free.first else { continue }
            letters[number] = letter
            free.removeAll { $0 == letter }
        }
        return letters
    }

    // MARK: Lines

    private static let border: UInt8 = 255

    /// Of each cell: the contour that passes through it, 1, 2 or 3; `border` where what the threshold leaves begins; else 0.
    private static func edges(_ levels: [Int16], _ columns: Int, _ colors: MapColors, _ blend: Blend) -> [UInt8] {
        var edges = [UInt8](repeating: 0, count: levels.count)
        guard blend.clampedOpacity > 0 else { return edges }
        let bands = colors.bands(levels, isContoured: blend.kind == .contour)
        if blend.kind == .contour {
            Outline.trace(bands, width: columns, thickness: 1) { $0 > $1 && $1 > 0 } draw: { edges[$0] = bands[$0] - 1 }
        }
        if levels.contains(where: { $0 < 0 }) {
            Outline.trace(bands, width: columns, thickness: 1) { $0 > 0 && $1 == 0 } draw: { edges[$0] = border }
        }
        return edges
    }
}

extension MapColors {
    /// The colors of maps on a screen.
    init(_ map: ColorMap, _ depth: ColorDepth, isDiverging: Bool = false) {
        self = depth == .ansi16
            ? FewColors.colors(map, isDiverging: isDiverging) : MapColors(map, mono: depth == .mono, isDiverging: isDiverging)
    }
}
