import Files
import Tensors

// Position embeddings that are grids, and how they are brought to other grids.
extension ParameterBuilder {
    /// Positions of rows and of columns as one grid of their sums.
    struct AxisPositions {
        /// `[rows · columns, width]`
        let table: Tensor
        let grid: ModelConfiguration.Size
        /// Of the tensor of rows.
        let name: String
    }

    /// Position embeddings of rows and columns, added up; nil where there are none.
    ///
    /// Linear resampling of each and bilinear resampling of the sums are the same, since the weights of a line sum to one.
    ///
    /// - Throws: `FileError` where they make no square grid: timm resamples them even at that grid then.
    func axisPositions(_ collector: inout TensorCollector, width: Int) throws(FileError) -> AxisPositions? {
        guard let names = keys.axisPositions, collector.has(names.rows) else { return nil }
        let (rows, columns) = (try entryCount(names.rows), try entryCount(names.columns))
        guard rows == columns, rows <= 4096 else {
            throw invalid("has positions of \(rows) rows and \(columns) columns, which make no square grid: not supported")
        }
        let down = collector.take(names.rows, [rows, width]), across = collector.take(names.columns, [columns, width])
        let grid = ModelConfiguration.Size(height: rows, width: columns)
        // A request that failed left an empty tensor; finish() will throw.
        guard down.count == rows * width, across.count == columns * width else {
            return AxisPositions(table: Tensor(shape: [rows * columns, width]), grid: grid, name: names.rows)
        }
        let (y, x) = (down.values, across.values)
        let table = Tensor(shape: [rows * columns, width]) { table in
            guard let base = table.baseAddress else { return }
            for patch in 0..<rows * columns {
                let (row, column) = (patch / columns * width, patch % columns * width)
                for index in 0..<width { (base + patch * width + index).initialize(to: y[row + index] + x[column + index]) }
            }
        }
        return AxisPositions(table: table, grid: grid, name: names.rows)
    }

    /// The position embedding, `[count, width]`; `shared` entries before it, one at most, are added to all others.
    func positions(_ collector: inout TensorCollector, count: Int, shared: Int, width: Int) -> Tensor {
        guard count > 0 else { return Tensor(shape: [0, width]) }
        let all = collector.flattened(keys.positions, [shared + count, width])
        // A request that failed left an empty tensor; finish() will throw.
        guard shared == 1, all.count == (1 + count) * width else { return all }
        let values = all.values
        return Tensor(shape: [count, width], (0..<count * width).map { values[width + $0] + values[$0 % width] })
    }

    /// Positions of columns and, behind them, of rows, `[2 · places, width]`, where a picture takes the first ones of each; else nil.
    func positionTables(_ collector: inout TensorCollector, width: Int) throws(FileError) -> Tensor? {
        guard keys.positionsAreTables, let shape = collector.info(keys.positions)?.shape else { return nil }
        guard shape.count == 3, shape[0] == 2, (1...1_048_576).contains(shape[1]) else {
            throw invalid("\(detection.prefix)\(keys.positions) is \(shape), expected [2, places, \(width)]")
        }
        let tables = collector.take(keys.positions, [2, shape[1], width])
        // A request that failed left an empty tensor; finish() will throw.
        return tables.shape.count == 3 ? tables.reshaped([2 * shape[1], width]) : tables
    }

    /// The grid of a position embedding that is one; nil where it is not, or of an impossible shape.
    var positionGrid: ModelConfiguration.Size? {
        guard keys.positionsAreGrid, let shape = archive.info(named: detection.prefix + keys.positions)?.shape, shape.count == 4,
            shape[0] == 1, (1...4096).contains(shape[1]), (1...4096).contains(shape[2])
        else { return nil }
        return .init(height: shape[1], width: shape[2])
    }

    /// The input in pixels that such a grid, or another that is known, was made for.
    func positionGridSize(_ known: ModelConfiguration.Size?, _ patch: ModelConfiguration.Size) -> ModelConfiguration.Size? {
        (known ?? positionGrid).map { .init(height: $0.height * patch.height, width: $0.width * patch.width) }
    }

    /// The usual input in pixels, where the grid of positions was made for far larger ones, and who says so: C-RADIO's for 2048×2048.
    func usualInput(
        _ grid: ModelConfiguration.Size, _ patch: ModelConfiguration.Size
    ) -> (size: ModelConfiguration.Size, source: SettingSource)? {
        guard keys.positionsAreGrid, let known = settings.architecture?.input else { return nil }
        let size = hints.imageSize?.value ?? known
        guard size.height >= patch.height, size.width >= patch.width, size.height < grid.height * patch.height,
            size.width < grid.width * patch.width
        else { return nil }
        return (
            .init(height: size.height / patch.height * patch.height, width: size.width / patch.width * patch.width),
            hints.imageSize?.source ?? settings.architectureSource
        )
    }

    /// How the family resamples positions.
    func usualResampling(_ collector: TensorCollector, registers: Int) -> ModelConfiguration.PositionResampling {
        let hasLinearPatches = keys.style == .torch && collector.info(keys.patchEmbedding + keys.style.weight)?.shape.count == 2
        if hasLinearPatches { return keys.linearResampling }
        return registers > 0 ? keys.defaults.resamplingWithRegisters ?? keys.defaults.resampling : keys.defaults.resampling
    }

    /// How positions are resampled, and whether the picture's shape is kept: as the configuration, or the architecture has it.
    func resampling(
        usual: ModelConfiguration.PositionResampling, axes: Bool, _ settings: inout SettingResolver
    ) throws(FileError) -> (ModelConfiguration.PositionResampling, keepsShape: Bool) {
        let architecture = settings.architecture, usual = axes ? .bilinear : architecture?.resampling ?? usual
        guard keys.positionsAreGrid else { return (usual, architecture?.positionsKeepShape ?? false) }
        // Of timm's models with positions by row and column, the one there is keeps the shape.
        let keepsShape = hints.positions?.keepsShape ?? architecture?.positionsKeepShape ?? axes
        if architecture == nil, hints.positions?.keepsShape == nil {
            settings.note(
                "no config says what becomes of positions where a picture is no square: "
                    + (keepsShape ? "a part of a square's assumed" : "stretched ones assumed"))
        }
        return (try axes ? usual : hints.positions?.resampling(usual: usual) ?? usual, keepsShape)
    }
}
