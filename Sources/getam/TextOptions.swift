import ArgumentParser
import Assets
import GETAM

/// The options that give classes in words, for models with a text tower.
struct TextOptions: ParsableArguments {
    @Option(
        name: .customLong("text"),
        help: ArgumentHelp(
            "A class in words, such as \"a photo of a cat\" or \"cat: a cat | a kitten\", for CLIP and SigLIP; repeatable.",
            valueName: "text"),
        completion: .default)
    var words: [TextChoice] = []
    @Option(
        name: .customLong("texts"),
        help: ArgumentHelp("File of classes in words, one a line: name: prompt | prompt, {} for the name.", valueName: "path"),
        completion: .file())
    var file: String?
    @Option(
        name: .customLong("templates"),
        help: ArgumentHelp(
            "Sentences that words are put into, their embeddings averaged: none, photo, clip-es, imagenet (80), "
                + "or a file of lines with {}. (default: none)",
            valueName: "name"),
        completion: .names(PromptTemplates.all.map(\.name), orFiles: ["txt"]))
    var templates: String?

    var isGiven: Bool { !words.isEmpty || file != nil }

    func validate() throws {
        for (place, choice) in words.enumerated() where words[..<place].contains(where: { $0.group.name == choice.group.name }) {
            throw ValidationError("--text \(choice.group.name) is given twice; write several prompts as one: name: prompt | prompt.")
        }
        if templates != nil, !isGiven { throw ValidationError("--templates goes with --text or --texts.") }
    }

    /// The classes, those of `--text` first.
    func classes() throws -> [TextClass] {
        var classes = words.map(\.group)
        for group in try file.map({ (path) throws(FileError) in try TextClass.read(path: path) }) ?? [] {
            if classes.contains(where: { $0.name == group.name }) {
                throw CommandFailure(.usage, "the class “\(group.name)” is given by --text and by --texts")
            }
            classes.append(group)
        }
        return classes
    }

    /// The sentences that words are put into.
    var sentences: PromptTemplates {
        get throws(FileError) { try templates.map { (name) throws(FileError) in try PromptTemplates(named: name) } ?? .none }
    }

    /// The text tower of the model at `path`. What was assumed becomes notes.
    static func reader(model path: String, threads: Int? = nil) throws -> TextModel {
        let compute = Compute(
            product: ModelOptions.matrixProduct(), pool: ThreadPool(threads: threads ?? Environment.usableProcessors()),
            features: Environment.features)
        let model = try TextModel(path: path, clipMerges: Assets.clipMerges, compute: compute)
        model.tower.notes.forEach(Notes.add)
        return model
    }

    /// The classes' embeddings by a text tower. What was cut off becomes a note.
    func embeddings(by reader: TextModel) throws -> TextEmbeddings {
        try Self.embeddings(of: classes(), by: reader, templates: sentences)
    }

    static func embeddings(of classes: [TextClass], by reader: TextModel, templates: PromptTemplates) throws -> TextEmbeddings {
        let (embeddings, cut) = try reader.classes(classes, templates: templates)
        if cut > 0 { Notes.add("\(cut) prompts are longer than the model's \(reader.tower.contextLength) tokens: their ends are cut off") }
        return embeddings
    }

    /// The options as they are given, for a line that does the same; files by their names alone where `hasFolders` is false.
    func options(hasFolders: Bool = true) -> [String] {
        var options: [String] = []
        for choice in words { options += ["--text", choice.line] }
        if let file { options += ["--texts", hasFolders ? file : file.nameAlone] }
        if let templates {
            let isKnown = PromptTemplates.all.contains { $0.name == templates }
            options += ["--templates", hasFolders || isKnown ? templates : templates.nameAlone]
        }
        return options
    }
}

/// A class in words as it is given.
struct TextChoice: ExpressibleByArgument, Sendable {
    let line: String
    let group: TextClass

    init?(argument: String) {
        guard let group = TextClass(line: argument) else { return nil }
        (line, self.group) = (argument, group)
    }
}
