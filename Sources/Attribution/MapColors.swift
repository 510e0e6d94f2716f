import Images

/// The colors of a map as 256 values `0xRRGGBB`, and how they are laid over a picture.
package struct MapColors {
    package let table: [UInt32]
    /// How far each color's place is from the scale's zero, 0…1: of a diverging table zero is in the middle.
    package let magnitudes: [Float]
    package let isDiverging: Bool

    /// - Parameter table: 256 colors.
    package init(table: [UInt32], isDiverging: Bool = false) {
        self.table = table
        self.isDiverging = isDiverging
        magnitudes = (0..<256).map { level in
            isDiverging ? abs(Float(level) - 127.5) / 127.5 : Float(level) / 255
        }
    }

    /// - Parameters:
    ///   - mono: without color brightness alone tells: every map becomes gray, one of both signs by its distance from zero.
    ///   - isDiverging: for a symmetric scale, which has colors of its own.
    package init(_ map: ColorMap, mono: Bool = false, isDiverging: Bool = false) {
        guard isDiverging else {
            self.init(table: (mono ? ColorMap.gray : map).table.map(PackedColor.packed))
            return
        }
        let colors = mono ? (0..<256).map { RGBColor(gray: UInt8(abs(2 * $0 - 255))) } : DivergingColors.table
        self.init(table: colors.map(PackedColor.packed), isDiverging: true)
    }

    /// What a map is drawn as where it does not reach the threshold.
    package static let nothing: UInt32 = 0x101214

    /// The colors of places along the table; what is below the threshold nearly black.
    package func pixels(_ levels: [Int16]) -> [UInt32] {
        table.withUnsafeBufferPointer { table in
            levels.map { $0 < 0 ? Self.nothing : table[Int($0) & 255] }
        }
    }

    // MARK: Over a picture

    /// A map over a picture. Where it is below the threshold, the picture itself; a line one pixel wide shows where that begins.
    /// A spotlight leaves dark what is below.
    ///
    /// - Parameters:
    ///   - levels: see ``MapRaster``; as many as pixels.
    ///   - picture: `0xRRGGBB`, row by row.
    ///   - width: of a row.
    package func blend(_ levels: [Int16], over picture: [UInt32], width: Int, _ blend: Blend) -> [UInt32] {
        guard width > 0 else { return [] }
        precondition(levels.count == picture.count, "a map and a picture of two sizes")
        let count = levels.count
        let layers = layers(blend)
        var result = [UInt32](unsafeUninitializedCapacity: count) { out, initialized in
            layers.shares.withUnsafeBufferPointer { shares in
                layers.colors.withUnsafeBufferPointer { colors in
                    levels.withUnsafeBufferPointer { levels in
                        picture.withUnsafeBufferPointer { picture in
                            for index in 0..<count {
                                let place = Int(levels[index]) + 1
                                out[index] = PackedColor.mix(colors[place], over: picture[index], share: shares[place])
                            }
                        }
                    }
                }
            }
            initialized = count
        }
        drawLines(levels, width: width, blend, into: &result)
        return result
    }

    /// What each level, from -1 on, lays over the picture, and how much of it, 0 to 256.
    private func layers(_ blend: Blend) -> (colors: [UInt32], shares: [UInt32]) {
        let opacity = blend.clampedOpacity
        switch blend.kind {
        case .value:
            return ([0] + table, [0] + magnitudes.map { PackedColor.share(opacity * Blend.share(at: $0)) })
        case .flat: return ([0] + table, [0] + magnitudes.map { _ in PackedColor.share(opacity) })
        case .contour: return (Array(repeating: 0, count: 257), Array(repeating: 0, count: 257))
        case .spotlight:
            return (
                Array(repeating: 0, count: 257),
                ([0] + magnitudes).map { PackedColor.share(1 - blend.brightness(at: $0)) }
            )
        }
    }

    /// The contours, and the border of what the threshold leaves.
    private func drawLines(_ levels: [Int16], width: Int, _ blend: Blend, into pixels: inout [UInt32]) {
        let hasCut = levels.contains { $0 < 0 }
        guard hasCut || blend.kind == .contour, blend.clampedOpacity > 0 else { return }
        let thickness = Outline.thickness(width: width, height: levels.count / width)
        let bands = self.bands(levels, isContoured: blend.kind == .contour)
        if blend.kind == .contour {
            let share = PackedColor.share(blend.opacity)
            Outline.trace(bands, width: width, thickness: thickness) { $0 > $1 && $1 > 0 } draw: { at in
                pixels[at] = PackedColor.mix(contourColor(levels[at]), over: pixels[at], share: share)
            }
        }
        guard hasCut else { return }
        Outline.trace(bands, width: width, thickness: thickness) { $0 > 0 && $1 == 0 } draw: { pixels[$0] = Self.border }
    }

    /// How many contours lie below each pixel, and one more where the map reaches the threshold.
    package func bands(_ levels: [Int16], isContoured: Bool = true) -> [UInt8] {
        let contours = isContoured ? Blend.contourPlaces : []
        let table = [0] + magnitudes.map { magnitude in 1 + UInt8(contours.count { magnitude >= $0 }) }
        return table.withUnsafeBufferPointer { table in levels.map { table[Int($0) + 1] } }
    }

    /// That of the contour at or below a level.
    private func contourColor(_ level: Int16) -> UInt32 {
        let own = Int(max(level, 0))
        let place = Blend.contourPlaces.last { $0 <= magnitudes[own] } ?? 0
        let middle = isDiverging ? (own < 128 ? 127.5 * (1 - place) : 127.5 * (1 + place)) : 255 * place
        return table[min(max(Int(middle.rounded()), 0), 255)]
    }

    /// The line around what the threshold leaves.
    private static let border: UInt32 = 0xFFFFFF
}
