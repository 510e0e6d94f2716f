/// The colors in which numbers of a label map are drawn over pictures. Label files have ``VOCPalette``'s always.
public enum LabelPalette: String, Sendable, Hashable, CaseIterable {
    /// Bright colors as far apart as they can be: the first few differ the most.
    case screen
    /// ``VOCPalette``.
    case voc

    /// 256 colors: entry 0 is not drawn, entry 255 is that of unknown pixels.
    public var colors: [RGBColor] { self == .screen ? Self.distinct : VOCPalette.colors }

    private static let distinct: [RGBColor] =
        [RGBColor(gray: 0)] + ColorMapTables.distinct + [VOCPalette.colors[255]]
}

/// Draws a label over a picture: each class outlined and filled, the background as the picture is, unknown pixels hatched.
public struct LabelPaint: Sendable {
    /// Of the fill, 0…1; 0 leaves the outline.
    public var fill: Float
    /// One `0xRRGGBB` a number.
    package var colors: [UInt32]

    /// The fill that lets the picture be seen.
    public static let standardFill: Float = 0.35

    public init(palette: LabelPalette = .screen, fill: Float = Self.standardFill) {
        self.init(colors: palette.colors.map(PackedColor.packed), fill: fill)
    }

    /// - Parameter colors: 256 of them.
    package init(colors: [UInt32], fill: Float) {
        self.colors = colors
        self.fill = fill
    }

    /// The label over a picture of the same size.
    public func picture(_ labels: IndexedImage, over picture: RGBImage) -> RGBImage {
        precondition(labels.width == picture.width && labels.height == picture.height, "a label and a picture of two sizes")
        return RGBImage(
            width: picture.width, height: picture.height,
            packedPixels: pixels(labels.indices, width: labels.width, over: picture.packedPixels))
    }

    /// - Parameters:
    ///   - numbers: of each pixel, row by row.
    ///   - picture: as many pixels.
    package func pixels(_ numbers: [UInt8], width: Int, over picture: [UInt32]) -> [UInt32] {
        guard width > 0 else { return [] }
        let share = PackedColor.share(fill)
        let thickness = Outline.thickness(width: width, height: numbers.count / width)
        var result = picture
        result.withUnsafeMutableBufferPointer { result in
            for (at, number) in numbers.enumerated() where number != 0 {
                if number == Self.unknown {
                    guard (at % width + at / width) / thickness % 4 < 2 else { continue }
                    result[at] = PackedColor.mix(colors[Int(number)], over: result[at], share: 160)
                } else {
                    result[at] = PackedColor.mix(colors[Int(number)], over: result[at], share: share)
                }
            }
            Outline.trace(numbers, width: width, thickness: thickness) { own, other in
                own != other && own != 0 && own != Self.unknown
            } draw: { at in
                result[at] = colors[Int(numbers[at])]
            }
        }
        return result
    }

    /// The number of pixels whose class is not known.
    private static let unknown: UInt8 = 255
}
