import Files

/// Label maps that were saved as colors: a palette was applied, or one number stands in all three channels.
enum LabelColors {
    /// The index of each pixel of `rgb`.
    ///
    /// Where every color is one of VOC's palette, its index; else, where red, green and blue are equal everywhere, that number.
    ///
    /// - Throws: `FileError` that names the colors that are neither and counts their pixels.
    static func indices(rgb: [UInt8], path: String) throws(FileError) -> (indices: [UInt8], palette: [RGBColor]) {
        let count = rgb.count / 3
        var foreign = 0, isGray = true
        let indices = rgb.withUnsafeBufferPointer { rgb in
            [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
                for pixel in 0..<count {
                    let (red, green, blue) = (rgb[3 * pixel], rgb[3 * pixel + 1], rgb[3 * pixel + 2])
                    if red & 0x1F | green & 0x1F | blue & 0x3F != 0 { foreign += 1 }
                    if red != green || green != blue { isGray = false }
                    target[pixel] = index(red, green, blue)
                }
                initialized = count
            }
        }
        if foreign == 0 { return (indices, VOCPalette.colors) }
        if isGray { return ((0..<count).map { rgb[3 * $0] }, (0...255).map { RGBColor(gray: UInt8($0)) }) }
        throw FileError(.invalid, path: path, complaint(rgb, foreign: foreign))
    }

    /// The palette's bits dealt back: see ``VOCPalette``.
    private static func index(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
        var index: UInt8 = 0
        for bit in 0..<8 {
            let sample = bit % 3 == 0 ? red : bit % 3 == 1 ? green : blue
            index |= (sample >> UInt8(7 - bit / 3) & 1) << UInt8(bit)
        }
        return index
    }

    private static func complaint(_ rgb: [UInt8], foreign: Int) -> String {
        var counts: [RGBColor: Int] = [:]
        for pixel in 0..<rgb.count / 3 {
            let color = RGBColor(red: rgb[3 * pixel], green: rgb[3 * pixel + 1], blue: rgb[3 * pixel + 2])
            guard color.red & 0x1F | color.green & 0x1F | color.blue & 0x3F != 0 else { continue }
            counts[color, default: 0] += 1
            guard counts.count <= 256 else {
                return "holds colors, not label numbers: more than 256 that VOC's palette lacks, in \(foreign) pixels; "
                    + "a palette or gray PNG is needed"
            }
        }
        let shown = counts.sorted { ($1.value, $0.key.order) < ($0.value, $1.key.order) }.prefix(3).map {
            "(\($0.red), \($0.green), \($0.blue)) in \($1) pixels"
        }
        return "holds colors that VOC's palette lacks, \(foreign) pixels in all: \(shown.joined(separator: ", "))"
            + (counts.count > 3 ? " and \(counts.count - 3) more" : "") + "; a palette or gray PNG is needed"
    }
}

extension RGBColor {
    fileprivate var order: Int { Int(red) << 16 | Int(green) << 8 | Int(blue) }
}
