import ArgumentParser
import Assets
import GETAM

/// The options that choose a model and what it runs on.
struct ModelOptions: ParsableArguments {
    @Option(
        name: [.customShort("m"), .long],
        help: ArgumentHelp(
            "Checkpoint: a .safetensors file, its index, or a folder with config.json. (default: the bundled model)",
            valueName: "path"))
    var model: String?

    @Option(help: ArgumentHelp("Threads to compute with. (default: the processors this process may use)", valueName: "n"))
    var threads: Int?

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024.") }
    }

    /// The path of the checkpoint to use.
    func modelPath() throws -> String {
        if let model { return model }
        guard let bundled = Assets.model else {
            throw CommandFailure(
                .missingInput, "the bundled model is not beside the program (getam_Assets.resources); name one with --model")
        }
        return bundled.path
    }

    /// Loads the checkpoint. What had to be assumed becomes notes.
    func load(niceness: Int32 = 0) throws -> (loaded: LoadedModel, model: VisionTransformer) {
        let loaded = try ModelLoader.load(path: modelPath())
        for note in loaded.notes { Notes.add(note) }
        let product = Environment.matrixProduct()
        if let warning = product.warning { Notes.add("warning: \(warning)") }
        let pool = ThreadPool(threads: threads ?? Environment.usableProcessors(), niceness: niceness)
        let compute = Compute(product: product, pool: pool, features: Environment.features)
        return (loaded, VisionTransformer(loaded.parameters, compute: compute))
    }
}

extension ResizeMode: ExpressibleByArgument {}
extension ColorMap: ExpressibleByArgument {}

/// The options that choose what the model is shown.
struct InputOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "fit keeps the picture's aspect ratio at the model's input area, square squashes it to the model's own size.",
            valueName: "mode"))
    var resize: ResizeMode = .fit

    @Option(help: ArgumentHelp("Longer side of the model's input in pixels. (default: the model's own)", valueName: "n"))
    var size: Int?

    func validate() throws {
        if let size, !(1...16384).contains(size) { throw ValidationError("--size must be from 1 to 16384.") }
    }

    /// The model's input for a picture.
    func tensor(_ picture: RGBImage, for configuration: ModelConfiguration) throws -> Tensor {
        let input = try resize.inputSize(width: picture.width, height: picture.height, for: configuration, side: size)
        return picture.modelInput(input, configuration.preprocessing)
    }
}

/// The options that report time.
struct TimingOptions: ParsableArguments {
    @Flag(help: "Print each stage's milliseconds as one JSON object on standard error.")
    var timings = false

    @Option(name: .customLong("repeat"), help: ArgumentHelp("Run the passes so often; --timings prints medians.", valueName: "n"))
    var repeats = 1

    func validate() throws {
        if !(1...100_000).contains(repeats) { throw ValidationError("--repeat must be from 1 to 100000.") }
    }
}
