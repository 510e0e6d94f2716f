/// Colors for values of both signs: blue below zero, white at zero, orange above, the two sides equally light.
public enum DivergingColors {
    /// 256 colors, the most negative first; zero lies between the two in the middle.
    public static var table: [RGBColor] { ColorMapTables.blueOrange }

    /// The color of `value`: -1…1, clamped; ``ColorMap/missing`` for NaN.
    public static func color(_ value: Float) -> RGBColor {
        guard !value.isNaN else { return ColorMap.missing }
        return table[min(Int(min(max((value + 1) / 2, 0), 1) * 256), 255)]
    }
}
