import Checkpoints
import Tensors
import Testing
import TestSupport
@testable import Training

/// The patch-token contrast beside float64 autograd (Tests/Fixtures/make_objectives.py).
@Suite struct PatchTokenContrastLossTests {
    @Test(arguments: ["contrast", "contrast_ignored", "contrast_one_class", "contrast_single", "contrast_degenerate"])
    func agreesWithAutograd(_ name: String) throws {
        let fixture = try ObjectivesFixture(name)
        let tokens = try fixture("tokens"), maps = try fixture.bytes("labels"), expected = try fixture("loss.gradient").values
        let counts = PatchTokenContrast.Counts(maps)
        #expect([counts.same, counts.different] == (try fixture("counts").values.map { Int($0) }))
        for compute in ObjectivesFixture.computes {
            let (patches, dimensions) = (tokens.shape[1], tokens.shape[2])
            var (value, gradient) = (0.0, [Float]())
            for place in maps.indices {
                var own = [Float](repeating: 0, count: patches * dimensions)
                value += tokens.rows(place..<place + 1).withUnsafeElements { tokens in
                    own.withUnsafeMutableBufferPointer { own in
                        PatchTokenContrast.evaluate(
                            tokens.baseAddress!, dimensions: dimensions, labels: maps[place], counts: counts, weight: 1,
                            addingTo: own.baseAddress!, compute: compute, in: Workspace())
                    }
                }
                gradient += own
            }
            #expect(agrees(value, try fixture.number("loss")), "\(value)")
            guard name == "contrast_degenerate" else {
                #expect(relativeDeviation(gradient, expected) < 2e-5)
                continue
            }
            // Patch by patch: those of next to no length have derivatives a billion times larger.
            for start in stride(from: 0, to: gradient.count, by: dimensions) {
                let row = start..<start + dimensions
                #expect(relativeDeviation(gradient[row], expected[row]) < 2e-5, "patch \(start / dimensions)")
            }
        }
    }
}
