/// A lattice of simplices over a five-dimensional feature space, through which values are filtered with a Gaussian of unit
/// deviation in time linear in the number of points.
///
/// A point's value is spread over the six vertices of its simplex, blurred along the six lattice directions by
/// [¼, ½, ¼], and collected again; vertices that are not kept (``LatticeGraph``) count as zero. The result approximates
/// Σ_j exp(−½‖f_i − f_j‖²)·v_j up to one constant factor.
/// Source: Adams, Baek and Davis, "Fast High-Dimensional Filtering Using the Permutohedral Lattice", 2010.
package final class PermutohedralLattice: Sendable {
    /// Points n.
    package let points: Int
    /// Vertices M that are kept.
    package var vertices: Int { graph.count }
    private let graph: LatticeGraph
    /// `[6, n]`: how much of each point its simplex's corners get, by class.
    private let weights: [Float]
    /// `vertices + 1` values each; the last stays zero.
    private let workspace = Workspace()

    /// - Parameters:
    ///   - features: `[n, 5]`, in deviations of the Gaussian; magnitudes below 1e7. The vertices of points
    ///     more than 5,000 deviations apart may be mistaken for each other.
    ///   - checkpoint: called between the steps; what it throws ends the work and is thrown on.
    package init<Failure>(
        features: [Float], compute: Compute, checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        precondition(features.count % LatticePlacement.dimensions == 0)
        let n = features.count / LatticePlacement.dimensions, corners = LatticePlacement.corners
        var keys = [UInt64](repeating: 0, count: corners * n)
        weights = [Float](unsafeUninitializedCapacity: corners * n) { weights, count in
            keys.withUnsafeMutableBufferPointer { keys in
                features.withUnsafeBufferPointer { features in
                    guard let keys = keys.baseAddress, let weights = weights.baseAddress, let features = features.baseAddress
                    else { return }
                    compute.forRanges(n, parts: 4 * compute.pool.threads) {
                        LatticePlacement.place($0, of: n, features, keys: keys, weights: weights)
                    }
                }
            }
            count = corners * n
        }
        try checkpoint()
        points = n
        graph = try LatticeGraph(keys: keys, points: n, compute: compute, checkpoint: checkpoint)
    }

    /// Filters `channels` interleaved values a point.
    ///
    /// - Parameters:
    ///   - values: `[n, channels]`, aligned to four values.
    ///   - channels: 1, 2, or a multiple of 4.
    ///   - result: `[n, channels]`; must not overlap `values`.
    package func filter(
        _ values: UnsafePointer<Float>, channels: Int, into result: UnsafeMutablePointer<Float>, compute: Compute
    ) {
        switch channels {
        case 1: filter(values, stride: 1, into: result, compute)
        case 2: filter(Self.lanes(values, SIMD2<Float>.self), stride: 1, into: Self.lanes(result, SIMD2<Float>.self), compute)
        default:
            precondition(channels % 4 == 0)
            for group in 0..<channels / 4 {
                filter(
                    Self.lanes(values, SIMD4<Float>.self) + group, stride: channels / 4,
                    into: Self.lanes(result, SIMD4<Float>.self) + group, compute)
            }
        }
    }

    private static func lanes<Value>(_ base: UnsafePointer<Float>, _: Value.Type) -> UnsafePointer<Value> {
        UnsafeRawPointer(base).assumingMemoryBound(to: Value.self)
    }

    private static func lanes<Value>(_ base: UnsafeMutablePointer<Float>, _: Value.Type) -> UnsafeMutablePointer<Value> {
        UnsafeMutableRawPointer(base).assumingMemoryBound(to: Value.self)
    }

    private func filter<Value: LatticeValue>(
        _ values: UnsafePointer<Value>, stride: Int, into result: UnsafeMutablePointer<Value>, _ compute: Compute
    ) {
        let floats = (vertices + 1) * MemoryLayout<Value>.stride / MemoryLayout<Float>.stride
        let buffers = (workspace.take(floats), workspace.take(floats))
        var (current, next) = (Self.lanes(buffers.0.base, Value.self), Self.lanes(buffers.1.base, Value.self))
        next[vertices] = .zero
        splat(values, stride, into: current, compute)
        for direction in 0..<LatticePlacement.corners {
            blur(current, direction, into: next, compute)
            swap(&current, &next)
        }
        slice(current, stride, into: result, compute)
        withExtendedLifetime(buffers) {}
    }

    /// Gives the filter's memory back; the vertices stay.
    package func trim() { workspace.trim() }

    /// Points or vertices that one thread takes at a time.
    private static let chunk = 8192

    /// Every class on its own: no two write to one vertex.
    private func splat<Value: LatticeValue>(
        _ values: UnsafePointer<Value>, _ stride: Int, into target: UnsafeMutablePointer<Value>, _ compute: Compute
    ) {
        target[vertices] = .zero
        graph.corners.withUnsafeBufferPointer { corners in
            weights.withUnsafeBufferPointer { weights in
                compute.pool.forEach(LatticePlacement.corners) { index in
                    let (start, first) = (graph.starts[index], index * points)
                    let own = target + start
                    own.update(repeating: .zero, count: graph.starts[index + 1] - start)
                    for point in 0..<points {
                        own[Int(corners[first &+ point])] += values[point &* stride] * weights[first &+ point]
                    }
                }
            }
        }
    }

    private func blur<Value: LatticeValue>(
        _ source: UnsafePointer<Value>, _ direction: Int, into target: UnsafeMutablePointer<Value>, _ compute: Compute
    ) {
        graph.neighbours.withUnsafeBufferPointer { neighbours in
            let first = direction * vertices * 2
            chunks(vertices, compute) { range in
                for vertex in range {
                    let pair = first &+ vertex &* 2
                    target[vertex] = source[vertex] * 0.5
                        + (source[Int(neighbours[pair])] + source[Int(neighbours[pair &+ 1])]) * 0.25
                }
            }
        }
    }

    private func slice<Value: LatticeValue>(
        _ source: UnsafePointer<Value>, _ stride: Int, into result: UnsafeMutablePointer<Value>, _ compute: Compute
    ) {
        graph.corners.withUnsafeBufferPointer { corners in
            weights.withUnsafeBufferPointer { weights in
                chunks(points, compute) { range in
                    for point in range { result[point &* stride] = .zero }
                    for index in 0..<LatticePlacement.corners {
                        let (own, first) = (source + graph.starts[index], index * points)
                        for point in range {
                            result[point &* stride] += own[Int(corners[first &+ point])] * weights[first &+ point]
                        }
                    }
                }
            }
        }
    }

    private func chunks(_ count: Int, _ compute: Compute, _ body: (Range<Int>) -> Void) {
        compute.pool.forEach((count + Self.chunk - 1) / Self.chunk) { chunk in
            body(chunk * Self.chunk..<min(count, (chunk + 1) * Self.chunk))
        }
    }
}

/// What a vertex holds: one label's value, or several side by side.
private protocol LatticeValue {
    static var zero: Self { get }
    static func + (a: Self, b: Self) -> Self
    static func += (a: inout Self, b: Self)
    static func * (a: Self, b: Float) -> Self
}

extension Float: LatticeValue {}
extension SIMD2<Float>: LatticeValue {}
extension SIMD4<Float>: LatticeValue {}
