import Attribution
import Images

/// The way from patch maps to a label map, as functions that the explorer and the batch share:
///
///     patch maps → (patch refiners) → upsampled → normalized → (pixel refiners) → saliency → completed
///
/// Each step takes only what the one before made, so whoever keeps the results repeats only what a change touches.
public enum LabelMaker {
    /// Patch maps at a picture's size, bilinear.
    ///
    /// - Parameters:
    ///   - maps: one a class, of one size, each with at least one patch.
    ///   - classes: the maps' classes among the model's logits.
    public static func upsampled(
        _ maps: [PatchMap], classes: [Int], width: Int, height: Int, _ upsampling: Upsampling = .corners
    ) -> PixelMaps {
        let values = [Float](unsafeUninitializedCapacity: maps.count * width * height) { target, count in
            enlarge(maps, width: width, height: height, upsampling) { target[$0] = $1 }
            count = maps.count * width * height
        }
        return PixelMaps(classes: classes, height: height, width: width, values: values)
    }

    /// Adds patch maps at a picture's size, bilinear, to the maps of another view: one of the same classes each.
    public static func add(_ maps: [PatchMap], to total: inout PixelMaps, _ upsampling: Upsampling = .corners) {
        precondition(maps.count == total.classes.count)
        let (width, height) = (total.width, total.height)
        total.values.withUnsafeMutableBufferPointer { target in
            enlarge(maps, width: width, height: height, upsampling) { target[$0] += $1 }
        }
    }

    /// Calls `body` with every place of the enlarged maps and the value there.
    @inline(__always)
    private static func enlarge(
        _ maps: [PatchMap], width: Int, height: Int, _ upsampling: Upsampling, _ body: (Int, Float) -> Void
    ) {
        for (position, map) in maps.enumerated() {
            precondition(map.rows > 0 && map.columns > 0)
            let across = upsampling.places(width, map.columns), down = upsampling.places(height, map.rows)
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
                        body((position * height + y) * width + x, (1 - rowWeight) * top + rowWeight * bottom)
                    }
                }
            }
        }
    }

    /// Fused maps of one picture's classes after each patch was shared out among them: x_c · h_c / Σ h, with h = x / max x.
    public static func shared(_ maps: [PatchMap]) -> [PatchMap] {
        guard maps.count > 1 else { return maps }
        let scaled = maps.map { map in
            let largest = map.range.maximum
            return map.values.map { largest > 0 ? $0 / largest : 0 }
        }
        return maps.enumerated().map { position, map in
            var result = map
            for patch in map.values.indices {
                let sum = scaled.reduce(0) { $0 + $1[patch] }
                result.values[patch] = sum > 0 ? map.values[patch] * scaled[position][patch] / sum : 0
            }
            return result
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
        normalize(&result)
        return result
    }

    /// Normalizes maps.
    public func normalize(_ maps: inout PixelMaps) {
        let (pixels, planes) = (maps.width * maps.height, maps.classes.indices)
        maps.values.withUnsafeMutableBufferPointer { values in
            for plane in planes {
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
    }
}
