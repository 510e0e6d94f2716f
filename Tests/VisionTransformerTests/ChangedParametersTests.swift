import Checkpoints
import Tensors
import Testing
import TestSupport
@testable import VisionTransformer

/// A model over an arena that is written to says what a model made anew of it says.
@Suite struct ChangedParametersTests {
    @Test(arguments: ["published/hybrid", "published/vitb", "published/distilled", "published/acr", "models/registers_layerscale"])
    func modelsFollowTheirParameters(_ name: String) throws {
        let arena = ParameterArena(copying: try ModelLoader.load(path: Fixtures.path(name)).parameters)
        let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2))
        let model = VisionTransformer(arena.parameters, compute: compute)
        let patch = model.configuration.patch, grid = model.configuration.grid
        // The model's own grid, and one for which positions are resampled.
        var random = SplitMix(seed: 3)
        let inputs = [(grid.height, grid.width), (grid.height + 1, grid.width + 2)].map { rows, columns in
            Tensor(
                shape: [3, rows * patch.height, columns * patch.width],
                random.floats(3 * rows * patch.height * columns * patch.width))
        }
        let before = try inputs.map { try model.forward($0).logits }
        for round in 1...2 {
            arena.withMutableElements { for index in $0.indices { $0[index] *= index % (round + 2) == 0 ? 1.3 : 0.9 } }
            model.parametersChanged()
            let anew = VisionTransformer(arena.parameters, compute: compute)
            for (pixels, old) in zip(inputs, before) {
                let (trace, expected) = (try model.forward(pixels, options: .training), try anew.forward(pixels, options: .training))
                #expect(trace.logits == expected.logits && trace.logits != old)
                let (found, sums) = (ParameterArena(zerosLike: arena.parameters), ParameterArena(zerosLike: arena.parameters))
                let cotangents = Cotangents(logits: .classes([0]))
                try model.backward(trace, from: cotangents, wanting: BackwardWants(parameters: found))
                try anew.backward(expected, from: cotangents, wanting: BackwardWants(parameters: sums))
                #expect(found.withElements { found in sums.withElements { found.elementsEqual($0) } })
            }
        }
    }
}
