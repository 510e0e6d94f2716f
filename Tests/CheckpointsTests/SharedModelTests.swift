import Checkpoints
import Tensors
import Testing

@Suite struct SharedModelTests {
    @Test(.enabled(if: Fixtures.isThere(Fixtures.shared + "/fixtures/cls")))
    func classTokenFixture() throws {
        let model = try ModelLoader.load(path: Fixtures.shared + "/fixtures/cls")
        let configuration = model.configuration
        #expect(configuration.family == .timm)
        #expect(configuration.depth == 4 && configuration.width == 48 && configuration.heads == 3)
        #expect(configuration.hiddenWidth == 192 && configuration.classCount == 5)
        #expect(configuration.patch == .init(height: 8, width: 8) && configuration.grid == .init(height: 6, width: 6))
        #expect(
            configuration.head == .classToken && configuration.prefixTokens == 1 && configuration.positionCoversPrefix)
        #expect(configuration.activation == .gelu && configuration.normEpsilon == 1e-6)
        #expect(configuration.classNames == ["thing0", "thing1", "thing2", "thing3", "thing4"])
        #expect(configuration.preprocessing.interpolation == .bicubic && configuration.preprocessing.mean[0] == 0.485)
        #expect(model.ignored.isEmpty && model.notes.isEmpty)
    }

    @Test(.enabled(if: Fixtures.isThere(Fixtures.shared + "/fixtures/distilled")))
    func distilledFixture() throws {
        let model = try ModelLoader.load(path: Fixtures.shared + "/fixtures/distilled/model.safetensors")
        #expect(model.configuration.head == .classAndDistillation && model.configuration.prefixTokens == 2)
        #expect(model.parameters.distillationHead?.weight.shape == [5, 48])
        #expect(model.parameters.prefix.shape == [2, 48] && model.parameters.positions.shape == [38, 48])
    }

    @Test(.enabled(if: Fixtures.isThere(Fixtures.shared + "/fixtures/hf")))
    func huggingFaceFixture() throws {
        let model = try ModelLoader.load(path: Fixtures.shared + "/fixtures/hf/")
        #expect(model.configuration.family == .huggingFace && model.configuration.normEpsilon == 1e-6)
        #expect(model.configuration.positionResampling == .bicubic && model.configuration.head == .classToken)
        #expect(model.configuration.preprocessing.interpolation == .bicubic)
        #expect(model.notes.isEmpty)
    }

    @Test(.enabled(if: Fixtures.isThere(Fixtures.shared + "/models/deit_tiny_imagenet")))
    func imageNetModelNamesItsClasses() throws {
        let model = try ModelLoader.load(path: Fixtures.shared + "/models/deit_tiny_imagenet")
        #expect(model.configuration.classCount == 1000)
        #expect(model.configuration.classNames[281].contains("tabby"))
        #expect(model.configuration.heads == 3 && model.notes.isEmpty)
    }

    @Test func bundledModelIsMultiLabel() throws {
        let model = try ModelLoader.load(path: Fixtures.root + "/assets/models/animals")
        #expect(model.configuration.classNames == ["cat", "cow", "dog", "horse", "person", "sheep"])
        #expect(model.configuration.probability == .sigmoid && model.configuration.heads == 3)
        #expect(model.tensors.allSatisfy { $0.elementType == .f16 })
    }

    @Test func concurrentLoadsAgree() async throws {
        let path = Fixtures.root + "/assets/models/animals"
        let expected = try ModelLoader.load(path: path).parameters.blocks[11].contract.weight.values
        try await withThrowingTaskGroup(of: [Float].self) { group in
            for _ in 0..<40 {
                group.addTask { try ModelLoader.load(path: path).parameters.blocks[11].contract.weight.values }
            }
            for try await values in group { #expect(values == expected) }
        }
    }
}
