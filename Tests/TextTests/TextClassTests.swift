import Checkpoints
import Files
import TestSupport
import Tensors
import Testing
import VisionTransformer
@testable import Text

@Suite struct TextClassTests {
    /// Written by `make_texts.py`.
    static let templates = ["a photo of a {}.", "a drawing of the {}.", "{}"]

    static func model(_ name: String) throws -> TextModel {
        try TextModel(path: Fixtures.path("texts/" + name), clipMerges: TokenFixtures.merges, compute: TextTowerTests.compute)
    }

    @Test(arguments: ["clip", "siglip"]) func fromWordsToTheLibrarysEmbeddings(name: String) throws {
        let model = try Self.model(name)
        let texts = ["a photo of a cat", "", "Dog", "a photo of many large horses that stand on a meadow, and of their shadows in the evening", "猫 😀", "it's  a SHEEP"]
        let (found, cut) = model.embeddings(of: texts)
        #expect(relativeDeviation(found.values, try TextTowerTests.expected(name).embeddings.values) < 2e-5)
        #expect(cut >= 1)
    }

    @Test(arguments: ["clip", "siglip"]) func severalPromptsAreAveraged(name: String) throws {
        let folder = try TemporaryFolder()
        let classes = try TextClass.read(path: try folder.write("# two\ncat: a photo of a {}. | a drawing of the {}. | {}\n\nDining-table:\n", "classes.txt"))
        #expect(classes == [.init(name: "cat", prompts: Self.templates), .init(name: "Dining-table", prompts: ["{}"])])
        let templates = try PromptTemplates(named: folder.write(Self.templates.joined(separator: "\n"), "templates.txt"))
        let model = try Self.model(name)
        let head = try SafetensorsFile(path: Fixtures.path("texts/\(name)/expected.safetensors")).tensor(named: "head")
        let first = try model.classes([classes[0]]).embeddings, second = try model.classes([classes[1]], templates: templates).embeddings
        #expect(first.names + second.names == ["cat", "Dining-table"])
        #expect(relativeDeviation(first.values + second.values, head.values) < 2e-5)
    }

