import Glibc

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
    /// The most bytes that making it took and that it takes while it filters, but for ``pointSize`` a point.
    package var peak: Int { graph.peak }
    private let graph: LatticeGraph
    /// `[6, n]`: the corners of each point's simplex, by class, counted from the class's first.
    private let corners: MemoryBlock<Int32>
    /// `[6, n]`: how much of each point its simplex's corners get, by class.
    private let weights: MemoryBlock<Float>
    /// Finds the vertices of points that are not the lattice's own; nil where none will be asked for.
    private let tables: LatticeBuild?
    /// `vertices + 1` values each; the last stays zero.
    private let workspace = Workspace()

    /// What ``filter(_:channels:into:compute:)`` gives is multiplied by to be Σ_j exp(−½‖f_i − f_j‖²)·v_j.
    ///
    /// A constant over all of feature space is gathered with the volume that a vertex has, instead of the Gaussian's integral
    /// (2π)^{5/2}; of photographs, whose colors lie close together, a tenth more is gathered.
    package static let gain = Float(pow(2 * Double.pi, 2.5) / LatticePlacement.vertexVolume / 1.1)

    /// Bytes of memory a point.
    package static let pointSize = LatticePlacement.corners * (MemoryLayout<Int32>.stride + MemoryLayout<Float>.stride)

    /// Writes the features, `[count, 5]`, of a range of points, in deviations of the Gaussian. Magnitudes are below 1e7; the
    /// vertices of points more than 5,000 deviations apart may be mistaken for each other.
    package typealias Features = (Range<Int>, UnsafeMutablePointer<Float>) -> Void

    /// A lattice around `n` points; nil where it takes more than `limit` bytes.
    ///
    /// Whether it does depends on the points alone, and is found out within the limit.
    ///
    /// - Parameters:
    ///   - limit: the most bytes for all but ``pointSize`` a point.
    ///   - channels: values a point that will be read elsewhere (``read(_:count:_:into:)``); nil where none will.
    ///   - checkpoint: called between the steps; what it throws ends the work and is thrown on.
    package init?<Failure>(
        points n: Int, limit: Int, readingElsewhere channels: Int?, compute: Compute, features: Features,
        checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        let classes = LatticePlacement.corners
        let build = LatticeBuild(expected: n, limit: limit)
        let corners = MemoryBlock<Int32>(count: classes * n), weights = MemoryBlock<Float>(count: classes * n)
        let block = min(n, Self.block)
        let (places, keys) = (MemoryBlock<Float>(count: LatticePlacement.dimensions * block), MemoryBlock<UInt64>(count: classes * block))
        for first in stride(from: 0, to: n, by: Self.block) {
            let count = min(Self.block, n - first)
            compute.forRanges(count, parts: 4 * compute.pool.threads) { range in
                let own = places.base + range.lowerBound * LatticePlacement.dimensions
                features(first + range.lowerBound..<first + range.upperBound, own)
                LatticePlacement.place(
                    range.count, own, keys: keys.base + range.lowerBound, keyStride: block,
                    weights: weights.base + first + range.lowerBound, weightStride: n)
            }
            compute.pool.forEach(classes) {
                build.addCorners($0, keys.base + $0 * block, count, into: corners.base + $0 * n + first)
            }
            guard !build.isFull else { return nil }
            try checkpoint()
        }
        (self.corners, self.weights, points) = (corners, weights, n)
        // Two buffers of four values each at a time; all values and the sum of the weights to be read.
        let vertexSize = (8 + (channels.map { $0 + 1 } ?? 0)) * MemoryLayout<Float>.stride
        guard
            let graph = try LatticeGraph(
                build, vertexSize: vertexSize, keepsTables: channels != nil, compute: compute, checkpoint: checkpoint)
        else { return nil }
        self.graph = graph
        tables = channels == nil ? nil : build
        tables?.keepTables()
    }

    /// Points that are placed at a time.
    private static let block = 1 << 15

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
        let buffer = blurred(values, stride: stride, compute)
        slice(Self.lanes(UnsafePointer(buffer.base), Value.self), stride, into: result, compute)
        withExtendedLifetime(buffer) {}
    }

    /// What every vertex gathers of the points' values; a zero behind the last.
    private func blurred<Value: LatticeValue>(
        _ values: UnsafePointer<Value>, stride: Int, _ compute: Compute
    ) -> Workspace.Buffer {
        let floats = (vertices + 1) * MemoryLayout<Value>.stride / MemoryLayout<Float>.stride
        var (current, next) = (workspace.take(floats), workspace.take(floats))
        Self.lanes(next.base, Value.self)[vertices] = .zero
        splat(values, stride, into: Self.lanes(current.base, Value.self), compute)
        for direction in 0..<LatticePlacement.corners {
            blur(Self.lanes(UnsafePointer(current.base), Value.self), direction, into: Self.lanes(next.base, Value.self), compute)
            swap(&current, &next)
        }
        return current
    }

    // MARK: Elsewhere

    /// Values that the vertices have gathered, to be read at points that are not the lattice's own.
    package struct Gathered {
        /// Values a point.
        package let channels: Int
        /// `vertices + 1` times as many values as a buffer has lanes.
        fileprivate let buffers: [Workspace.Buffer]
        fileprivate var lanes: Int { channels / buffers.count }
    }

    /// Gathers `channels` interleaved values a point; see ``filter(_:channels:into:compute:)``.
    package func gathered(_ values: UnsafePointer<Float>, channels: Int, compute: Compute) -> Gathered {
        switch channels {
        case 1: return Gathered(channels: 1, buffers: [blurred(values, stride: 1, compute)])
        case 2: return Gathered(channels: 2, buffers: [blurred(Self.lanes(values, SIMD2<Float>.self), stride: 1, compute)])
        default:
            precondition(channels % 4 == 0)
            let all = Self.lanes(values, SIMD4<Float>.self)
            return Gathered(
                channels: channels,
                buffers: (0..<channels / 4).map { blurred(all + $0, stride: channels / 4, compute) })
        }
    }

    /// What points anywhere collect of gathered values: like `filter` for points that have no values of their own.
    ///
    /// - Parameters:
    ///   - features: `[count, 5]`.
    ///   - results: for each of `values`, gets `[count, channels]`.
    package func read(
        _ values: [Gathered], count: Int, _ features: UnsafePointer<Float>, into results: [UnsafeMutablePointer<Float>]
    ) {
        guard let tables else { return }
        let corners = LatticePlacement.corners
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: corners * count) { keys in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: corners * count) { weights in
                withUnsafeTemporaryAllocation(of: Int32.self, capacity: corners * count) { numbers in
                    guard let keys = keys.baseAddress, let weights = weights.baseAddress, let numbers = numbers.baseAddress
                    else { return }
                    LatticePlacement.place(count, features, keys: keys, keyStride: count, weights: weights, weightStride: count)
                    for index in 0..<corners {
                        var (lastKey, last): (UInt64, Int32) = (0, -1)
                        for place in index &* count..<(index &+ 1) &* count {
                            // Neighbouring points often share a corner.
                            if last < 0 || keys[place] != lastKey {
                                lastKey = keys[place]
                                last = tables.find(index, lastKey)
                                if last < 0 { last = Int32(truncatingIfNeeded: vertices) }
                            }
                            numbers[place] = last
                        }
                    }
                    for (gathered, result) in zip(values, results) {
                        switch gathered.lanes {
                        case 1: collect(gathered, Float.self, count, numbers, weights, into: result)
                        case 2: collect(gathered, SIMD2<Float>.self, count, numbers, weights, into: result)
                        default: collect(gathered, SIMD4<Float>.self, count, numbers, weights, into: result)
                        }
                    }
                }
            }
        }
    }

    private func collect<Value: LatticeValue>(
        _ gathered: Gathered, _: Value.Type, _ count: Int, _ numbers: UnsafePointer<Int32>, _ weights: UnsafePointer<Float>,
        into result: UnsafeMutablePointer<Float>
    ) {
        let groups = gathered.buffers.count
        for (group, buffer) in gathered.buffers.enumerated() {
            let (source, out) = (Self.lanes(UnsafePointer(buffer.base), Value.self), Self.lanes(result, Value.self) + group)
            for point in 0..<count {
                var sum = Value.zero
                for index in 0..<LatticePlacement.corners {
                    sum += source[Int(numbers[index &* count &+ point])] * weights[index &* count &+ point]
                }
                out[point &* groups] = sum
            }
        }
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
        let (corners, weights) = (self.corners.base, self.weights.base)
        compute.pool.forEach(LatticePlacement.corners) { index in
            let (start, first) = (graph.starts[index], index * points)
            let own = target + start
            own.update(repeating: .zero, count: graph.starts[index + 1] - start)
            for point in 0..<points {
                own[Int(corners[first &+ point])] += values[point &* stride] * weights[first &+ point]
            }
        }
    }

    private func blur<Value: LatticeValue>(
        _ source: UnsafePointer<Value>, _ direction: Int, into target: UnsafeMutablePointer<Value>, _ compute: Compute
    ) {
        let neighbours = graph.neighbours.base + direction * vertices * 2
        chunks(vertices, compute) { range in
            for vertex in range {
                let pair = vertex &* 2
                target[vertex] = source[vertex] * 0.5
                    + (source[Int(neighbours[pair])] + source[Int(neighbours[pair &+ 1])]) * 0.25
            }
        }
    }

    private func slice<Value: LatticeValue>(
        _ source: UnsafePointer<Value>, _ stride: Int, into result: UnsafeMutablePointer<Value>, _ compute: Compute
    ) {
        let (corners, weights) = (self.corners.base, self.weights.base)
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
