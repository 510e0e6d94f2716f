import ArgumentParser
import GETAM

/// `getam embed`: embeddings of classes in words.
struct EmbedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed", abstract: "Write the embeddings of classes given in words.",
        discussion: "Writes FILE.npy, an embedding a row, each of length one, and FILE.txt, the classes' names, as --head takes them.")

    @OptionGroup(title: "Classes") var texts: TextOptions
    @OptionGroup(title: "Model") var file: ModelFileOption
    @Option(help: ArgumentHelp("Threads to compute with. (default: the processors this process may use)", valueName: "n"))
    var threads: Int?
    @Option(
        name: .shortAndLong, help: ArgumentHelp("File to write, whose name ends in .npy; the names lie beside it.", valueName: "path"),
        completion: .file(extensions: ["npy"]))
    var output: String

    func validate() throws {
        if !texts.isGiven { throw ValidationError("Give classes in words: --text or --texts.") }
        if !output.hasSuffix(".npy") || output == ".npy" || output.hasSuffix("/.npy") {
            throw ValidationError("-o needs a name that ends in .npy.")
        }
        try ModelOptions.validate(threads: threads)
    }

    func run() throws {
        let path = try file.path(), names = output.dropLast("npy".count) + "txt"
        var inputs = InputFiles()
        inputs.add("the list of texts", texts.file)
        inputs.add("the templates", texts.templates)
        inputs.add("the model", path)
        for written in [output, String(names)] {
            if let input = inputs.input(at: written) {
                throw CommandFailure(.usage, "-o \(output): \(written) is an input (\(input)); choose another name")
            }
        }
        let embeddings = try texts.embeddings(by: TextOptions.reader(model: path, threads: threads))
        try AtomicFile.write(NumPyFile.encode(shape: [embeddings.names.count, embeddings.width], embeddings.values), to: output)
        try AtomicFile.write(Array((embeddings.names.joined(separator: "\n") + "\n").utf8), to: String(names))
        Report.line("\(embeddings.names.count) embeddings of \(embeddings.width) numbers: \(output), \(names)")
    }
}
