/// A figure of a training run, a value a step, in bounded memory: where steps are many, several share a mean.
public struct TrainingCurve: Sendable, Equatable {
    /// What the figure is called.
    public let name: String
    /// The value that came last; nil before the first.
    public private(set) var latest: Double?
    /// Means over ``span`` steps each; nil where none of them had a value.
    private(set) var means: [Float?] = []
    /// Steps that share a mean.
    private(set) var span = 1
    /// Of the steps that have no mean yet.
    private var pending = Pending()

    private struct Pending: Sendable, Equatable {
        var sum = 0.0, values = 0, steps = 0
    }

    /// Beyond this, two means become one.
    static let most = 1024

    public init(_ name: String) { self.name = name }

    /// Takes the next step's value; not a number where the step had none.
    public mutating func add(_ value: Double) {
        if value.isFinite {
            latest = value
            pending.sum += value
            pending.values += 1
        }
        pending.steps += 1
        guard pending.steps == span else { return }
        means.append(pending.values > 0 ? Float(pending.sum / Double(pending.values)) : nil)
        pending = Pending()
        guard means.count == Self.most else { return }
        means = stride(from: 0, to: means.count, by: 2).map { Self.mean(means[$0..<$0 + 2]) }
        span *= 2
    }

    /// The whole curve in so many columns, the mean of each one's steps; a short curve is as short.
    func sampled(columns: Int) -> [Float?] {
        let columns = min(columns, means.count)
        return (0..<max(columns, 0)).map { Self.mean(means[$0 * means.count / columns..<($0 + 1) * means.count / columns]) }
    }

    private static func mean(_ values: ArraySlice<Float?>) -> Float? {
        let known = values.compactMap(\.self)
        return known.isEmpty ? nil : known.reduce(0, +) / Float(known.count)
    }
}
