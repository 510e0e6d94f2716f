import Attribution
import Checkpoints
import Images
import Tensors
import VisionTransformer

/// How the maps of a picture's four tiles join those of the whole.
///
/// The model's input is cut into two by two tiles, which go through the model as they are, each by itself; their maps, fused and refined over
/// patches, are put together again. Source: Jo & Yu, "Puzzle-CAM: Improved Localization via Matching Partial and Full Features" (ICIP 2021),
/// whose training makes both alike.
public enum TileMerge: String, Sendable, Hashable, CaseIterable {
    /// The mean of the two, each over its largest value.
    case mean
    /// The larger of the two at each patch, each over its largest value.
    case maximum

    /// A map of the whole joined with that of the tiles; of one size. Of a map that is nowhere positive nothing counts.
    public func merged(_ whole: PatchMap, _ tiles: PatchMap) -> PatchMap {
        precondition(whole.rows == tiles.rows && whole.columns == tiles.columns, "maps differ in size")
        let largest = (whole.range.maximum, tiles.range.maximum)
        var result = whole
        for patch in whole.values.indices {
            let one = largest.0 > 0 ? whole.values[patch] / largest.0 : 0, other = largest.1 > 0 ? tiles.values[patch] / largest.1 : 0
            result.values[patch] = self == .mean ? (one + other) / 2 : max(one, other)
        }
        return result
    }
}

extension LabelPipeline {
    /// The input of a view that is cut into tiles: each side the nearest whole number of patches for two of them.
    func evenSize(_ size: ModelConfiguration.Size) -> ModelConfiguration.Size {
        guard preset.tiles != nil else { return size }
        let step = model.configuration.inputStep
        func even(_ length: Int, _ step: Int) -> Int { max((length + step) / (2 * step), 1) * 2 * step }
        return .init(height: even(size.height, step.height), width: even(size.width, step.width))
    }

    /// The maps of a view joined with those of its tiles, as the preset says; as they are where it says nothing of tiles.
    ///
    /// - Parameter whole: as ``patchMaps(_:_:classes:layerMaps:isCancelled:)`` gives them.
    /// - Throws: `LabelError` where the view's sides are not even numbers of patches.
    public func tiled(
        _ whole: [PatchMap], of picture: @autoclosure () throws -> RGBImage, _ view: View, classes: [Int], isCancelled: () -> Bool = { false }
    ) throws -> [PatchMap] {
        guard let merge = preset.tiles, !whole.isEmpty else { return whole }
        guard evenSize(view.size) == view.size else {
            throw LabelError.setting(
                "an input of \(view.size.width)×\(view.size.height) pixels does not part into two by two tiles of whole patches; choose another size")
        }
        let picture = try picture(), shown = view.isMirrored ? picture.mirrored : picture
        let input = shown.modelInput(view.size, model.configuration.preprocessing)
        let tile = View(size: .init(height: view.size.height / 2, width: view.size.width / 2), isMirrored: false)
        var quarters: [[PatchMap]] = []
        for place in 0..<4 {
            let trace = try model.forward(
                Self.tile(input, row: place / 2, column: place % 2, tile.size), options: forwardOptions, isCancelled: isCancelled)
            quarters.append(try patchMaps(trace, tile, classes: classes, isCancelled: isCancelled))
        }
        return whole.indices.map { position in
            let stitched = Self.stitched(quarters.map { $0[position] })
            return merge.merged(whole[position], view.isMirrored ? LabelMaker.mirrored(stitched) : stitched)
        }
    }

    /// One of two by two parts of `[3, height, width]`.
    private static func tile(_ input: Tensor, row: Int, column: Int, _ size: ModelConfiguration.Size) -> Tensor {
        let (height, width) = (input.shape[1], input.shape[2])
        return Tensor(shape: [3, size.height, size.width]) { target in
            input.withUnsafeElements { source in
                for channel in 0..<3 {
                    for y in 0..<size.height {
                        let from = (channel * height + row * size.height + y) * width + column * size.width
                        let to = (channel * size.height + y) * size.width
                        for x in 0..<size.width { target[to + x] = source[from + x] }
                    }
                }
            }
        }
    }

    /// Four maps as one: upper left, upper right, lower left, lower right.
    private static func stitched(_ quarters: [PatchMap]) -> PatchMap {
        let (rows, columns) = (quarters[0].rows, quarters[0].columns)
        var values = [Float](repeating: 0, count: 4 * rows * columns)
        for (place, quarter) in quarters.enumerated() {
            for row in 0..<rows {
                let start = ((place / 2 * rows + row) * 2 + place % 2) * columns
                values.replaceSubrange(start..<start + columns, with: quarter.values[row * columns..<(row + 1) * columns])
            }
        }
        return PatchMap(rows: 2 * rows, columns: 2 * columns, values: values)
    }
}
