import Checkpoints
import TestSupport
import Testing

/// What a class's name may be, where several classes have it.
@Suite struct ClassNameTests {
    private func model(_ names: [String]) throws -> ModelConfiguration {
        var configuration = try ModelLoader.load(path: Fixtures.model("pooled_class_token")).configuration
        configuration.classNames = names
        configuration.classCount = names.count
        return configuration
    }

    private func index(_ text: String, _ model: ModelConfiguration) -> Int? { try? model.classIndex(text) }

    private func error(_ text: String, _ model: ModelConfiguration) -> UnknownClass? {
        do throws(UnknownClass) {
            _ = try model.classIndex(text)
            return nil
        } catch { return error }
    }

    @Test func namesAndSynonyms() throws {
        let model = try model(["crane", "tench, Tinca tinca", "Crane, machine", "crane", "maillot", "maillot, tank suit", "", "C#3", "suit"])
        #expect(index("tench", model) == 1 && index("TINCA TINCA", model) == 1 && index("tench, tinca tinca", model) == 1)
        #expect(index("maillot", model) == 4 && index("maillot, tank suit", model) == 5 && index("tank suit", model) == 5)
        #expect(index("C#3", model) == 7 && index("c#3", model) == 7 && index("6", model) == 6)
        let several = try #require(error("crane", model))
        #expect(several.candidates == [0, 3])
        #expect(several.description == "“crane” is the name of 2 classes, 0, 3: write crane#0 or crane#3")
        for (text, place) in [("crane#0", 0), ("crane#3", 3), ("CRANE # 3", 3), ("crane#2", 2), ("machine#2", 2), ("#5", 5), ("maillot#5", 5), ("C#3#7", 7)] {
            #expect(index(text, model) == place, "\(text)")
        }
        #expect(error("crane#1", model)?.description == "“crane#1”: class 1 is “tench, Tinca tinca”")
        #expect(error("crane#9", model)?.description.contains("out of range") == true)
        for text in ["crane#", "crane#x", "crane#-1", "crane#99999999999999999999", "9", "-1", ""] { #expect(index(text, model) == nil, "\(text)") }
        #expect(error("crain", model)?.description.contains("nearest: crane") == true)
    }

    /// A synonym that two classes share means neither, in whichever case it is written; a name alone in its case is that class.
    @Test func sharedSynonyms() throws {
        let model = try model(["drake, duck", "duck, bird", "Goose", "goose"])
        #expect(error("duck", model)?.candidates == [0, 1])
        #expect(index("duck#1", model) == 1 && index("Goose", model) == 2 && index("goose", model) == 3)
        #expect(error("GOOSE", model)?.candidates == [2, 3])
    }

    @Test func distinctNames() throws {
        let names = ["crane", "dog", "crane", "", "3", "crane#0", "crane#2"]
        let model = try model(names)
        let distinct = model.distinctClassNames
        #expect(Set(distinct).count == names.count && distinct[1] == "dog")
        for (place, name) in distinct.enumerated() { #expect(index(name, model) == place, "\(name)") }
        #expect(try self.model(["a", "b"]).distinctClassNames == ["a", "b"])
    }
}
