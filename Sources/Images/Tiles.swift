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
}
