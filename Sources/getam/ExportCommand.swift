import ArgumentParser
import GETAM

/// `getam export`: a model to give away.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a model to give away: one checkpoint and its configuration.",
        discussion: "Writes DIR/model.safetensors and DIR/config.json under timm's names.")

    @OptionGroup(title: "Model") var model: CheckpointOption
    @Option(
        help: ArgumentHelp("How numbers are stored: float32, float16 or bfloat16.", valueName: "type"),
        completion: .list(SafetensorsEncoder.Element.allCases.map(\.rawValue)))
    var dtype: SafetensorsEncoder.Element = .float32
    @Option(
        name: .shortAndLong, help: ArgumentHelp("Folder to write to; made where it is not there.", valueName: "dir"),
        completion: .directory)
    var output: String

    func validate() throws {
        if output.isEmpty { throw ValidationError("-o needs a folder.") }
    }

    func run() throws {
        let path = try model.path()
        let loaded = try model.load()
        let writer = try loaded.parameters.writer(path: path)
        var inputs = InputFiles()
        inputs.add("the model", loaded.files)
        inputs.add("the head", model.head)
        inputs.add("the list of texts", model.texts.file)
        try inputs.check("-o", folder: output, files: ["model.safetensors", "config.json"])
        let folder = try OutputFolder(output, ending: "safetensors")
        let (weights, config) = (folder.file("model"), "\(folder.path)/config.json")
        var encoder = SafetensorsEncoder(metadata: ["format": "pt"])
        writer.add(to: &encoder, as: dtype)
        try AtomicFile.write(encoder.bytes, to: weights)
        try AtomicFile.write(Array(writer.config.utf8), to: config)
        Report.line("\(loaded.parameters.parameterCount) parameters as \(dtype.rawValue): \(weights)")
    }
}

extension SafetensorsEncoder.Element: ExpressibleByArgument {}
