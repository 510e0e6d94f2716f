import Files

/// How the entries of a position embedding divide into prefix tokens and a grid of patches.
struct PositionLayout: Equatable {
    /// Which prefix tokens have an entry.
    enum Covers: Equatable { case all, none, classOnly }

    let entries: Int
    let covers: Covers
    let grid: ModelConfiguration.Size
    var notes: [String] = []

    /// Without a position embedding: the grid is the configuration's, else that of 224×224 pixels.
    init(withoutEntriesOf imageSize: ModelConfiguration.Size?, patch: ModelConfiguration.Size) {
        entries = 0
        covers = .none
        let size = imageSize ?? .init(height: 224, width: 224)
        grid = .init(height: max(1, size.height / patch.height), width: max(1, size.width / patch.width))
        if imageSize == nil { notes = ["no config gives the input's size: 224×224 pixels assumed; any other will do"] }
    }

    /// The configured image size decides where it fits the number of entries; otherwise the patches form a square.
    ///
    /// - Parameter failure: makes the error out of the end of a sentence about the tensor.
    init(
        entries: Int, prefixCount: Int, hasClassToken: Bool, imageSize: ModelConfiguration.Size?,
        patch: ModelConfiguration.Size, failure: (String) -> FileError
    ) throws(FileError) {
        var options: [(Covers, Int)] = [(.all, prefixCount)]
        if prefixCount > 0 { options.append((.none, 0)) }
        if prefixCount > 1, hasClassToken { options.append((.classOnly, 1)) }

        self.entries = entries
        var expected: ModelConfiguration.Size?
        if let imageSize, imageSize.height >= patch.height, imageSize.width >= patch.width {
            let grid = ModelConfiguration.Size(
                height: imageSize.height / patch.height, width: imageSize.width / patch.width)
            expected = grid
            let patches = grid.height * grid.width
            if let (covers, _) = options.first(where: { $0.1 + patches == entries }) {
                self.covers = covers
                self.grid = grid
                return
            }
        }
        for (covers, count) in options where entries > count {
            let side = Int(Double(entries - count).squareRoot().rounded())
            guard side * side == entries - count else { continue }
            self.covers = covers
            grid = .init(height: side, width: side)
            if let expected {
                notes = [
                    "the config's input is \(expected.height)×\(expected.width) patches, the position embedding \(side)×\(side), which is used"
                ]
            }
            return
        }
        let tokens = "\(entries) entries for \(prefixCount) prefix token\(prefixCount == 1 ? "" : "s")"
        if let expected {
            throw failure(
                "has \(tokens): the config's input makes \(expected.height)×\(expected.width) patches, and the rest is no square"
            )
        }
        throw failure(
            "has \(tokens): the rest is no square grid; a config.json with the input size is needed (or a token is missing)"
        )
    }
}
