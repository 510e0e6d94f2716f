/// A lattice of simplices over a feature space, through which values are filtered with a Gaussian of unit deviation in
/// time linear in the number of points.
///
/// A point's value is spread over the d + 1 vertices of its simplex, blurred along the d + 1 lattice directions by
/// [¼, ½, ¼], and collected again. Vertices count as zero that no point touches, nor is a neighbour of one that a point
/// touches; without these neighbours up to five times as much is lost. The result approximates Σ_j exp(−½‖f_i − f_j‖²)·v_j up to one constant factor.
/// Source: Adams, Baek and Davis, "Fast High-Dimensional Filtering Using the Permutohedral Lattice", 2010.
package final class PermutohedralLattice: @unchecked Sendable {
    /// Points n.
    package let points: Int
    /// Vertices M that are kept.
    package let vertices: Int
    /// Vertices of a simplex, d + 1.
    package let corners: Int
    /// `[n, d + 1]` vertices of each point's simplex, and how much of the point each gets.
    private let cornerVertices: [Int32], cornerWeights: [Float]
    /// The same by vertex: vertex m's points are entries `starts[m]..<starts[m + 1]`.
    private let starts: [Int32], entryPoints: [Int32], entryWeights: [Float]
    /// `[d + 1, M, 2]` neighbours along each direction; M where there is none.
    private let neighbours: [Int32]
    /// `vertices + 1` values each; the last stays zero.
    private let workspace = Workspace()

    /// - Parameters:
    ///   - features: `[n, d]`, in deviations of the Gaussian; magnitudes below 1e7.
    ///   - checkpoint: called every few thousand points; what it throws ends the work and is thrown on.
    package init<Failure>(
        features: [Float], dimensions d: Int, compute: Compute, checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        precondition(d > 0 && features.count % d == 0)
        let n = features.count / d
        var placement = LatticePlacement(dimensions: d)
        let table = LatticeTable(dimensions: d, expected: n)
        var corner = [Int32](repeating: 0, count: n * (d + 1)), weight = [Float](repeating: 0, count: n * (d + 1))
        for first in stride(from: 0, to: n, by: 8 * Self.chunk) {
            try checkpoint()
            features.withUnsafeBufferPointer { features in
                for point in first..<min(n, first + 8 * Self.chunk) {
                    placement.place(features, at: point * d)
                    for vertex in 0...d {
                        placement.setKey(of: vertex)
                        corner[point * (d + 1) + vertex] = table.insert(placement.key)
                        weight[point * (d + 1) + vertex] = Float(placement.weights[vertex])
                    }
                }
            }
        }
        try checkpoint()
        table.addNeighbours()
        try checkpoint()
        let count = table.count
        var starts = [Int32](repeating: 0, count: count + 1)
        for vertex in corner { starts[Int(vertex) + 1] += 1 }
        for vertex in 0..<count { starts[vertex + 1] += starts[vertex] }
        var next = starts
        var entryPoints = [Int32](repeating: 0, count: corner.count)
        var entryWeights = [Float](repeating: 0, count: corner.count)
        for index in corner.indices {
            let entry = Int(next[Int(corner[index])])
            next[Int(corner[index])] += 1
            entryPoints[entry] = Int32(index / (d + 1))
            entryWeights[entry] = weight[index]
        }
        points = n
        vertices = count
        corners = d + 1
        (cornerVertices, cornerWeights) = (corner, weight)
        (self.starts, self.entryPoints, self.entryWeights) = (starts, entryPoints, entryWeights)
        neighbours = table.neighbours(compute)
    }

    /// Filters values of four channels at a time.
    ///
    /// - Parameters:
    ///   - values: `[n, groups]`.
    ///   - result: `[n, groups]`; must not overlap `values`.
    package func filter(
        _ values: UnsafePointer<SIMD4<Float>>, groups: Int, into result: UnsafeMutablePointer<SIMD4<Float>>,
        compute: Compute
    ) {
        let floats = (vertices + 1) * groups * 4
        let buffers = (workspace.take(floats), workspace.take(floats))
        let first = UnsafeMutableRawPointer(buffers.0.base).bindMemory(to: SIMD4<Float>.self, capacity: floats / 4)
        let second = UnsafeMutableRawPointer(buffers.1.base).bindMemory(to: SIMD4<Float>.self, capacity: floats / 4)
        for group in 0..<groups {
            first[vertices * groups + group] = .zero
            second[vertices * groups + group] = .zero
        }
        splat(values, groups, into: first, compute)
        var (current, next) = (first, second)
        for direction in 0..<corners {
            blur(current, groups, direction, into: next, compute)
            swap(&current, &next)
        }
        slice(current, groups, into: result, compute)
        withExtendedLifetime(buffers) {}
    }

    /// Points or vertices that one thread takes at a time.
    private static let chunk = 4096

    private func splat(
        _ values: UnsafePointer<SIMD4<Float>>, _ groups: Int, into target: UnsafeMutablePointer<SIMD4<Float>>,
        _ compute: Compute
    ) {
        chunks(vertices, compute) { range in
            starts.withUnsafeBufferPointer { starts in
                entryPoints.withUnsafeBufferPointer { points in
                    entryWeights.withUnsafeBufferPointer { weights in
                        for vertex in range {
                            let entries = Int(starts[vertex])..<Int(starts[vertex + 1])
                            for group in 0..<groups {
                                var sum = SIMD4<Float>.zero
                                for entry in entries {
                                    sum += values[Int(points[entry]) &* groups &+ group] * weights[entry]
                                }
                                target[vertex &* groups &+ group] = sum
                            }
                        }
                    }
                }
            }
        }
    }

    private func blur(
        _ source: UnsafePointer<SIMD4<Float>>, _ groups: Int, _ direction: Int,
        into target: UnsafeMutablePointer<SIMD4<Float>>, _ compute: Compute
    ) {
        chunks(vertices, compute) { range in
            neighbours.withUnsafeBufferPointer { neighbours in
                for vertex in range {
                    let pair = (direction &* vertices &+ vertex) &* 2
                    let (before, after) = (Int(neighbours[pair]), Int(neighbours[pair &+ 1]))
                    for group in 0..<groups {
                        target[vertex &* groups &+ group] = source[vertex &* groups &+ group] * 0.5
                            + (source[before &* groups &+ group] + source[after &* groups &+ group]) * 0.25
                    }
                }
            }
        }
    }

    private func slice(
        _ source: UnsafePointer<SIMD4<Float>>, _ groups: Int, into result: UnsafeMutablePointer<SIMD4<Float>>,
        _ compute: Compute
    ) {
        chunks(points, compute) { range in
            cornerVertices.withUnsafeBufferPointer { vertices in
                cornerWeights.withUnsafeBufferPointer { weights in
                    for point in range {
                        for group in 0..<groups {
                            var sum = SIMD4<Float>.zero
                            for corner in point &* corners..<(point &+ 1) &* corners {
                                sum += source[Int(vertices[corner]) &* groups &+ group] * weights[corner]
                            }
                            result[point &* groups &+ group] = sum
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
