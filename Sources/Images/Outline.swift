/// Lines along borders in a raster of numbers.
package enum Outline {
    /// In pixels: 1, and on pictures of many pixels as much as is seen.
    package static func thickness(width: Int, height: Int) -> Int { max(1, (max(width, height) + 400) / 800) }

    /// The pixels of a raster that have, `thickness` pixels away to a side, one for which `isBorder(own, other)` holds.
    ///
    /// - Parameters:
    ///   - numbers: row by row.
    ///   - draw: called with each such pixel.
    @inline(__always)
    package static func trace(
        _ numbers: [UInt8], width: Int, thickness: Int, isBorder: (UInt8, UInt8) -> Bool, draw: (Int) -> Void
    ) {
        guard width > 0 else { return }
        let height = numbers.count / width
        numbers.withUnsafeBufferPointer { numbers in
            for y in 0..<height {
                for x in 0..<width {
                    let at = y * width + x, own = numbers[at]
                    if x >= thickness && isBorder(own, numbers[at - thickness])
                        || x + thickness < width && isBorder(own, numbers[at + thickness])
                        || y >= thickness && isBorder(own, numbers[at - thickness * width])
                        || y + thickness < height && isBorder(own, numbers[at + thickness * width])
                    {
                        draw(at)
                    }
                }
            }
        }
    }
}
