import Attribution
import Checkpoints
import Labels
import Tensors
import TestSupport
import Testing
import VisionTransformer

/// What a picture is said to take before it is begun.
@Suite struct LabelMemoryTests {
    private func pipeline(_ preset: Preset) throws -> LabelPipeline {
        let loaded = try ModelLoader.load(path: Fixtures.root.appending(path: "assets/models/animals").path)
        let compute = Compute(product: MatrixProduct(builtIn: .portable), pool: ThreadPool(threads: 1))
        return try LabelPipeline(model: VisionTransformer(loaded.parameters, compute: compute), preset: preset)
    }

    @Test(arguments: [Preset.getam, .joint, .acr, .pooled])
    func boundsAreKept(_ preset: Preset) throws {
        let pipeline = try pipeline(preset)
        for (sides, most) in [
            ([(4000, 3000), (60_000, 200), (200, 60_000)], 1200), ([(5000, 5000)], 2000), ([(1000, 750), (37_500, 20)], 1000),
        ] {
            for (width, height) in sides {
                for classes in 0...6 {
                    let memory = try pipeline.memory(width: width, height: height, classes: classes)
                    #expect(memory.passes + memory.picture < most * 1_000_000, "\(width)×\(height), \(classes): \(memory)")
                }
            }
        }
    }

    @Test func growsWithTheWork() throws {
        let pipeline = try pipeline(.getam)
        func bytes(_ width: Int, _ height: Int, _ classes: Int, _ keepsMaps: Bool = false) throws -> Int {
            try pipeline.memory(width: width, height: height, classes: classes, keepsMaps: keepsMaps).picture
        }
        #expect(try bytes(500, 375, 1) < bytes(500, 375, 6) && bytes(500, 375, 6) < bytes(1000, 750, 6))
        #expect(try bytes(500, 375, 6) <= bytes(500, 375, 6, true) && bytes(4000, 3000, 20) < bytes(4000, 3000, 20, true))
        // Planes of 254 classes alone are 12 GB.
        #expect(try bytes(4000, 3000, 254) > 12_000_000_000)
        #expect(try bytes(0, 0, 3) >= 0)
        for classes in [1, 2, 3, 6, 20] {
            let strides = try [100, 1000, 2000, 4000, 8000].map { try pipeline.memory(width: $0, height: $0, classes: classes).stride }
            #expect(strides == strides.sorted() && strides[0] == 1 && strides[4] > 1, "\(classes): \(strides)")
        }
    }
}
