import Images

/// A color map as 256 values `0xRRGGBB`.
package struct MapColors {
    package let table: [UInt32]

    /// - Parameter table: 256 colors.
    package init(table: [UInt32]) { self.table = table }

    /// Without color, brightness alone tells: every map becomes gray.
    package init(_ map: ColorMap, mono: Bool) {
        table = (mono ? ColorMap.gray : map).table.map { UInt32($0.red) << 16 | UInt32($0.green) << 8 | UInt32($0.blue) }
    }

    /// The colors of places along the table; what is below the threshold nearly black.
    package func pixels(_ levels: [Int16]) -> [UInt32] {
        table.withUnsafeBufferPointer { table in
            levels.map { $0 < 0 ? 0x101214 : table[Int($0) & 255] }
        }
    }

    /// A map over a picture; where it is below the threshold, the picture itself.
    package func blend(_ levels: [Int16], over picture: [UInt32], opacity: Float) -> [UInt32] {
        let share = UInt32((min(max(opacity, 0), 1) * 256).rounded())
        let rest = 256 - share
        let count = min(levels.count, picture.count)
        return [UInt32](unsafeUninitializedCapacity: count) { out, initialized in
            table.withUnsafeBufferPointer { table in
                levels.withUnsafeBufferPointer { levels in
                    picture.withUnsafeBufferPointer { picture in
                        for index in 0..<count {
                            let level = levels[index], below = picture[index]
                            if level < 0 {
                                out[index] = below
                            } else {
                                let above = table[Int(level) & 255]
                                let redBlue = ((above & 0xFF00FF) &* share &+ (below & 0xFF00FF) &* rest) >> 8 & 0xFF00FF
                                let green = ((above & 0x00FF00) &* share &+ (below & 0x00FF00) &* rest) >> 8 & 0x00FF00
                                out[index] = redBlue | green
                            }
                        }
                    }
                }
            }
            initialized = count
        }
    }
}
