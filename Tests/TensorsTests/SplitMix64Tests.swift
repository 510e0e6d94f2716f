import Tensors
import Testing

/// The generator against its published outputs.
@Suite struct SplitMix64Tests {
    @Test func outputsAreThePublishedOnes() {
        var random = SplitMix64(seed: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ]
        #expect(expected.map { _ in random.next() } == expected)
    }

    @Test func numbersAreEvenlySpread() {
        var random = SplitMix64(seed: 0), counts = [Int](repeating: 0, count: 10), sum = 0.0
        for _ in 0..<100_000 {
            counts[random.index(below: 10)] += 1
            sum += random.uniform()
        }
        #expect(counts.allSatisfy { abs($0 - 10_000) < 500 } && abs(sum / 100_000 - 0.5) < 0.005)
        var one = SplitMix64(key: (1, 2, 3, 4)), same = SplitMix64(key: (1, 2, 3, 4)), other = SplitMix64(key: (1, 2, 4, 3))
        let first = one.next()
        #expect(first == same.next() && first != other.next())
    }
}
