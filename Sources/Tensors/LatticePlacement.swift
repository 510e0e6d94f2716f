import Glibc

/// Where points lie in the permutohedral lattice over five dimensions: their simplices, and their weights there.
///
/// The lattice is that of the integer points of six coordinates that sum to zero and are all congruent modulo six. A vertex's
/// remainder is its class: the corners of a simplex have the remainders 0…5, one each, and all steps along a direction
/// lead from a class to the one below it.
enum LatticePlacement {
    static let dimensions = 5
    /// Corners of a simplex; directions; classes of vertices.
    static let corners = dimensions + 1

    /// What a step along each direction adds to a vertex's key.
    ///
    /// A key holds the first five coordinates in one word, Σ 4096^i·x_i in wrapping arithmetic, so that a step is an
    /// addition. No two vertices share a key whose coordinates are less than 12,288 from zero, which is about 2,000 deviations.
    static let steps: [UInt64] = (0..<corners).map { direction in
        var step: UInt64 = 0
        for coordinate in 0..<dimensions { step = step &- unit(coordinate) }
        return direction < dimensions ? step &+ 6 &* unit(direction) : step
    }

    private static func unit(_ coordinate: Int) -> UInt64 { 1 << (12 * UInt64(coordinate)) }

    /// From a feature to the lattice's hyperplane, so that splat, blur and slice together have unit deviation; 1.08 brings
    /// the filter nearest to the sum over all pairs of the pixels of two crops of one photograph (mean deviation 0.9 % of the
    /// largest value, 1.2 % without).
    private static let scales: [Double] = (0..<dimensions).map { index in
        deviation / Double((index + 1) * (index + 2)).squareRoot()
    }
    /// The Gaussian's, on the hyperplane.
    private static let deviation = 1.08 * (2.0 / 3).squareRoot() * Double(corners)

    /// The volume of feature space that belongs to each vertex: the lattice is six times the dual of A₅, whose cell has 1/√6.
    static let vertexVolume = pow(Double(corners) / deviation, Double(dimensions)) / Double(corners).squareRoot()

    /// Finds the simplices of `count` points.
    ///
    /// - Parameters:
    ///   - features: `[count, 5]`.
    ///   - keys: gets the keys of each point's corners, by class: `[6, count]`, rows `keyStride` apart.
    ///   - weights: gets the corners' barycentric weights, rows `weightStride` apart.
    static func place(
        _ count: Int, _ features: UnsafePointer<Float>, keys: UnsafeMutablePointer<UInt64>, keyStride: Int,
        weights: UnsafeMutablePointer<Float>, weightStride: Int
    ) {
        let corners = 6, sixth = 1.0 / 6
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * 6) { reals in
            withUnsafeTemporaryAllocation(of: Int.self, capacity: 2 * 6) { integers in
                guard let elevated = reals.baseAddress, let rank = integers.baseAddress else { return }
                let (rest, scale, order) = (elevated + corners, elevated + 2 * corners, rank + corners)
                for (index, value) in scales.enumerated() { scale[index] = value }
                withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 2 * 6) { words in
                    guard let unit = words.baseAddress else { return }
                    let step = unit + corners
                    for i in 0..<corners { (unit[i], step[i]) = (i < dimensions ? Self.unit(i) : 0, steps[i]) }
                    for point in 0..<count {
                        // Onto the hyperplane where coordinates sum to zero, along its basis of (1, …, 1, −j, 0, …, 0).
                        var sum = 0.0
                        for j in stride(from: 5, to: 0, by: -1) {
                            let scaled = Double(features[point &* 5 &+ j &- 1]) * scale[j &- 1]
                            elevated[j] = sum - Double(j) * scaled
                            sum += scaled
                        }
                        elevated[0] = sum
                        // The nearest vertex of class 0, and the order of what is left over, largest first.
                        var key: UInt64 = 0
                        var excess = 0
                        for i in 0..<corners {
                            // Adding and taking away 1.5 · 2^52 rounds to the nearest integer.
                            let multiple = (elevated[i] * sixth + 0x1.8p52) - 0x1.8p52
                            let whole = Int(multiple)
                            rest[i] = elevated[i] * sixth - multiple
                            key = key &+ unit[i] &* UInt64(bitPattern: Int64(whole &* 6))
                            excess &+= whole
                            rank[i] = 0
                        }
                        for i in 0..<5 {
                            for j in i &+ 1..<6 {
                                let less = rest[i] < rest[j] ? 1 : 0
                                rank[i] &+= less
                                rank[j] &+= 1 &- less
                            }
                        }
                        // Where the coordinates do not sum to zero, those with the largest rest are moved one step.
                        for i in 0..<corners {
                            rank[i] &+= excess
                            if rank[i] < 0 {
                                rank[i] &+= 6
                                rest[i] -= 1
                                key = key &+ unit[i] &* 6
                            } else if rank[i] > 5 {
                                rank[i] &-= 6
                                rest[i] += 1
                                key = key &- unit[i] &* 6
                            }
                            order[rank[i]] = i
                        }
                        // From corner to corner against the directions, the coordinate of the least rest first.
                        keys[point] = key
                        weights[point] = Float(1 + rest[order[5]] - rest[order[0]])
                        for corner in 1..<corners {
                            let last = order[6 &- corner]
                            key = key &- step[last]
                            keys[corner &* keyStride &+ point] = key
                            weights[corner &* weightStride &+ point] = Float(rest[order[5 &- corner]] - rest[last])
                        }
                    }
                }
            }
        }
    }
}
