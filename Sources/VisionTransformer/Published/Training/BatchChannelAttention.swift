import Checkpoints
import Tensors

/// x + b · w, where w weighs the channels of b = conv(relu(conv(x))) by their means (squeeze and excitation), for every picture of
/// a batch by itself.
struct BatchChannelAttention {
    private let first: BatchConvolution, second: BatchConvolution
    /// `[squeezed, channels]` and `[channels, squeezed]`.
    private let squeeze: [Float], excitation: [Float]
    private let channels: Int

    /// What one picture's pass leaves for the way back.
    struct Trace {
        fileprivate let input: FeatureMap, inner: FeatureMap, body: FeatureMap
        fileprivate let means: [Float], squeezed: [Float], weights: [Float]
    }

    init(_ decoder: ParameterSet.Decoder) {
        first = BatchConvolution(decoder.attention[0], padding: 1) { $0.decoder?.attention[0] }
        second = BatchConvolution(decoder.attention[1], padding: 1) { $0.decoder?.attention[1] }
        squeeze = decoder.squeeze.values
        excitation = decoder.excitation.values
        channels = decoder.excitation.shape[0]
    }

    func forward(_ x: FeatureMap, _ model: VisionTransformer) -> (map: FeatureMap, trace: Trace) {
        let (compute, workspace) = (model.compute, model.workspace)
        let inner = first.layer(x, rectify: true, compute: compute, in: workspace)
        let body = second.layer(inner, compute: compute, in: workspace)
        let means = body.channelMeans(compute), hidden = squeeze.count / channels
        let squeezed = Self.product(squeeze, hidden, means).map { max(Float($0), 0) }
        let weights = ModelConfiguration.Probability.sigmoid(Self.product(excitation, channels, squeezed).map { Float($0) })
        let result = body.copy(in: workspace)
        weights.withUnsafeBufferPointer { result.transform(scale: $0.baseAddress, adding: x, compute: compute) }
        return (result, Trace(input: x, inner: inner, body: body, means: means, squeezed: squeezed, weights: weights))
    }

    /// ∂ scalar / ∂ input, for ∂ scalar / ∂ output, which stays.
    func backward(_ gradient: FeatureMap, _ trace: Trace, _ model: VisionTransformer, addingTo sums: ParameterSet) -> FeatureMap {
        let (compute, workspace, hidden) = (model.compute, model.workspace, trace.squeezed.count)
        // Of the weights, through the sigmoid, the two matrices and the means.
        let byWeights = BatchNormPass.GradientPart(gradient, trace.body, compute).products
        let bySigmoid = (0..<channels).map { byWeights[$0] * Double(trace.weights[$0]) * (1 - Double(trace.weights[$0])) }
        let bySqueezed = zip(trace.squeezed, Self.transposed(excitation, hidden, bySigmoid)).map { $0 > 0 ? $1 : 0 }
        if let decoder = sums.decoder {
            for channel in 0..<channels {
                for row in 0..<hidden {
                    decoder.excitation.sum[channel * hidden + row] += Float(bySigmoid[channel] * Double(trace.squeezed[row]))
                    decoder.squeeze.sum[row * channels + channel] += Float(bySqueezed[row] * Double(trace.means[channel]))
                }
            }
        }
        let positions = Double(gradient.positions)
        let byMeans = Self.transposed(squeeze, channels, bySqueezed).map { Float($0 / positions) }
        let body = gradient.copy(in: workspace)
        trace.weights.withUnsafeBufferPointer { scale in
            byMeans.withUnsafeBufferPointer { shift in
                body.transform(scale: scale.baseAddress, shift: shift.baseAddress, compute: compute)
            }
        }
        let inner = second.backward(body, of: trace.inner, model, addingTo: sums)
        inner.keepGradient(whereAboveZero: trace.inner, compute)
        let result = first.backward(inner, of: trace.input, model, addingTo: sums)
        result.transform(adding: gradient, compute: compute)
        return result
    }

    /// A matrix of `rows` rows times a vector.
    private static func product(_ matrix: [Float], _ rows: Int, _ vector: [Float]) -> [Double] {
        (0..<rows).map { row in
            vector.indices.reduce(0.0) { sum, column in sum + Double(matrix[row * vector.count + column]) * Double(vector[column]) }
        }
    }

    /// The transpose of a matrix of `columns` columns times a vector.
    private static func transposed(_ matrix: [Float], _ columns: Int, _ vector: [Double]) -> [Double] {
        (0..<columns).map { column in
            vector.indices.reduce(0.0) { sum, row in sum + Double(matrix[row * columns + column]) * vector[row] }
        }
    }
}
