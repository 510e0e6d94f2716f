import Checkpoints
import Glibc
import Tensors

/// Sines and cosines of the angles by which a rotary position embedding turns the queries and keys of patches, and maybe of tokens
/// right before them.
struct Rotation: Sendable {
    /// `[layers or 1, heads or 1, tokens, head width / 2]`
    let cosines: Tensor, sines: Tensor
    /// How many tokens before the first patch are turned.
    let prefix: Int
    /// Whether the elements of a pair lie half a head apart; else they are neighbors.
    let pairsHalves: Bool
    /// How many parts of a head are turned each for itself, as if it were a head.
    let parts: Int

    /// Of one layer: where its cosines and sines begin, and elements from one head's to the next's, 0 where all share them.
    func layer(_ layer: Int) -> (cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>, headStride: Int) {
        let (heads, tokens, half) = (cosines.shape[1], cosines.shape[2], cosines.shape[3])
        let offset = cosines.shape[0] == 1 ? 0 : layer * heads * tokens * half
        return (cosines.base + offset, sines.base + offset, heads == 1 ? 0 : tokens * half)
    }

    /// Of some of the patches alone, in order.
    func keeping(_ patches: [Int]) -> Rotation {
        let tokens = Array(0..<prefix) + patches.map { prefix + $0 }
        func kept(_ table: Tensor) -> Tensor {
            let (outer, count, half) = (table.shape[0] * table.shape[1], table.shape[2], table.shape[3])
            return Tensor(shape: [table.shape[0], table.shape[1], tokens.count, half]) { target in
                guard let base = target.baseAddress else { return }
                for row in 0..<outer * tokens.count {
                    let source = (row / tokens.count * count + tokens[row % tokens.count]) * half
                    (base + row * half).initialize(from: table.base + source, count: half)
                }
            }
        }
        return Rotation(cosines: kept(cosines), sines: kept(sines), prefix: prefix, pairsHalves: pairsHalves, parts: parts)
    }
}

extension ParameterSet {
    /// The angles' sines and cosines for a grid of patches, and for the class token where that is turned; nil without a rotary position
    /// embedding.
    func rotation(_ grid: VisionTransformer.Grid) -> Rotation? {
        guard let rotary = configuration.rotary, let frequencies = rotaryFrequencies else { return nil }
        func places(_ count: Int, _ reference: Int?) -> [Float] {
            (0..<count).map { index in
                switch rotary.places {
                case .centers: 2 * .pi * (2 * ((Float(index) + 0.5 + rotary.offset) / Float(count)) - 1)
                case .indices:
                    reference.map { (Float(index) + rotary.offset) / Float(count) * Float($0) } ?? Float(index) + rotary.offset
                }
            }
        }
        let rows = places(grid.rows, rotary.reference?.height), columns = places(grid.columns, rotary.reference?.width)
        let (layers, heads, half) = (frequencies.shape[1], frequencies.shape[2], frequencies.shape[3])
        let second = layers * heads * half
        let ofClass = rotaryClassAngles?.values ?? [], prefix = ofClass.isEmpty ? 0 : 1
        func table(_ function: (Double) -> Double) -> Tensor {
            Tensor(shape: [layers, heads, prefix + grid.patches, half]) { target in
                var index = 0
                for outer in 0..<layers * heads {
                    for angle in ofClass {
                        target[index] = Float(function(Double(angle)))
                        index += 1
                    }
                    let first = frequencies.base + outer * half
                    for patch in 0..<grid.patches {
                        let (row, column) = (rows[patch / grid.columns], columns[patch % grid.columns])
                        let (one, other) = rotary.columnsFirst ? (column, row) : (row, column)
                        for pair in 0..<half {
                            let angle = Double(one) * Double(first[pair]) + Double(other) * Double(first[second + pair])
                            target[index] = Float(function(angle))
                            index += 1
                        }
                    }
                }
            }
        }
        return Rotation(
            cosines: table(cos), sines: table(sin), prefix: prefix, pairsHalves: rotary.pairsHalves, parts: rotary.splitsHeads ? 2 : 1)
    }
}

extension VisionTransformer {
    /// The rotary position embedding of a grid; nil where the model has none.
    func rotation(for grid: Grid) -> Rotation? {
        guard configuration.rotary != nil else { return nil }
        return rotationCache.withLock { cache in
            if let known = cache[grid] { return known }
            let result = parameters.rotation(grid)
            // As for positions, see there.
            if cache.count >= 16 { cache.removeAll() }
            cache[grid] = result
            return result
        }
    }

    /// Turns the patches' rows of what holds all heads side by side, in place; prefix tokens stay as they are, unless they are turned,
    /// too.
    ///
    /// - Parameters:
    ///   - x: the first token's row.
    ///   - rows: tokens, from the first on.
    ///   - isBackwards: the transpose, which takes gradients back.
    func rotate(
        _ x: UnsafeMutablePointer<Float>, stride: Int, rows: Int, by rotation: Rotation, layer: Int, isBackwards: Bool = false
    ) {
        let (heads, headWidth) = (sizes.heads * rotation.parts, sizes.headWidth / rotation.parts), half = headWidth / 2
        let prefix = configuration.prefixTokens - rotation.prefix
        let (cosines, sines, headStride) = rotation.layer(layer)
        let kernels = compute.kernels, sign: Float = isBackwards ? -1 : 1, halves: Int32 = rotation.pairsHalves ? 1 : 0
        compute.forRanges(max(0, rows - prefix)) { range in
            kernels.rotate(
                x + (prefix + range.lowerBound) * stride, stride, range.count, heads, headWidth, cosines + range.lowerBound * half,
                sines + range.lowerBound * half, headStride, sign, halves)
        }
    }

    /// The same for queries and keys side by side, `[rows, 3D]`.
    func rotateQueriesAndKeys(
        _ qkv: UnsafeMutablePointer<Float>, rows: Int, by rotation: Rotation, layer: Int, isBackwards: Bool = false
    ) {
        let width = sizes.attentionWidth
        rotate(qkv, stride: 3 * width, rows: rows, by: rotation, layer: layer, isBackwards: isBackwards)
        rotate(qkv + width, stride: 3 * width, rows: rows, by: rotation, layer: layer, isBackwards: isBackwards)
    }
}
