import Checkpoints
import VisionTransformer

extension VisionTransformer {
    /// A table with a number a layer and head, made of each head's whole attention.
    ///
    /// Of a last block that was computed for its readout tokens only, all its rows are made at every call, which a complete
    /// trace spares. Heads are shared out among the threads.
    ///
    /// - Parameters:
    ///   - layers: those wanted; the others' numbers are NaN.
    ///   - number: of a head's rows, all N of them.
    func headTable(
        of trace: Trace, layers: ClosedRange<Int>, unit: String, isCancelled: () -> Bool,
        number: (_ head: Int, AttentionRows) -> Double
    ) throws -> QuantityTable {
        let heads = configuration.heads
        var rows: [[Float]] = []
        for layer in 0..<trace.depth {
            if isCancelled() { throw CancellationError() }
            var row = [Float](repeating: .nan, count: heads)
            if layers.contains(layer) {
                withAttention(of: trace, layer: layer, rows: 0..<trace.tokens) { attention in
                    row.withUnsafeMutableBufferPointer { row in
                        guard let out = row.baseAddress else { return }
                        compute.pool.forEach(heads) { out[$0] = Float(number($0, attention)) }
                    }
                }
            }
            rows.append(row)
        }
        return QuantityTable(columns: (0..<heads).map { "head \($0)" }, rows: rows, unit: unit)
    }
}
