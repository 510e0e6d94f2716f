import Checkpoints
import Tensors
import VisionTransformer

/// A way to turn what a layer reads after its norm 1, x, and a class's gradient by it, g = ∂y/∂x, into a map over patches.
///
/// Every layer costs what a backward pass through it costs; the lowest asked for is gone through to its norm 1.
public protocol TokenGradientMethod: ClassMethod {
    /// The map of one class in one layer.
    ///
    /// - Parameters:
    ///   - gradient: x and g of every token.
    ///   - grid: the grid of patches; the patches are the last tokens, row by row.
    func map(_ gradient: InputGradient, grid: ModelConfiguration.Size, compute: Compute) -> PatchMap
}

extension TokenGradientMethod {
    public var axes: QuantityAxes { [.target, .layer] }

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        try model.backward(
            trace, from: Cotangents(logits: ClassTarget.cotangents(request.targets, of: trace, model.configuration)),
            wanting: BackwardWants(inputsDownTo: request.layers.lowerBound), isCancelled: isCancelled,
            visitInputs: { gradient in
                guard request.layers.contains(gradient.layer) else { return }
                each(
                    QuantityPlace(target: gradient.position, layer: gradient.layer),
                    .map(map(gradient, grid: trace.grid, compute: model.compute)))
            })
    }
}

extension InputGradient {
    /// A value a patch, made of its token's x and g by the threads; the patches in any order.
    func patchMap(
        _ grid: ModelConfiguration.Size, _ compute: Compute, _ value: (_ x: UnsafePointer<Float>, _ g: UnsafePointer<Float>) -> Float
    ) -> PatchMap {
        var map = PatchMap.zeros(grid)
        map.values.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return }
            nonisolated(unsafe) let out = base
            compute.forRanges(tokens - prefixTokens) { patches in
                for patch in patches {
                    guard let x = input(prefixTokens + patch).baseAddress, let g = gradient(prefixTokens + patch).baseAddress else { return }
                    out[patch] = value(x, g)
                }
            }
        }
        return map
    }

    /// relu(Σ_d w_d x_d) of every patch.
    func weighted(by weights: [Double], _ grid: ModelConfiguration.Size, _ compute: Compute) -> PatchMap {
        weights.map { Float($0) }.withUnsafeBufferPointer { weights in
            guard let w = weights.baseAddress else { return .zeros(grid) }
            return patchMap(grid, compute) { x, _ in max(0, compute.kernels.dot(x, w, width)) }
        }
    }

    /// For every number of a token, by its place, a sum over the patches in double precision.
    ///
    /// - Parameter add: adds what one patch's x and g give at some places to the sums there.
    func columnSums(
        _ compute: Compute,
        add: (_ x: UnsafePointer<Float>, _ g: UnsafePointer<Float>, _ columns: Range<Int>, _ sums: UnsafeMutablePointer<Double>) -> Void
    ) -> [Double] {
        var sums = [Double](repeating: 0, count: width)
        sums.withUnsafeMutableBufferPointer { sums in
            guard let base = sums.baseAddress else { return }
            nonisolated(unsafe) let out = base
            compute.forRanges(width, multiple: 16) { columns in
                for token in prefixTokens..<tokens {
                    guard let x = input(token).baseAddress, let g = gradient(token).baseAddress else { return }
                    add(x, g, columns, out)
                }
            }
        }
        return sums
    }

    /// Σ_j x_jd over the patches j.
    func inputSums(_ compute: Compute) -> [Double] {
        columnSums(compute) { x, _, columns, sums in
            for column in columns { sums[column] += Double(x[column]) }
        }
    }
}
