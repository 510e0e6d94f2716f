import Attribution
import Images

/// Drawing where there are 16 colors: the picture in grays, which the terminal mixes, and the map in bands of plain hues.
enum FewColors {
    /// The bands of each color map, from the lowest value to the highest: the terminal's own colors, as xterm has them.
    private static func bands(_ map: ColorMap) -> [UInt32] {
        switch map {
        case .viridis: [0x000000, 0x0000EE, 0x00CDCD, 0x00CD00, 0xFFFF00]
        case .magma: [0x000000, 0x0000EE, 0xCD00CD, 0xFF0000, 0xFFFF00]
        case .jet: [0x0000EE, 0x00FFFF, 0x00CD00, 0xFFFF00, 0xFF0000]
        case .gray: [0x000000, 0x404040, 0x7F7F7F, 0xB2B2B2, 0xFFFFFF]
        }
    }

    static func table(_ map: ColorMap) -> [UInt32] {
        let bands = bands(map)
        return (0..<256).map { bands[$0 * bands.count / 256] }
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

    /// The map over a gray picture: its lowest band is not drawn, of the others as many pixels as the opacity says.
    static func overlay(_ levels: [Int16], over picture: [UInt32], width: Int, _ map: ColorMap, opacity: Float) -> [UInt32] {
        let table = table(map)
        let share = Int((min(max(opacity, 0), 1) * 16).rounded())
        return picture.indices.map { at in
            let level = levels.indices.contains(at) ? levels[at] : 0
            if level < 0 { return picture[at] }
            guard Int(level) >= 256 / 5, places[at / width & 3][at % width & 3] < share else { return picture[at] }
            return table[Int(level) & 255]
        }
    }

    /// Neighbors far apart, so that any share is spread evenly.
    private static let places = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]
}

extension MapColors {
    /// The colors of maps on a screen.
    init(_ map: ColorMap, _ depth: ColorDepth) {
        if depth == .ansi16 {
            self.init(table: FewColors.table(map))
        } else {
            self.init(map, mono: depth == .mono)
        }
    }
}
