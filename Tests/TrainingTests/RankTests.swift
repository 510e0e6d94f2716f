import Attribution
import Checkpoints
import Files
import Foundation
import Tensors
import Testing
import TestSupport
@testable import Training

/// Runs over several ranks, which are threads here; `Tests/Scripts/mpi.sh` has processes.
@Suite struct RankTests {
    /// Numbers are added in the order of ranks, whatever pieces they come in.
    @Test(arguments: [2, 3, 5], [0, 1, 4, 64, 1003])
    func sumsGoInTheOrderOfRanks(_ count: Int, _ size: Int) {
        let values = (0..<count).map { rank -> [Float] in
            var random = SplitMix(seed: UInt64(17 * rank + 1))
            return (0..<size).map { _ in Float(random.next() % 1_000_003) * 1e-3 }
        }
        let expected = (0..<size).map { place in values.dropFirst().reduce(values[0][place]) { $0 + $1[place] } }
        let found = ThreadRanks.run(count) { ranks -> [Float] in
            let sum = RankSum(ranks, count: size, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1)), most: 48)
            var own = values[ranks.rank]
            own.withUnsafeMutableBufferPointer { buffer in
                var empty: Float = 0
                withUnsafeMutablePointer(to: &empty) { sum.sum(buffer.baseAddress ?? $0, size) }
            }
            return own
        }
        for result in found { #expect((try? result.get()) == expected) }
    }

    private static func run(
        _ recipe: Recipe, _ set: TrainingSet, _ run: String, ranks: ThreadRanks?, resumes: Bool = false, stopsAfter stop: Int? = nil
    ) throws -> (end: Trainer.End, unreadable: Int) {
        let start = recipe.segmentationStart >= 0 ? try TrainingStart.withDecoder(TrainerTests.start(), recipe) : try TrainerTests.start()
        let trainer = try Trainer(
            start, recipe: recipe, set: set, folder: RunFolder(path: run), resumes: resumes,
            compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1)), path: "start", ranks: ranks)
        var steps = 0, unreadable = 0
        let end = try trainer.run(
            shouldStop: { steps += 1; return steps == stop }, watch: { unreadable += $0.unreadable.count })
        return (end, unreadable)
    }

    private static func tensors(_ run: String) throws -> [String: [Float]] {
        let file = try SafetensorsFile(path: run + "/model.safetensors")
        return Dictionary(uniqueKeysWithValues: try file.tensors.map(\.name).map { name in
            (name, try file.tensor(named: name).withUnsafeElements { Array($0) })
        })
    }

    private static let decoder = [
        "segmentationStart=2", "labels.preset=acr", "labels.every=3", "decoder.channels=16", "decoder.taps=2", "losses.energy=1e-3",
        "patchHead=max",
    ]

    /// Also with a picture that one of them cannot read: means are over the pictures of all ranks.
    @Test(arguments: [[], decoder])
    func ranksAreOneOfALargerBatch(_ more: [String]) throws {
        let folder = try TemporaryFolder()
        let set = try TrainerTests.pictures(folder, count: 13)
        try folder.write("no picture", "5.png")
        func recipe(_ batch: Int) -> Recipe {
            var recipe = TrainerTests.recipe(
                "steps=8", "optimizer=sgd", "learningRate=0.05", "momentum=0.9",
                "augment=standard", "dropPath=0.3", "clip=1", "ema=0.5")
            for setting in ["batch=\(batch)"] + more { #expect(recipe.set(setting) == nil) }
            return recipe
        }
        let one = try Self.run(recipe(12), set, folder.path + "/one", ranks: nil)
        let expected = try Self.tensors(folder.path + "/one"), log = try Self.log(folder.path + "/one")
        #expect(one.unreadable > 0 && log.count == 8)
        for count in [2, 3] {
            let path = folder.path + "/\(count)", part = recipe(12 / count)
            let ends = try ThreadRanks.run(count) { try Self.run(part, set, path, ranks: $0) }.map { try $0.get() }
            #expect(ends.allSatisfy { $0.end == .finished } && ends.reduce(0) { $0 + $1.unreadable } == one.unreadable)
            for (name, values) in try Self.tensors(path) {
                let deviation = relativeDeviation(values, expected[name] ?? [])
                #expect(deviation < 2e-5, "\(count) ranks, \(name): \(deviation)")
            }
            for (own, row) in zip(try Self.log(path), log) { #expect(abs(own / row - 1) < 2e-5) }
        }
    }

    /// The losses of a run.
    private static func log(_ run: String) throws -> [Double] {
        try String(contentsOfFile: run + "/log.csv", encoding: .utf8).split(separator: "\n").dropFirst()
            .compactMap { Double($0.split(separator: ",")[1]) }
    }

    /// The same ranks leave the same bytes, stopped by one of them on the way or not; other ranks do not go on.
    @Test func ranksGoOn() throws {
        let folder = try TemporaryFolder()
        let set = try TrainerTests.pictures(folder)
        var recipe = TrainerTests.recipe("steps=9", "augment=standard", "ema=0.9", "saveEvery=4")
        for setting in Self.decoder { #expect(recipe.set(setting) == nil) }
        let settled = recipe
        func run(_ name: String, resumes: Bool = false, stops: Int? = nil) throws -> [Trainer.End] {
            let path = folder.path + "/" + name
            return try ThreadRanks.run(2) {
                try Self.run(settled, set, path, ranks: $0, resumes: resumes, stopsAfter: $0.rank == 1 ? stops : nil).end
            }.map { try $0.get() }
        }
        #expect(try run("whole") == [.finished, .finished])
        let whole = try TrainerTests.files(folder.path + "/whole")
        #expect(whole.keys.contains { $0.hasPrefix("/labels/") })
        // Between steps, and before the second labels are made.
        for stop in [2, 4] { #expect(try run("cut", resumes: true, stops: stop) == [.stopped, .stopped]) }
        // What goes on with another number of ranks is refused.
        #expect(throws: FileError.self) { try Self.run(settled, set, folder.path + "/cut", ranks: nil, resumes: true) }
        #expect(try run("cut", resumes: true) == [.finished, .finished])
        #expect(try TrainerTests.files(folder.path + "/cut") == whole)
        do {
            _ = try Self.run(settled, set, folder.path + "/whole", ranks: nil, resumes: true)
            Issue.record("went on")
        } catch { #expect("\(error)".contains("2 processes (mpirun -n 2)"), "\(error)") }
    }

    @Test func ranksAreAlike() throws {
        let folder = try TemporaryFolder()
        let set = try TrainerTests.pictures(folder)
        let path = folder.path + "/run"
        let other = TrainingSet(set.pictures.map { .init(name: $0.name, path: $0.path, classes: [0]) })
        let results = ThreadRanks.run(2) {
            try Self.run(TrainerTests.recipe("steps=3"), $0.rank == 0 ? set : other, path, ranks: $0)
        }
        for result in results {
            do {
                _ = try result.get()
                Issue.record("trained")
            } catch let failure as RanksFailure { #expect("\(failure)".contains("rank 1 has other pictures")) }
        }
    }

    /// A loss that is no number at one rank is none for all.
    @Test func allRanksSkipAStep() throws {
        let folder = try TemporaryFolder()
        let set = try TrainerTests.pictures(folder)
        var start = try TrainerTests.start()
        start.forEachTensor { name, tensor in
            if name == "block 0 norm1 weight" { tensor = Tensor(shape: tensor.shape, repeating: .infinity) }
        }
        let broken = start, path = folder.path + "/run"
        let results = ThreadRanks.run(2) { ranks in
            try Trainer(
                broken, recipe: TrainerTests.recipe("steps=9"), set: set, folder: RunFolder(path: path), resumes: false,
                compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1)), path: "start", ranks: ranks
            ).run(watch: { #expect($0.skipped.count == 8) })
        }
        for result in results { #expect(throws: RanksFailure.self) { try result.get() } }
    }

    /// What goes by a batch in one process is told before anything begins.
    @Test func lossesOfAWholeBatchAreRefused() throws {
        let start = try TrainerTests.start()
        func obstacle(_ settings: String...) throws -> String? {
            var recipe = TrainerTests.recipe("segmentationStart=0")
            for setting in settings { #expect(recipe.set(setting) == nil) }
            return Trainer.obstacle(to: recipe, try TrainingStart.withDecoder(start, recipe))
        }
        #expect(try obstacle() == nil)
        #expect(try obstacle("labels.source=step")?.contains("labels.source") == true)
        #expect(try obstacle("losses.segmentationForm=clipping")?.contains("clipping") == true)
        #expect(try obstacle("auxiliaryHead=max", "losses.contrast=0.1")?.contains("contrast") == true)
        let published = try ModelLoader.load(path: Fixtures.path("published/vitb")).parameters
        #expect(Trainer.obstacle(to: .published, published)?.contains("published decoder") == true)
        #expect(Trainer.obstacle(to: .plain, published) == nil)
    }
}
