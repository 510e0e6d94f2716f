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

    /// Words of the background are no classes, whatever is added before or after them.
    @Test(arguments: ["clip", "siglip"]) func wordsOfTheBackground(name: String) throws {
        let model = try Self.model(name), path = Fixtures.path("texts/" + name)
        let words = try BackgroundTexts.named("ground, sky: the sky | a cloudy sky,ground")
        #expect(words == [.init(name: "ground", prompts: ["ground"]), .init(name: "sky", prompts: ["the sky", "a cloudy sky"])])
        let cat = try #require(TextClass(line: "cat")), dog = try #require(TextClass(line: "dog"))
        func made(_ classes: [TextClass]) throws -> ParameterSet {
            try ModelLoader.load(path: path, head: HeadSource(texts: model.classes(classes).embeddings, title: "--text")).parameters
        }
        let background = try model.classes(words, templates: .clipES).embeddings
        #expect(background.values == (try model.classes([
            .init(name: "g", prompts: ["a clean origami ground."]), .init(name: "s", prompts: ["a clean origami the sky.", "a clean origami a cloudy sky."]),
        ]).embeddings.values))
        let grown = try made([cat]).adding(background: background).adding(model.classes([dog]).embeddings, scale: nil)
        let plain = try made([cat, dog])
        #expect(grown.configuration == plain.configuration && grown.background?.weight.shape == [2, background.width])
        let input = Tensor(shape: [3, 16, 16], (0..<768).map { Float($0 % 31) / 15 - 1 })
        let trace = try VisionTransformer(grown, compute: TextTowerTests.compute).forward(input)
        #expect(try VisionTransformer(plain, compute: TextTowerTests.compute).forward(input).logits == trace.logits)
        // Their logits are those that they would have as classes.
        let asClasses = try VisionTransformer(made(words.map { .init(name: $0.name, prompts: $0.prompts.map { "a clean origami \($0)." }) }), compute: TextTowerTests.compute)
        #expect(relativeDeviation(trace.backgroundLogits, try asClasses.forward(input).logits) < 1e-6)
        #expect(try grown.adding(background: TextEmbeddings(names: [], values: [], width: background.width)).background == nil)
        #expect(throws: ModelError.self) { try ModelLoader.load(path: path).parameters.adding(background: background) }
        #expect(throws: ModelError.self) { try plain.adding(background: TextEmbeddings(names: ["x"], values: [1], width: 1)) }
    }

    /// A class of example pictures beside classes in words: its row gives the examples what they get for the best of the words, so that
    /// both are on one scale, and the words keep their logits.
    @Test(arguments: ["clip", "siglip"]) func examplesBesideWords(name: String) throws {
        let model = try Self.model(name), path = Fixtures.path("texts/" + name)
        let texts = try model.classes([.init(name: "cat", prompts: ["{}"]), .init(name: "dog", prompts: ["{}"])]).embeddings
        let words = try ModelLoader.load(path: path, head: HeadSource(texts: texts, title: "--text")).parameters
        let examples = (0..<2).map { seed in Tensor(shape: [3, 16, 16], (0..<768).map { Float(($0 * (seed + 3)) % 31) / 15 - 1 }) }
        let transformer = VisionTransformer(words, compute: TextTowerTests.compute)
        let both = try words.adding([transformer.concept("beast", of: examples)])
        #expect(both.configuration.classNames == ["cat", "dog", "beast"] && both.configuration.head == .zeroShot)
        let whole = VisionTransformer(both, compute: TextTowerTests.compute)
        let plain = try examples.map { try transformer.forward($0).logits }, found = try examples.map { try whole.forward($0).logits }
        for (one, other) in zip(plain, found) { #expect(relativeDeviation(Array(other.prefix(2)), one) < 1e-6) }
        let bias = words.logitBias ?? 0
        let best = plain.map { ($0.max() ?? 0) - bias }.reduce(0, +) / 2, own = found.map { $0[2] - bias }.reduce(0, +) / 2
        #expect(best <= 0 || abs(own - best) < 1e-4 * best, "\(own), not \(best)")
        // A word more, and words of the background, come beside them as beside words alone.
        let cow = try model.classes([.init(name: "cow", prompts: ["{}"])]).embeddings
        let grown = try both.adding(cow, scale: nil).adding(background: cow)
        let more = try VisionTransformer(grown, compute: TextTowerTests.compute).forward(examples[0])
        #expect(relativeDeviation(Array(more.logits.prefix(3)), found[0]) < 1e-6 && abs(more.logits[3] - more.backgroundLogits[0]) < 1e-5)
        // Examples alone have a scale of their own.
        let bare = VisionTransformer(try ModelLoader.load(path: path).parameters, compute: TextTowerTests.compute)
        let alone = try bare.parameters.adding([bare.concept("beast", of: examples)])
        #expect(throws: ModelError.self) { try alone.adding(cow, scale: nil) }
    }

    @Test func backgroundsByName() throws {
        let words = try BackgroundTexts.named("default")
        #expect(words.count == 25 && Set(words.map(\.name)).count == 25 && words.allSatisfy { $0.prompts == ["{}"] })
        let folder = try TemporaryFolder()
        #expect(try BackgroundTexts.named(folder.write("wall\n# no\nsky: blue sky\n", "words")).map(\.name) == ["wall", "sky"])
        #expect(try BackgroundTexts.named("sky").map(\.name) == ["sky"])
        for wrong in ["words.txt", "no/such", "sky,,ground", "", "7,8"] {
            #expect(throws: FileError.self, "\(wrong)") { try BackgroundTexts.named(wrong) }
        }
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
        #expect(reason { _ = try PromptTemplates(named: "no-such") } == "is neither a file of templates nor one of none, photo, clip-es, imagenet")
        #expect(reason { _ = try Self.model("open_clip") }.contains("has no tokenizer beside the model"))
        #expect(reason { _ = try Self.model("open_clip_siglip") }.contains("spiece.model or tokenizer.json"))
    }
}