    /// As if the embeddings had been in a file.
    @Test func theyAreTheHeadOfTheirModel() throws {
        let model = try Self.model("clip"), folder = try TemporaryFolder()
        let classes = try ["a photo of a cat", "a dog: dog | puppy"].map { try #require(TextClass(line: $0)) }
        let (texts, _) = try model.classes(classes)
        let path = folder.path + "/head.npy"
        try AtomicFile.write(NumPyFile.encode(shape: [2, texts.width], texts.values), to: path)
        let own = try ModelLoader.load(path: Fixtures.path("texts/clip"), head: HeadSource(texts: texts, title: "--text"))
        let file = try ModelLoader.load(path: Fixtures.path("texts/clip"), head: HeadSource(path: path))
        #expect(own.configuration.head == .zeroShot && own.configuration.classCount == 2)
        #expect(own.configuration.classNames == ["a photo of a cat", "a dog"])
        #expect(own.parameters.head?.weight.values == file.parameters.head?.weight.values)
        #expect(own.parameters.logitScale == file.parameters.logitScale)
        // Other words make another model.
        let (others, _) = try model.classes([classes[1], classes[0]])
        let other = try ModelLoader.load(path: Fixtures.path("texts/clip"), head: HeadSource(texts: others, title: "--text"))
        #expect(try own.fingerprint() != other.fingerprint() && own.fingerprint() != file.fingerprint())
    }

    /// Added to a model afterwards, they are as if they had been given at once.
    @Test func classesAreAddedToAHead() throws {
        let model = try Self.model("clip"), path = Fixtures.path("texts/clip")
        let classes = ["a photo of a cat", "dog: dog | puppy", "cow"].map { TextClass(line: $0) }.compactMap(\.self)
        let all = try ModelLoader.load(path: path, head: HeadSource(texts: model.classes(classes).embeddings, title: "--text")).parameters
        let first = try ModelLoader.load(path: path, head: HeadSource(texts: model.classes([classes[0]]).embeddings, title: "--text")).parameters
        let grown = try first.adding(model.classes([classes[1]]).embeddings, scale: nil).adding(model.classes([classes[2]]).embeddings, scale: nil)
        let bare = try ModelLoader.load(path: path).parameters
        #expect(bare.configuration.head == .none)
        let begun = try bare.adding(model.classes(classes).embeddings, scale: model.tower.logitScale)
        let input = Tensor(shape: [3, 16, 16], (0..<768).map { Float($0 % 31) / 15 - 1 })
        func logits(_ parameters: ParameterSet) throws -> [Float] {
            try VisionTransformer(parameters, compute: TextTowerTests.compute).forward(input).logits
        }
        let expected = try logits(all)
        #expect(expected.count == 3)
        let (fromOne, fromNone) = (try logits(grown), try logits(begun))
        #expect(relativeDeviation(fromOne, expected) < 1e-6 && relativeDeviation(fromNone, expected) < 1e-5)
        #expect(grown.configuration.classNames == ["a photo of a cat", "dog", "cow"])
        // A pass of the model before is one of the grown, to the last bit, and goes back as one.
        for before in [first, bare] {
            let old = try VisionTransformer(before, compute: TextTowerTests.compute).forward(input)
            let model = VisionTransformer(grown, compute: TextTowerTests.compute)
            let (carried, anew) = (try #require(model.reclassified(old)), try model.forward(input))
            #expect(carried.logits == anew.logits && carried.features == anew.features)
            func rows(_ trace: Trace) throws -> [Float] {
                var found: [Float] = []
                try model.attentionGradients(of: trace, classes: [2, 0], downTo: 0) { found += $0.gradient(head: 1, row: 0) }
                return found
            }
            #expect(try rows(carried) == rows(anew))
            let same = VisionTransformer(before, compute: TextTowerTests.compute).reclassified(old)
            #expect((same != nil) == (before.configuration.head == .zeroShot))
        }
        #expect(throws: ModelError.self) { try grown.adding(model.classes([classes[2]]).embeddings, scale: nil) }
        let linear = try ModelLoader.load(path: Fixtures.path("models/bf16")).parameters
        #expect(throws: ModelError.self) { try linear.adding(model.classes(classes).embeddings, scale: nil) }
    }

    /// A SigLIP without a head gets one of sigmoids, with the bias that its file has.
    @Test func classesAreAddedToABareSigLIP() throws {
        let model = try Self.model("siglip"), path = Fixtures.path("texts/siglip")
        let texts = try model.classes(["a photo of a cat", "dog"].compactMap { TextClass(line: $0) }).embeddings
        let given = try ModelLoader.load(path: path, head: HeadSource(texts: texts, title: "--text")).parameters
        let begun = try ModelLoader.load(path: path).parameters.adding(texts, scale: model.tower.logitScale, bias: model.tower.logitBias)
        #expect(begun.configuration.probability == .sigmoid && begun.logitBias == given.logitBias && begun.logitScale == given.logitScale)
        let input = Tensor(shape: [3, 16, 16], (0..<768).map { Float($0 % 31) / 15 - 1 })
        let logits = try [given, begun].map { try VisionTransformer($0, compute: TextTowerTests.compute).forward(input).logits }
        #expect(logits[0] == logits[1])
    }

    @Test func lines() {
        #expect(TextClass(line: "a photo of a cat") == .init(name: "a photo of a cat", prompts: ["a photo of a cat"]))
        #expect(TextClass(line: "cat: a | b|  ") == .init(name: "cat", prompts: ["a", "b"]))
        #expect(TextClass(line: "12:30") == .init(name: "12:30", prompts: ["12:30"]))
        for line in ["", " ", "7", ": x", "|", "a\u{1B}b: x", "3: three"] { #expect(TextClass(line: line) == nil, "\(line)") }
        #expect(PromptTemplates.imageNet.lines.count == 80 && PromptTemplates.imageNet.lines.allSatisfy { $0.contains("{}") })
        #expect(TextClass(name: "cat", prompts: ["{}", "kitten"]).texts(in: .photo) == ["a photo of a cat.", "a photo of a kitten."])
    }

    @Test func whatIsWrongIsSaid() throws {
        let folder = try TemporaryFolder()
        func reason(_ body: () throws -> Void) -> String {
            do { try body() } catch { return (error as? FileError)?.reason ?? "\(error)" }
            return ""
        }
        let twice = try folder.write("cat\ncat: kitten\n", "twice.txt"), bare = try folder.write("a photo\n", "bare.txt")
        #expect(reason { _ = try TextClass.read(path: twice) } == "line 2: the class \"cat\" stands in line 1 already")
        #expect(reason { _ = try PromptTemplates(named: bare) } == "line 1: has no {} for the words of a class")
        #expect(reason { _ = try PromptTemplates(named: "no-such") } == "is neither a file of templates nor one of none, photo, imagenet")
        #expect(reason { _ = try Self.model("open_clip") }.contains("has no tokenizer beside the model"))
        #expect(reason { _ = try Self.model("open_clip_siglip") }.contains("spiece.model or tokenizer.json"))
    }
}
