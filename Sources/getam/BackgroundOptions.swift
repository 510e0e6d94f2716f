import ArgumentParser
import GETAM

/// The option that gives words of the background, beside classes in words.
struct BackgroundOptions: ParsableArguments {
    @Option(
        name: .customLong("background-texts"),
        help: ArgumentHelp(
            "Words of the background, which take part where a preset's score is soft-max and are no classes: "
                + "default (the 25 of CLIP-ES), a file as of --texts, or words with commas between.",
            valueName: "words"),
        completion: .names(["default"], orFiles: ["txt"]))
    var words: String?

    var isGiven: Bool { words != nil }

    /// The file they are read from.
    private var file: String? { words.flatMap { $0 != "default" && AtomicFile.exists($0) ? $0 : nil } }

    /// A model with the words beside its classes; words that a class is called by are left out, which a note says.
    ///
    /// - Parameters:
    ///   - reader: the model's text tower.
    ///   - templates: the sentences that words are put into.
    func added(to loaded: LoadedModel, by reader: TextModel, templates: PromptTemplates) throws -> LoadedModel {
        guard let words else { return loaded }
        let known = Set(loaded.configuration.distinctClassNames.map { $0.lowercased() })
        let all = try BackgroundTexts.named(words)
        let texts = all.filter { !known.contains($0.name.lowercased()) }
        if texts.count < all.count {
            let left = all.filter { known.contains($0.name.lowercased()) }.map(\.name)
            Notes.add(
                "--background-texts: \(left.joined(separator: ", ")): the model has such \(left.count == 1 ? "a class" : "classes"); left out")
        }
        var result = loaded
        result.files += [file].compactMap(\.self)
        let embeddings = texts.isEmpty ? TextEmbeddings(names: [], values: [], width: reader.tower.embeddingWidth)
            : try TextOptions.embeddings(of: texts, by: reader, templates: templates)
        do { result.parameters = try loaded.parameters.adding(background: embeddings) } catch {
            throw CommandFailure(.usage, "--background-texts: \(error)")
        }
        return result
    }

    /// The option as it is given, for a line that does the same; a file by its name alone where `hasFolders` is false.
    func options(hasFolders: Bool = true) -> [String] {
        words.map { ["--background-texts", file == nil || hasFolders ? $0 : $0.nameAlone] } ?? []
    }
}
