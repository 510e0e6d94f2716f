import Explorer

/// Frames with pictures in pixels, the same ones in every process.
public enum PictureFrames {
    /// Smooth, noisy, or flat, by its seed; with a clear part at the bottom where `clear` rows of pixels are missing.
    public static func image(_ seed: UInt64, _ rect: CellRect, width: Int, height: Int, clear: Int = 0) -> PixelImage {
        var generator = RandomFrames.Generator(state: seed)
        let flat = UInt32.random(in: 0...0xFF_FFFF, using: &generator)
        let pixels = (0..<width * (height - clear)).map { at -> UInt32 in
            switch seed % 3 {
            case 0: return UInt32(at % width & 255) << 16 | UInt32(at / width & 255) << 8 | flat & 255
            case 1: return UInt32.random(in: 0...0xFF_FFFF, using: &generator)
            default: return flat
            }
        }
        return PixelImage(rect: rect, width: width, height: height, pixels: pixels)
    }

    /// Puts a picture into a frame, as views do.
    public static func place(_ image: PixelImage, in frame: inout Frame) {
        frame.images.append(image)
        for row in image.rect.row..<image.rect.row + image.rect.rows {
            for column in image.rect.column..<image.rect.column + image.rect.columns { frame[column, row] = PixelImage.cell }
        }
    }

    public static func write(_ text: String, _ column: Int, _ row: Int, in frame: inout Frame) {
        for (place, scalar) in text.unicodeScalars.enumerated() { frame[column + place, row] = Cell(scalar, foreground: Color(255, 255, 0)) }
    }

    /// One picture; text over it; another beside it; both elsewhere; none; the first as before; as many as there are cells.
    public static let steps = 7

    public static func frame(step: Int, columns: Int, rows: Int) -> Frame {
        var frame = Frame(columns: columns, rows: rows)
        let first = image(3, CellRect(column: 2, row: 1, columns: 12, rows: 5), width: 96, height: 80)
        let second = image(4, CellRect(column: 20, row: 0, columns: 7, rows: 6), width: 61, height: 90, clear: 7)
        func moved(_ image: PixelImage) -> PixelImage {
            var rect = image.rect
            (rect.column, rect.row) = (rect.column + 5, rect.row + 3)
            return PixelImage(rect: rect, width: image.width, height: image.height, pixels: image.pixels)
        }
        switch step {
        case 0, 5: place(first, in: &frame)
        case 1:
            place(first, in: &frame)
            write("over the picture", 5, 3, in: &frame)
        case 2: for image in [first, second] { place(image, in: &frame) }
        case 3: for image in [moved(first), moved(second)] { place(image, in: &frame) }
        case 4: write("none", 3, 3, in: &frame)
        default:
            let (columns, rows) = (min(columns, GraphicsSetting.mostCells), min(rows, GraphicsSetting.mostCells))
            place(image(5, CellRect(column: 0, row: 0, columns: columns, rows: rows), width: 2 * columns, height: 3 * rows), in: &frame)
        }
        return frame
    }
}
