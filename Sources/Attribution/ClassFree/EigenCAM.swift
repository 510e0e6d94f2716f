import Checkpoints
import Tensors
import VisionTransformer

/// Eigen-CAM: where the patches' tokens lie along the direction in which they differ most.
///
/// Source: Muhammad & Yeasin, "Eigen-CAM" (IJCNN 2020), of what a block reads after its norm 1, as pytorch-grad-cam computes it.
/// Costs patches²·width multiplications and some hundred products with a patches × patches matrix a layer.
public struct EigenCAM: ClassFreeMethod {
    public let identifier = "eigencam"
    public let title = "Eigen-CAM"
    public let summary = "the first principal component of the patches' tokens after norm 1: what is positive of it; no class needed"
    public let definition = """
        relu(v·(x_j − m)) of every patch j, x what block l reads after its norm 1, m the patches' mean, v their first \
        principal direction, of length one, with the sign that makes the mean of v·x_j over the patches 0 or more. Source: \
        Muhammad & Yeasin, IJCNN 2020, as pytorch-grad-cam has it.
        """
    public let axes: QuantityAxes = [.layer]

    public init() {}

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        let patches = trace.prefixTokens..<trace.tokens
        try request.forEachLayer(isCancelled) { layer in
            let tokens = try model.inputs(of: trace, layer: layer).rows(patches)
            each(QuantityPlace(layer: layer), .map(Self.map(tokens, trace.grid, model.compute)))
        }
    }

    private static func map(_ tokens: Tensor, _ grid: ModelConfiguration.Size, _ compute: Compute) -> PatchMap {
        let (rows, width) = (tokens.shape[0], tokens.shape[1])
        guard let component = TokenColors.components(tokens, count: 1, compute: compute).first else { return .zeros(grid) }
        return tokens.withUnsafeElements { tokens in
            var mean = [Double](repeating: 0, count: width), direction = mean
            for row in 0..<rows {
                for column in 0..<width { mean[column] += Double(tokens[row * width + column]) / Double(rows) }
            }
            // The direction, and with it the component once more: in double precision, what single precision left of others in it is
            // a square smaller.
            for row in 0..<rows {
                for column in 0..<width { direction[column] += component[row] * (Double(tokens[row * width + column]) - mean[column]) }
            }
            let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard length > 0 else { return .zeros(grid) }
            let sign: Double = zip(direction, mean).reduce(0) { $0 + $1.0 * $1.1 } < 0 ? -1 : 1
            var map = PatchMap.zeros(grid)
            for row in 0..<rows {
                var sum = 0.0
                for column in 0..<width { sum += direction[column] * (Double(tokens[row * width + column]) - mean[column]) }
                map.values[row] = Float(max(0, sign * sum / length))
            }
            return map
        }
    }
}
