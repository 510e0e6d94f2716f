extension RGBImage {
    /// Pictures of one size side by side, row below row.
    ///
    /// - Parameter tiles: rows of as many pictures each, all of one size; at least one.
    public init(tiles: [[RGBImage]]) {
        guard let first = tiles.first?.first else { preconditionFailure("no pictures to tile") }
        let columns = tiles[0].count
        precondition(
            tiles.allSatisfy { row in row.count == columns && row.allSatisfy { $0.width == first.width && $0.height == first.height } })
        var samples: [UInt8] = []
        samples.reserveCapacity(tiles.count * columns * first.samples.count)
        let line = first.width * 3
        for row in tiles {
            for y in 0..<first.height {
                for tile in row { samples += tile.samples[y * line..<(y + 1) * line] }
            }
        }
        self.init(width: first.width * columns, height: first.height * tiles.count, samples: samples)
    }

    /// Pictures of any sizes one under the other, white beside those that are narrower.
    ///
    /// - Parameter pictures: at least one.
    public init(stacked pictures: [RGBImage]) {
        let width = pictures.map(\.width).max() ?? 0
        var samples: [UInt8] = []
        samples.reserveCapacity(pictures.reduce(0) { $0 + $1.height } * width * 3)
        for picture in pictures {
            let line = picture.width * 3, blank = [UInt8](repeating: 255, count: (width - picture.width) * 3)
            for y in 0..<picture.height {
                samples += picture.samples[y * line..<(y + 1) * line]
                samples += blank
            }
        }
        self.init(width: width, height: pictures.reduce(0) { $0 + $1.height }, samples: samples)
    }
}
