import ArgumentParser
import Assets
import GETAM

/// The option that chooses a model.
struct ModelFileOption: ParsableArguments {
    @Option(
        name: [.customShort("m"), .customLong("model")],
        help: ArgumentHelp(
            "Checkpoint: a .safetensors, PyTorch or .npz file, an index, or a folder with config.json. (default: the bundled model)",
            valueName: "path"),
        completion: .checkpoints)
    var models: [String] = []

    /// The first one named.
    var model: String? { models.first }
    /// Those named after the first, for a command that takes several.
    var others: [String] { Array(models.dropFirst()) }

    /// The path of the checkpoint to use.
    ///
    /// - Parameter isFirst: whether those after the first are used, too; else they are refused.
    func path(isFirst: Bool = false) throws -> String {
        if !isFirst, let second = others.first {
            throw CommandFailure(
                .usage, "--model is given \(models.count) times, the second time as \(second): this command looks through one model; "
                    + "getam explore takes several")
        }
        if let model { return model }
        guard let bundled = Assets.model else {
            throw CommandFailure(
                .missingInput, "the bundled model is not beside the program (getam_Assets.resources); name one with --model")
        }
        return bundled
    }

    /// Loads the checkpoint. What had to be assumed becomes notes.
    ///
    /// - Parameter head: takes the place of the checkpoint's.
    func load(head: HeadSource? = nil, isFirst: Bool = false) throws -> LoadedModel {
        let loaded = try ModelLoader.load(path: path(isFirst: isFirst), head: head)
        for note in loaded.notes { Notes.add(note) }
        return loaded
    }
}

/// The options that choose a model and its head.
struct CheckpointOption: ParsableArguments {
    @OptionGroup var file: ModelFileOption

    @Option(
        help: ArgumentHelp(
            "Head to use instead of the checkpoint's: a linear layer's file, or text embeddings (.npy) for CLIP; class names in a .txt of the same name.",
            valueName: "path"),
        completion: .heads)
    var head: String?
    @OptionGroup var texts: TextOptions
    @OptionGroup var background: BackgroundOptions
    @OptionGroup var concepts: ConceptOptions

    func validate() throws {
        if head != nil, texts.isGiven { throw ValidationError("--head and --text are both the model's head; give one of them.") }
    }

    /// The path of the checkpoint to use.
    func path() throws -> String { try file.path() }

    /// Loads the checkpoint. What had to be assumed becomes notes.
    func load(isFirst: Bool = false) throws -> LoadedModel {
        try load(path: file.path(isFirst: isFirst)) { $0.notes.forEach(Notes.add) }
    }

    /// Loads the checkpoint at `path` with the head and the further classes that are given, and words of the background.
    ///
    /// - Parameter see: is shown what was read, before classes are added.
    func load(path: String, see: (LoadedModel) -> Void = { _ in }) throws -> LoadedModel {
        let reader = texts.isGiven || background.isGiven ? try TextOptions.reader(model: path) : nil
        var source = head.map { HeadSource(path: $0) }
        if texts.isGiven, let reader {
            source = HeadSource(texts: try texts.embeddings(by: reader), title: texts.words.isEmpty ? "--texts" : "--text")
        }
        var loaded = try ModelLoader.load(path: path, head: source)
        see(loaded)
        loaded = try concepts.added(to: loaded)
        return try reader.map { try background.added(to: loaded, by: $0, templates: texts.sentences) } ?? loaded
    }
}

/// The options that choose a model and what it runs on.
struct ModelOptions: ParsableArguments {
    @OptionGroup var checkpoint: CheckpointOption

    @Option(help: ArgumentHelp("Threads to compute with. (default: the processors this process may use)", valueName: "n"))
    var threads: Int?

    func validate() throws { try Self.validate(threads: threads) }

    static func validate(threads: Int?) throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024.") }
    }

    /// The path of the checkpoint to use.
    func modelPath() throws -> String { try checkpoint.path() }

    /// Loads the checkpoint. What had to be assumed becomes notes.
    func load(niceness: Int32 = 0, isFirst: Bool = false) throws -> (loaded: LoadedModel, model: VisionTransformer) {
        let loaded = try checkpoint.load(isFirst: isFirst)
        return (loaded, try transformer(loaded, niceness: niceness))
    }

    /// A loaded model, ready to compute.
    func transformer(_ loaded: LoadedModel, niceness: Int32 = 0) throws -> VisionTransformer {
        VisionTransformer(loaded.parameters, compute: compute(niceness: niceness))
    }

    /// What a model is computed with.
    func compute(niceness: Int32 = 0) -> Compute {
        let pool = ThreadPool(threads: threads ?? Environment.usableProcessors(), niceness: niceness)
        return Compute(product: Self.matrixProduct(), pool: pool, features: Environment.features)
    }

    /// The matrix product to compute with; warnings about it and the instruction set become notes.
    static func matrixProduct() -> MatrixProduct {
        let product = Environment.matrixProduct()
        for warning in [product.warning, Environment.featuresWarning].compactMap(\.self) { Notes.add("warning: \(warning)") }
        return product
    }
}

extension ResizeMode: ExpressibleByArgument {}
extension ColorMap: ExpressibleByArgument {}

/// The options that choose what the model is shown.
struct InputOptions: ParsableArguments {
    @Option(
        name: .customLong("resize"),
        help: ArgumentHelp(
            "fit, the default, keeps the picture's aspect ratio at the model's input area, square squashes it to the model's own size.",
            valueName: "mode"))
    var givenResize: ResizeMode?
    var resize: ResizeMode { givenResize ?? .fit }

    @Option(help: ArgumentHelp("Longer side of the model's input in pixels. (default: the model's own)", valueName: "n"))
    var size: Int?

    func validate() throws {
        if let size, !(1...16384).contains(size) { throw ValidationError("--size must be from 1 to 16384.") }
    }

    /// The picture at `path`.
    ///
    /// - Throws: `CommandFailure` of status ``ExitStatus/memory`` where decoding it would take more memory than is at hand.
    static func picture(_ path: String) throws -> RGBImage {
        try MachineMemory.check(path)
        return try ImageFile.read(path: path)
    }

    /// The model's input for a picture.
    func tensor(_ picture: RGBImage, for configuration: ModelConfiguration) throws -> Tensor {
        let input = try resize.inputSize(
            width: picture.width, height: picture.height, for: configuration, side: size,
            memory: MachineMemory.atHand().map(Double.init))
        return picture.modelInput(input, configuration.preprocessing)
    }

    /// What a job takes that shows the model pictures.
    func need(_ configuration: ModelConfiguration) throws -> MemoryPlan.Need {
        let own = configuration.inputSize
        let input = try resize.inputSize(width: own.width, height: own.height, for: configuration, side: size)
        return MemoryPlan.Need(job: Int(min(configuration.passByteCount(input), 1e15)))
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
