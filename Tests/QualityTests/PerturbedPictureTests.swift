import Attribution
import Checkpoints
import Quality
import Synchronization
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// Passes over parts of a picture: what they cost, and how they end.
@Suite struct PerturbedPictureTests {
    /// A map that falls from patch to patch.
    private func map(_ picture: PerturbedPicture) -> PatchMap {
        PatchMap(
            rows: picture.grid.height, columns: picture.grid.width, values: (0..<picture.patches).map { Float(picture.patches - $0) })
    }

    /// Whatever stands in, and behind a stem too, an input of tokens is that of its pixels.
    @Test(arguments: ["models/bf16", "models/pooled_no_class_token", "models/hf_deit_distilled", "published/acr", "published/hybrid"])
    func tokensStandForPixels(_ folder: String) throws {
        var parameters = try ModelLoader.load(path: Fixtures.path(folder)).parameters
        parameters.decoder = nil
        let model = VisionTransformer(parameters, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2)))
        let pixels = try SafetensorsFile(path: Fixtures.path(folder) + "/expected.safetensors").tensor(named: "pixels")
        let picture = try PerturbedPicture(pixels, model: model), patch = model.configuration.patch
        let kept = PatchSet((0..<picture.patches).filter { $0 % 3 != 1 }, of: picture.patches)
        for baseline in [Baseline.mean, .blurred] {
            let other = try #require(baseline.substitute(for: pixels))
            let (height, width) = (pixels.shape[1], pixels.shape[2])
            let mixed = Tensor(shape: pixels.shape, (0..<pixels.count).map { index in
                let (y, x) = (index / width % height, index % width)
                let place = y / patch.height * picture.grid.width + x / patch.width
                return (kept.contains(place) ? pixels : other).values[index]
            })
            let expected = model.configuration.probability(try model.forward(mixed).logits)
            #expect(relativeDeviation(try picture.probabilities(keeping: [kept], baseline: baseline)[0], expected) < 2e-5, "\(baseline)")
        }
        let whole = model.configuration.probability(try model.forward(pixels).logits)
        #expect(relativeDeviation(try picture.probabilities(), whole) < 1e-5)
    }

    @Test func whatIsOutOfRangeIsRefused() throws {
        let picture = try QualityFixture.picture("bf16"), model = picture.model
        let (own, other) = (try model.embedded(picture.pixels), try model.embedded(Tensor(shape: [3, 48, 96])))
        for wrong in [-1, own.patches] {
            #expect(throws: ModelError.self) { try model.logits(of: own, keeping: [0, wrong]) }
            #expect(throws: ModelError.self) { try model.logits(of: own, keeping: [0, wrong], substitute: own) }
        }
        #expect(throws: ModelError.self) { try model.logits(of: own, keeping: [0], substitute: other) }
        let ranking = try PatchRanking(PatchMap(rows: 2, columns: 2, values: [1, 2, 3, 4]))
        #expect(throws: QualityError.map("the map has 4 patches, the model's input \(own.patches)")) {
            try PatchGame.deletion.curve(ranking, class: 0, of: picture, baseline: .dropped, steps: 2)
        }
        let whole = try PatchRanking(map(picture))
        #expect(throws: QualityError.self) { try PatchGame.deletion.curve(whole, class: 5, of: picture, baseline: .dropped, steps: 2) }
    }

    @Test func droppedTokensCostNothing() throws {
        let meter = ProductMeter(), folder = Fixtures.path("models/bf16")
        let model = VisionTransformer(
            try ModelLoader.load(path: folder).parameters,
            compute: Compute(product: MatrixProduct().metered(by: meter), pool: ThreadPool(threads: 1)))
        let picture = try PerturbedPicture(SafetensorsFile(path: folder + "/expected.safetensors").tensor(named: "pixels"), model: model)
        func cost(_ patches: Int, _ baseline: Baseline) throws -> Double {
            meter.reset()
            _ = try picture.probabilities(keeping: [PatchSet(0..<patches, of: picture.patches)], baseline: baseline)
            return meter.total.operations
        }
        let whole = try cost(picture.patches, .dropped)
        #expect(try cost(9, .dropped) < whole * 0.35)
        #expect(try cost(18, .dropped) < whole * 0.6)
        // The substitute is embedded once; then a pass costs what the picture's own costs, without the embedding.
        _ = try cost(9, .mean)
        #expect(try cost(10, .mean) <= whole)
    }

    @Test func whatWasAskedBeforeIsNotComputedAgain() throws {
        let passes = Atomic<Int>(0)
        let picture = try QualityFixture.picture("bf16") { passes.wrappingAdd(1, ordering: .relaxed) }
        let ranking = try PatchRanking(map(picture))
        for game in PatchGame.allCases {
            for baseline in [Baseline.mean, .dropped] {
                _ = try game.curve(ranking, class: 1, of: picture, baseline: baseline, steps: 6)
            }
        }
        // Five inputs within each curve; both ends are shared, and the picture as it is by all.
        #expect(passes.load(ordering: .relaxed) == 4 * 5 + 2 + 1)
        for _ in 0..<2 {
            let subject = QualitySubject(map: map(picture), class: 1, picture: picture, remake: { [map = map(picture)] _ in map }, settings: QualitySettings(steps: 6))
            let before = passes.load(ordering: .relaxed)
            for metric in QualityMetrics.all where !metric.needsTruth && !metric.needsSanityCheck && !metric.identifier.contains("blurred") {
                _ = try metric.value(of: subject)
            }
            // Two tests and two orders of ROAD with nine inputs each, and one masked picture.
            #expect(passes.load(ordering: .relaxed) - before == 4 * 9 + 1)
        }
    }

    @Test func passesEndWhenTheyAreCancelled() throws {
        let folder = Fixtures.path("models/bf16"), passes = Atomic<Int>(0)
        let model = VisionTransformer(
            try ModelLoader.load(path: folder).parameters, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2)))
        let picture = try PerturbedPicture(
            SafetensorsFile(path: folder + "/expected.safetensors").tensor(named: "pixels"), model: model,
            isCancelled: { passes.load(ordering: .relaxed) >= 3 }, onPass: { passes.wrappingAdd(1, ordering: .relaxed) })
        #expect(throws: CancellationError.self) {
            _ = try PatchGame.insertion.curve(PatchRanking(map(picture)), class: 0, of: picture, baseline: .mean, steps: 30)
        }
        // Those that were under way on the other thread may end.
        #expect(passes.load(ordering: .relaxed) <= 4)
    }

    /// A head that reads the patches' mean needs one: the curve ends before.
    @Test func theEmptyInputIsLeftOutWhereTheHeadReadsPatches() throws {
        let picture = try QualityFixture.picture("pooled_class_token"), ranking = try PatchRanking(map(picture))
        let insertion = try PatchGame.insertion.curve(ranking, class: 0, of: picture, baseline: .dropped, steps: 5)
        #expect(insertion.shares == [0.2, 0.4, 0.6, 0.8, 1])
        let deletion = try PatchGame.deletion.curve(ranking, class: 0, of: picture, baseline: .dropped, steps: 5)
        #expect(deletion.shares == [0, 0.2, 0.4, 0.6, 0.8])
        #expect(throws: QualityError.self) { try PatchGame.deletion.curve(ranking, class: 0, of: picture, baseline: .dropped, steps: 1) }
        #expect(throws: Never.self) { try PatchGame.deletion.curve(ranking, class: 0, of: picture, baseline: .mean, steps: 1) }
    }
}
