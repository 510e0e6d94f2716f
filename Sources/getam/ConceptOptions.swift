import ArgumentParser
import GETAM

/// The option that makes classes of example pictures.
struct ConceptOptions: ParsableArguments {
    @Option(
        name: .customLong("concept"),
        help: ArgumentHelp(
            "A class made of a folder's few example pictures, usable wherever a class is; repeatable.", valueName: "name=dir"),
        completion: .directory)
    var concepts: [ConceptChoice] = []

    func validate() throws {
        for (place, concept) in concepts.enumerated() where concepts[..<place].contains(where: { $0.name == concept.name }) {
            throw ValidationError("--concept \(concept.name) is given twice; name its pictures in one folder.")
        }
    }

    /// A model with the concepts as further classes; itself without any. What was made of what becomes a note.
    func added(to loaded: LoadedModel) throws -> LoadedModel {
        guard !concepts.isEmpty else { return loaded }
        let compute = Compute(product: ModelOptions.matrixProduct(), pool: ThreadPool(threads: Environment.usableProcessors()), features: Environment.features)
        let model = VisionTransformer(loaded.parameters, compute: compute)
        var result = loaded
        do {
            result.parameters = try loaded.parameters.adding(concepts.map { concept in
                let examples = try concept.examples()
                result.files += examples
                return try concept.made(of: examples, by: model)
            })
        } catch let error as ModelError { throw CommandFailure(.usage, "--concept: \(error)") }
        if loaded.parameters.hasDecoder { Notes.add("the decoder knows nothing of concepts and is left out") }
        return result
    }
}

/// A class's name and the folder of its examples.
struct ConceptChoice: ExpressibleByArgument, Sendable {
    let name: String
    let folder: String

    /// As it is given.
    var word: String { "\(name)=\(folder)" }

    init?(argument: String) {
        guard let place = argument.firstIndex(of: "=") else { return nil }
        name = String(argument[..<place])
        folder = String(argument[argument.index(after: place)...])
        // A name that is a number would mean another class.
        if name.isEmpty || folder.isEmpty || Int(name) != nil || name.contains(",") || name != name.printable { return nil }
    }

    /// The pictures in the folder.
    fileprivate func examples() throws -> [String] {
        guard folder.isFolder else {
            throw FileError(AtomicFile.exists(folder) ? .invalid : .missing, path: folder, "is no folder of example pictures for --concept \(name)")
        }
        return try PictureList([folder]).paths
    }

    /// What the model makes of them.
    fileprivate func made(of examples: [String], by model: VisionTransformer) throws -> Concept {
        let pictures = try examples.map { path in
            let picture = try InputOptions.picture(path)
            let size = try ResizeMode.fit.inputSize(width: picture.width, height: picture.height, for: model.configuration)
            return picture.modelInput(size, model.configuration.preprocessing)
        }
        let concept = try model.concept(name, of: pictures)
        Notes.add("concept \(name): made of \(concept.examples) \(concept.examples == 1 ? "picture" : "pictures")")
        return concept
    }
}
