import Checkpoints
import Glibc
import Tensors
import VisionTransformer

/// Cosines of one vector with others.
enum Similarity {
    /// The cosine of the mean of some rows with each patch's row, from −1 to 1; 0 where a vector is zero.
    ///
    /// - Parameters:
    ///   - rows: `[tokens, width]`.
    ///   - columns: the part of the width that is compared.
    static func map(of query: Range<Int>, in rows: Tensor, columns: Range<Int>, _ trace: Trace, _ compute: Compute) -> PatchMap {
        let width = rows.shape[1]
        return rows.withUnsafeElements { elements in
            guard let base = elements.baseAddress else { return .zeros(trace.grid) }
            var mean = [Float](repeating: 0, count: columns.count)
            for token in query {
                for (place, column) in columns.enumerated() { mean[place] += base[token * width + column] / Float(query.count) }
            }
            return mean.withUnsafeBufferPointer { mean in
                guard let mean = mean.baseAddress else { return .zeros(trace.grid) }
                let own = compute.kernels.dot(mean, mean, columns.count)
                let values = (trace.prefixTokens..<trace.tokens).map { token -> Float in
                    let row = base + token * width + columns.lowerBound
                    let length = (own * compute.kernels.dot(row, row, columns.count)).squareRoot()
                    return length > 0 ? compute.kernels.dot(mean, row, columns.count) / length : 0
                }
                return PatchMap(rows: trace.grid.height, columns: trace.grid.width, values: values)
            }
        }
    }
}
