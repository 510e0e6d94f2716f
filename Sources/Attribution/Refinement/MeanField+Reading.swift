import Tensors

extension MeanField {
    /// What the samples send in the last step.
    struct LastMessages {
        let channels: Int
        /// What the lattice's vertices gathered of the leads, and of ones.
        var appearance: PermutohedralLattice.Gathered?
        var ones: PermutohedralLattice.Gathered?
        /// The smoothness kernel's message, weighted, at each sample.
        var smoothness: Workspace.Buffer?

        init(channels: Int) { self.channels = channels }
    }

    /// Pixels of a row that are worked on at a time.
    private static let segment = 1024
    /// Rows between two checkpoints.
    private static let band = 64

    /// Takes the last step for every pixel: from its own probabilities, its place and color in the lattice, and the
    /// smoothness message between the samples around it.
    ///
    /// - Parameter last: nil where no step is to be taken.
    func read<Failure>(
        _ last: LastMessages?, labels: Int, compute: Compute, source: Source, sink: Sink,
        _ checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        let columns = sampling.places(across: true), rows = sampling.places(across: false)
        for first in Swift.stride(from: 0, to: sampling.height, by: Self.band) {
            try checkpoint()
            let segments = (sampling.width + Self.segment - 1) / Self.segment
            compute.pool.forEach(min(Self.band, sampling.height - first) * segments) { index in
                let (y, x) = (first + index / segments, index % segments * Self.segment)
                let range = x..<min(sampling.width, x + Self.segment)
                withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count * labels) { lines in
                    guard let lines = lines.baseAddress else { return }
                    source(y * sampling.width + x, 1, range.count, lines)
                    findLeads(of: lines, range.count, labels)
                    if let last {
                        addAppearance(last, y, range, to: lines, labels)
                        addSmoothness(last, rows[y], columns[range], to: lines, labels)
                    }
                    compute.kernels.softmax(lines, labels, range.count, labels, 1)
                    sink(y * sampling.width + x, range.count, lines)
                }
            }
        }
    }

    /// Probabilities to the leads of their logarithms over the last label's, in place.
    private func findLeads(of lines: Values, _ count: Int, _ labels: Int) {
        for line in Swift.stride(from: lines, to: lines + count * labels, by: labels) {
            let last = Self.logarithm(line[labels - 1])
            for label in 0..<labels - 1 { line[label] = Self.logarithm(line[label]) - last }
            line[labels - 1] = 0
        }
    }

    private func addAppearance(_ last: LastMessages, _ row: Int, _ columns: Range<Int>, to lines: Values, _ labels: Int) {
        guard case .lattice(let lattice) = appearance, let gathered = last.appearance, let ones = last.ones else { return }
        let (count, channels) = (columns.count, last.channels)
        withUnsafeTemporaryAllocation(byteCount: count * (channels + 6) * MemoryLayout<Float>.stride, alignment: 64) { memory in
            // Values come first: their lanes need the alignment.
            let message = memory.bindMemory(to: Float.self)
            guard let message = message.baseAddress else { return }
            let (sums, features) = (message + count * channels, message + count * (channels + 1))
            enterFeatures(row: row, columns: columns, into: features)
            lattice.read([gathered, ones], count: count, features, into: [message, sums])
            for pixel in 0..<count {
                let factor = Self.norm(sums[pixel]) * crf.appearanceWeight
                for label in 0..<labels - 1 { lines[pixel &* labels &+ label] += message[pixel &* channels &+ label] * factor }
            }
        }
    }

    private func addSmoothness(
        _ last: LastMessages, _ row: (cell: Int, next: Int, weight: Float),
        _ columns: ArraySlice<(cell: Int, next: Int, weight: Float)>, to lines: Values, _ labels: Int
    ) {
        guard let message = last.smoothness else { return }
        let (upper, lower) = (message + row.cell * sampling.columns * last.channels, message + row.next * sampling.columns * last.channels)
        var line = lines
        for column in columns {
            let (left, right) = (column.cell &* last.channels, column.next &* last.channels)
            for label in 0..<labels - 1 {
                let top = upper[left &+ label] + (upper[right &+ label] - upper[left &+ label]) * column.weight
                let bottom = lower[left &+ label] + (lower[right &+ label] - lower[left &+ label]) * column.weight
                line[label] += top + (bottom - top) * row.weight
            }
            line += labels
        }
    }
}
