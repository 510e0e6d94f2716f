import ArgumentParser
import GETAM

/// `--over`: the number of a preset that a sweep tries.
enum SweptNumber: String, CaseIterable, ExpressibleByArgument {
    case level, power, cut, opening

    /// The values to try where none are given.
    var steps: SweepSteps {
        switch self {
        case .level: SweepSteps(first: 0, last: 0.99, step: 0.01)
        case .power: SweepSteps(first: 2, last: 64, step: 2)
        case .cut: SweepSteps(first: 0.5, last: 0.98, step: 0.02)
        case .opening: SweepSteps(first: 0, last: 20, step: 1)
        }
    }

    /// The settings with this number changed.
    ///
    /// - Throws: a usage failure for a value out of range.
    func completion(_ base: LabelCompletion, _ value: Double) throws -> LabelCompletion {
        var completion = base
        switch self {
        case .level: completion.background = .level(value)
        case .power: completion.background = .power(value)
        case .cut: completion.completionCut = value
        case .opening:
            guard let size = Int(exactly: value) else {
                throw CommandFailure(.usage, "--steps: the opening's size is a whole number of pixels, not \(value)")
            }
            completion.openingSize = size
        }
        try completion.validate()
        return completion
    }
}

/// `--steps`: values from first to last.
struct SweepSteps: ExpressibleByArgument {
    let first: Double
    let last: Double
    let step: Double

    init(first: Double, last: Double, step: Double) {
        self.first = first
        self.last = last
        self.step = step
    }

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map { part -> Double? in
            // A percentage, as wherever a level is taken.
            part.hasSuffix("%") ? Fraction(String(part))?.value : Double(part)
        }
        guard parts.count == 3, let first = parts[0], let last = parts[1], let step = parts[2],
            [first, last, step].allSatisfy(\.isFinite), step > 0, first <= last, (last - first) / step < 1000
        else { return nil }
        self.init(first: first, last: last, step: step)
        // Steps too fine for decimals give one value twice; huge ones none.
        let values = values
        guard values.allSatisfy(\.isFinite), zip(values, values.dropFirst()).allSatisfy(<) else { return nil }
    }

    /// At least one, ascending, each as if written in decimals.
    var values: [Double] {
        (0...Int((last - first) / step + 1e-6)).map { index in
            let value = first + Double(index) * step
            return (value * 1e9).rounded() / 1e9
        }
    }
}
