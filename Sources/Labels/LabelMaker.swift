import Attribution
import Images

/// The way from patch maps to a label map, as functions that the explorer and the batch share:
///
///     patch maps → (patch refiners) → upsampled → (pixel refiners) → normalized → saliency → completed
///
/// Each step takes only what the one before made, so whoever keeps the results repeats only what a change touches.
public enum LabelMaker {
    /// Patch maps at a picture's size: bilinear with the corner patches' middles on the corner pixels' (align_corners), as
    /// the published code resizes them (arXiv 2112.02841).
    ///
    /// - Parameters:
    ///   - maps: one a class, of one size, each with at least one patch.
    ///   - classes: the maps' classes among the model's logits.
    public static func upsampled(_ maps: [PatchMap], classes: [Int], width: Int, height: Int) -> PixelMaps {
        precondition(maps.count == classes.count && maps.allSatisfy { $0.rows > 0 && $0.columns > 0 })
        let values = [Float](unsafeUninitializedCapacity: maps.count * width * height) { target, count in
            for (position, map) in maps.enumerated() {
                let across = places(width, map.columns), down = places(height, map.rows)
                map.values.withUnsafeBufferPointer { source in
                    for y in 0..<height {
                        let (row, rowWeight) = down[y]
                        let upper = row * map.columns, lower = min(row + 1, map.rows - 1) * map.columns
                        for x in 0..<width {
                            let (column, weight) = across[x]
                            let next = min(column + 1, map.columns - 1)
                            // PyTorch's order of sums.
                            let top = (1 - weight) * source[upper + column] + weight * source[upper + next]
                            let bottom = (1 - weight) * source[lower + column] + weight * source[lower + next]
                            target[(position * height + y) * width + x] = (1 - rowWeight) * top + rowWeight * bottom
                        }
                    }
                }
            }
            count = maps.count * width * height
        }
        return PixelMaps(classes: classes, height: height, width: width, values: values)
    }

    /// For each of `size` pixels the cell before it and how far it is to the next.
    private static func places(_ size: Int, _ cells: Int) -> [(cell: Int, weight: Float)] {
        let scale = size > 1 ? Float(cells - 1) / Float(size - 1) : 0
        return (0..<size).map { index in
            let place = scale * Float(index)
            let cell = min(Int(place), cells - 1)
            return (cell, min(max(place - Float(cell), 0), 1))
        }
    }

    /// A map's mirror image, for pictures that were mirrored before the model saw them.
    public static func mirrored(_ map: PatchMap) -> PatchMap {
        var result = map
        for row in 0..<map.rows {
            for column in 0..<map.columns {
                result.values[row * map.columns + column] = map.values[row * map.columns + map.columns - 1 - column]
            }
        }
        return result
    }

    /// The sum of the maps of several views (scales, mirror images) of one picture, all of one size and the same classes.
    public static func sum(_ views: [PixelMaps]) -> PixelMaps? {
        guard var total = views.first else { return nil }
        for view in views.dropFirst() {
            precondition(view.classes == total.classes && view.values.count == total.values.count)
            for index in total.values.indices { total.values[index] += view.values[index] }
        }
        return total
    }

    /// Everything after upsampling, in one go.
    ///
    /// - Parameters:
    ///   - maps: raw maps at the picture's size.
    ///   - labels: the number of each plane's class in the label map.
    ///   - refine: the pixel refiners, in their order; `{ $0 }` for none.
    ///   - saliency: nil where saliency is not used.
    /// - Throws: `LabelError`, and what `refine` throws.
    public static func labels(
        _ maps: PixelMaps, labels: [UInt8], normalization: MapNormalization, completion: LabelCompletion, saliency: Mask?,
        refine: (PixelMaps) throws -> PixelMaps
    ) throws -> CompletedLabels {
        let activation = try Activation(normalization.normalized(try refine(maps)), labels: labels)
        return try completion.labels(activation, saliency: saliency)
    }

    /// A label map for a picture without any of the classes: unknown where it is salient, else background.
    public static func labels(width: Int, height: Int, saliency: Mask?, completion: LabelCompletion) throws(LabelError) -> CompletedLabels {
        try completion.labels(
            try Activation(PixelMaps(classes: [], height: height, width: width, values: [])), saliency: saliency)
    }
}

/// How raw maps are brought to 0…1, each class by itself.
public enum MapNormalization: String, Sendable, Hashable, CaseIterable {
    /// x / (largest + 10⁻⁵) of the published code, where x is at least 0.
    ///
    /// Raw maps of 10⁻⁶ and less would drown in the 10⁻⁵, so they are first scaled to a largest of 1; a map of zeros stays.
    case maximum
    /// x / (largest + 10⁻⁵) on the values as they are: the published code to the letter, for maps of its size.
    case publishedMaximum
    /// (x − smallest) / (largest − smallest).
    case minimumMaximum

    /// The maps, normalized.
    public func normalized(_ maps: PixelMaps) -> PixelMaps {
        var result = maps
        let pixels = maps.width * maps.height
        result.values.withUnsafeMutableBufferPointer { values in
            for plane in maps.classes.indices {
                let range = plane * pixels..<(plane + 1) * pixels
                guard pixels > 0 else { continue }
                var low = values[range.lowerBound], high = low
                for index in range {
                    low = values[index] < low ? values[index] : low
                    high = values[index] > high ? values[index] : high
                }
                switch self {
                case .maximum:
                    guard high > 0 else { continue }
                    for index in range { values[index] = values[index] / high / (1 + 1e-5) }
                case .publishedMaximum:
                    for index in range { values[index] /= high + 1e-5 }
                case .minimumMaximum:
                    guard high > low else {
                        for index in range { values[index] = 0 }
                        continue
                    }
                    for index in range { values[index] = (values[index] - low) / (high - low) }
                }
            }
        }
        return result
    }
}
