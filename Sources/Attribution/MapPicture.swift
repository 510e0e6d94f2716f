import Images

extension PatchMap {
    /// The map as a picture, alone or over another.
    ///
    /// - Parameters:
    ///   - picture: what lies below, and gives the size; its aspect ratio is the picture's own.
    ///   - blend: how the map lies over it; `nil` draws the map alone.
    ///   - scale: the raw values of the first and the last color; a symmetric one has colors of its own in place of `colorMap`.
    ///   - cut: a fraction of the scale below which the picture stays as it is, or alone black; 0 is off.
    public func picture(
        over picture: RGBImage, blend: Blend?, scale: MapScale, cut: Float = 0, sampling: Sampling = .smooth,
        colorMap: ColorMap = .default
    ) -> RGBImage {
        let levels = MapRaster(
            map: self, scale: scale, cut: cut, sampling: sampling, width: picture.width, height: picture.height).levels
        let colors = MapColors(colorMap, isDiverging: scale.isDiverging)
        let pixels =
            blend.map { colors.blend(levels, over: picture.packedPixels, width: picture.width, $0) } ?? colors.pixels(levels)
        return RGBImage(width: picture.width, height: picture.height, packedPixels: pixels)
    }

    /// Where the map reaches the fraction `cut` of a scale, of a symmetric one on either side (with `cut` 0: where it is above
    /// its zero), at `width × height` pixels, row by row.
    public func mask(width: Int, height: Int, scale: MapScale, cut: Float, sampling: Sampling = .smooth) -> [Bool] {
        let threshold = cut > 0 ? cut : Float.leastNonzeroMagnitude
        return MapRaster(map: self, scale: scale, cut: threshold, sampling: sampling, width: width, height: height)
            .levels.map { $0 >= 0 }
    }
}
