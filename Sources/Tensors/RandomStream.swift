import Glibc

/// Random numbers that depend on what they are for, not on what was drawn before: the same seed gives the same numbers on
/// any number of threads, and after any interruption.
///
/// A key is hashed to the state of a ``SplitMix64``, whose outputs then are the stream.
public struct RandomStream: RandomNumberGenerator, Sendable {
    /// What numbers are drawn for; one key never serves two purposes.
    public enum Purpose: UInt64, Sendable {
        case order = 1, crop, flip, color, depth, dropout, weights, noise, masks
    }

    private var numbers: SplitMix64

    /// - Parameters:
    ///   - epoch: passes over the data before this one.
    ///   - picture: its place in the data; 0 where the numbers are not for a picture.
    public init(seed: Int, epoch: Int, picture: Int = 0, _ purpose: Purpose) {
        numbers = SplitMix64(key: (UInt64(bitPattern: Int64(seed)), UInt64(epoch), UInt64(picture), purpose.rawValue))
    }

    public mutating func next() -> UInt64 { numbers.next() }

    /// A number from 0 up to but not 1, of 53 bits.
    public mutating func uniform() -> Double { numbers.uniform() }

    /// A number of a range, every one as likely.
    public mutating func uniform(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
    }

    /// A number of the normal distribution of mean 0 and deviation 1 (Box and Muller), made of two that are uniform.
    public mutating func normal() -> Double {
        let size = (-2 * log(1 - uniform())).squareRoot()
        return size * cos(2 * .pi * uniform())
    }

    /// `0..<count` in random order (Fisher and Yates); the same on every machine, which the standard library does not promise.
    public mutating func permutation(_ count: Int) -> [Int] {
        var order: [Int] = []
        permute(count, into: &order)
        return order
    }

    /// The same in the memory of `order`.
    package mutating func permute(_ count: Int, into order: inout [Int]) {
        order.removeAll(keepingCapacity: true)
        order.append(contentsOf: 0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(last, numbers.index(below: last + 1))
        }
    }
}
