/// The colors in which Pascal VOC label maps are drawn.
public enum VOCPalette {
    /// 256 colors: entry 0 is black (background), entry 255 a light gray-yellow (ignored).
    ///
    /// The bits of an index are dealt to red, green and blue in turn, lowest index bits to the highest color bits
    /// (`VOClabelcolormap` of the VOC development kit).
    public static let colors: [RGBColor] = (0..<256).map { index in
        var samples: [UInt8] = [0, 0, 0]
        for bit in 0..<8 where index >> bit & 1 == 1 {
            samples[bit % 3] |= 0x80 >> UInt8(bit / 3)
        }
        return RGBColor(red: samples[0], green: samples[1], blue: samples[2])
    }
}
