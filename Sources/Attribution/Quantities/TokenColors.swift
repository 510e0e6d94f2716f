import Tensors
import VisionTransformer

/// The patches' tokens as colors: what lies alike in the first three principal components has one color.
///
/// As DINOv2's authors draw features (Oquab et al. 2024), of one picture and with all patches. Costs patches²·width
/// multiplications and some hundred products with a patches × patches matrix a layer.
public struct TokenColors: Quantity {
    public let identifier = "pca"
    public let title = "principal components"
    public let summary = "the patches' tokens after the block as colors: their first three principal components"
    public let definition = """
        Red, green and blue are the patches' coordinates along the first, second and third principal component of z_j, \
        the residual stream after block l, less its mean over the patches; each stretched from its least value to its \
        greatest. A component's sign is such that its coordinate of the greatest size is positive; one without spread is \
        0.
        """
    public let axes: QuantityAxes = [.layer]
    public let scale = QuantityScale.colors
    public let readsCompleteTrace = true

    public init() {}

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        let whole = try model.complete(trace, isCancelled: isCancelled)
        let (prefix, patches) = (trace.prefixTokens, trace.tokens - trace.prefixTokens)
        try request.forEachLayer(isCancelled) { layer in
            let tokens = try model.stream(of: whole, layer: layer).rows(prefix..<prefix + patches)
            let components = Self.components(tokens, count: 3, compute: model.compute)
            var samples = [UInt8](repeating: 0, count: patches * 3)
            for (channel, values) in components.enumerated() {
                guard let low = values.min(), let high = values.max(), high > low else { continue }
                for (patch, value) in values.enumerated() {
                    samples[patch * 3 + channel] = UInt8(((value - low) / (high - low) * 255).rounded())
                }
            }
            each(
                QuantityPlace(layer: layer),
                .colors(PatchColors(rows: trace.grid.height, columns: trace.grid.width, samples: samples)))
        }
    }

    /// The rows' coordinates along principal components, each of length one; zeros for a component without spread.
    ///
    /// - Parameter rows: `[rows, width]`.
    package static func components(_ rows: Tensor, count: Int, compute: Compute) -> [[Double]] {
        let (patches, width) = (rows.shape[0], rows.shape[1])
        var centered = rows.values
        var square = 0.0
        for column in 0..<width {
            let mean = (0..<patches).reduce(0.0) { $0 + Double(centered[$1 * width + column]) } / Double(patches)
            for patch in 0..<patches {
                let value = Double(centered[patch * width + column]) - mean
                centered[patch * width + column] = Float(value)
                square += value * value
            }
        }
        let none = [Double](repeating: 0, count: patches)
        guard square > 0 else { return Array(repeating: none, count: count) }
        // Of length one together, so that the eigenvalues are the shares of the spread.
        let scale = Float(1 / square.squareRoot())
        for index in centered.indices { centered[index] *= scale }
        var products = [Float](repeating: 0, count: patches * patches)
        products.withUnsafeMutableBufferPointer { products in
            centered.withUnsafeBufferPointer { centered in
                guard let x = centered.baseAddress, let out = products.baseAddress else { return }
                compute.forRanges(patches, multiple: 16) { range in
                    compute.product(
                        range.count, patches, width, .plain(x + range.lowerBound * width, stride: width),
                        .transposed(x, stride: width), into: out + range.lowerBound * patches, stride: patches)
                }
            }
        }
        var found: [[Double]] = [], isDone = false
        while found.count < count {
            guard !isDone, var vector = Lanczos.largest(products, count: patches, orthogonalTo: found),
                spread(of: vector, products) > 1e-6
            else {
                // What is left is noise.
                isDone = true
                found.append(none)
                continue
            }
            let peak = vector.indices.max { abs(vector[$0]) < abs(vector[$1]) }
            if let peak, vector[peak] < 0 { vector = vector.map { -$0 } }
            found.append(vector)
        }
        return found
    }

    /// The share of the spread that lies along a unit eigenvector.
    private static func spread(of vector: [Double], _ products: [Float]) -> Double {
        let count = vector.count
        var spread = 0.0
        for row in 0..<count {
            for column in 0..<count { spread += vector[row] * vector[column] * Double(products[row * count + column]) }
        }
        return spread
    }
}
