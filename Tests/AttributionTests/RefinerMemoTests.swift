import Attribution
import Images
import Tensors
import Testing
import TestSupport

/// What is kept of a picture changes no map, and work stops where it is told to.
@Suite struct RefinerMemoTests {
    private static let refiners: [any PixelRefiner] = [
        PAMR(iterations: 3), PAMR(iterations: 5, dilations: [1, 3]), DenseCRF(iterations: 2), DenseCRF(iterations: 4),
        DenseCRF(iterations: 2, appearanceDeviation: 20), DenseCRF(iterations: 2, smoothnessWeight: 1, backgroundPower: 2),
        DenseCRF(iterations: 2),
    ]

    @Test func keptKernelsGiveTheSameMaps() {
        // Large enough for the lattice.
        let size = PairwiseGaussianSize.beyond
        let (first, maps) = RefinementFixture.random(height: size, width: size, planes: 2, seed: 31)
        let (second, other) = RefinementFixture.random(height: size, width: size, planes: 3, seed: 32)
        let compute = RefinementFixture.computes[0]
        var memo = RefinerMemo()
        for (guide, maps) in [(first, maps), (first, other), (second, maps), (first, maps)] {
            for refiner in Self.refiners {
                let kept = refiner.refine(maps, guide: guide, compute: compute, memo: &memo, checkpoint: {})
                #expect(kept == refiner.refine(maps, guide: guide, compute: compute), "\(refiner)")
            }
        }
    }

    @Test func workStopsAtACheckpoint() {
        struct Stop: Error {}
        let size = PairwiseGaussianSize.beyond
        let (guide, maps) = RefinementFixture.random(height: size, width: size, planes: 2, seed: 33)
        let compute = RefinementFixture.computes[0]
        for refiner in [PAMR(iterations: 6), DenseCRF(iterations: 6)] as [any PixelRefiner] {
            var memo = RefinerMemo()
            var passed = 0
            _ = refiner.refine(maps, guide: guide, compute: compute, memo: &memo) { passed += 1 }
            // One an iteration, and before what is found of the guide.
            #expect(passed >= 7, "\(refiner)")
            let all = passed
            for last in 1...all {
                var calls = 0
                var memo = RefinerMemo()
                #expect(throws: Stop.self) {
                    _ = try refiner.refine(maps, guide: guide, compute: compute, memo: &memo) {
                        calls += 1
                        if calls == last { throw Stop() }
                    }
                }
                #expect(calls == last)
                // What a stopped run left is whole.
                #expect(
                    refiner.refine(maps, guide: guide, compute: compute, memo: &memo, checkpoint: {})
                        == refiner.refine(maps, guide: guide, compute: compute))
            }
        }
    }
}

private enum PairwiseGaussianSize {
    /// A side whose square has more pixels than pairs are summed for.
    static let beyond = 2 + Int(Double(PairwiseGaussian.mostPoints).squareRoot())
}
