import Files
import Tensors
import Testing
import TestSupport
@testable import Training

@Suite struct RecipeTests {
    @Test func aFileReadsBackTheSame() throws {
        let folder = try TemporaryFolder()
        var recipe = Recipe.plain
        for assignment in [
            "steps=7", "batch=3", "size=64", "seed=-5", "augment=standard", "optimizer=adamw", "learningRate=6e-5", "headRate=10",
            "momentum=0.9", "weightDecay=0.01", "schedule=cosine", "warmup=2", "clip=1", "dropPath=0.1", "ema=0.999",
            "segmentationStart=-1", "layerDecay=0.75", "keepEvery=2", "patchHead=max", "auxiliaryHead=mean", "losses.patch=0.5",
            "losses.auxiliary=0.25", "losses.contrast=0.2", "losses.segmentationForm=clipping", "losses.clippingStart=1.5",
        ] {
            #expect(recipe.set(assignment) == nil, "\(assignment)")
        }
        let path = folder.path + "/recipe.json"
        try AtomicFile.write(Array(recipe.json.utf8), to: path)
        #expect(try Recipe.read(path: path) == recipe)
        #expect(recipe.learningRate == 6e-5 && recipe.optimizer == .adamw && recipe.size == 64)
    }

    @Test(arguments: [
        ("steps=0", "whole number from 1"), ("steps=1.5", "whole number"), ("learningRate=fast", "a number from"),
        ("optimizer=adam", "sgd, adamw"), ("learning_rate=1", "is not a setting"), ("seed", "KEY=VALUE"), ("ema=1", "to 0.999999"),
        ("momentum=nan", "a number from"),
    ])
    func aWrongSettingIsNamed(_ assignment: String, _ words: String) {
        var recipe = Recipe.plain
        let reason = recipe.set(assignment) ?? ""
        #expect(reason.contains(words), "\(reason)")
        #expect(recipe == .plain)
    }

    @Test(arguments: [
        ("{\"version\":1,\"stepz\":3}", "\"stepz\" is not a setting"), ("{\"version\":2}", "version 2"), ("{}", "no \"version\""),
        ("[]", "JSON object"), ("{\"version\":1,\"loss\":{\"weight\":1}}", "\"loss.weight\" is not a setting"),
        ("{\"version\":1,\"steps\":\"many\"}", "\"steps\" must be a whole number"), ("{\"version\":1", "not valid JSON"),
    ])
    func aWrongFileIsRefused(_ text: String, _ words: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/recipe.json"
        try AtomicFile.write(Array(text.utf8), to: path)
        do {
            _ = try Recipe.read(path: path)
            Issue.record("read")
        } catch {
            #expect("\(error)".contains(words), "\(error)")
            #expect("\(error)".hasPrefix(path))
        }
    }

    @Test func randomNumbersDependOnTheirKeyAlone() {
        func draw(_ seed: Int, _ epoch: Int, _ picture: Int, _ purpose: RandomStream.Purpose) -> [UInt64] {
            var stream = RandomStream(seed: seed, epoch: epoch, picture: picture, purpose)
            return (0..<4).map { _ in stream.next() }
        }
        #expect(draw(1, 2, 3, .crop) == draw(1, 2, 3, .crop))
        let all = [draw(1, 2, 3, .crop), draw(2, 2, 3, .crop), draw(1, 3, 3, .crop), draw(1, 2, 4, .crop), draw(1, 2, 3, .flip), draw(1, 3, 2, .crop)]
        #expect(Set(all).count == all.count)
        var stream = RandomStream(seed: 0, epoch: 0, .order)
        var counts = [Int](repeating: 0, count: 6)
        for _ in 0..<6000 { counts[stream.permutation(3).reduce(0) { $0 * 3 + $1 } % 6] += 1 }
        let order = stream.permutation(1000)
        #expect(order.sorted() == Array(0..<1000) && order != Array(0..<1000))
        let mean = (0..<10_000).reduce(0.0) { sum, _ in sum + stream.uniform() } / 10_000
        #expect(abs(mean - 0.5) < 0.02)
    }

    @Test func anEpochShowsEveryPictureOnce() {
        let set = TrainingSet((0..<10).map { .init(name: "\($0)", path: "", classes: []) })
        let first = (1...3).flatMap { set.batch(step: $0, size: 3, seed: 4).pictures }
        #expect(Set(first).count == 9)
        #expect(set.batch(step: 3, size: 3, seed: 4).epoch == 0 && set.batch(step: 4, size: 3, seed: 4).epoch == 1)
    }
}
