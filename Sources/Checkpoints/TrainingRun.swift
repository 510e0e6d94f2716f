import Files

/// The folder of a training run as others read it, also while the run goes on: its files are whole, and a newer one takes the
/// place of an older by its name. What else lies there is `Training`'s.
public struct TrainingRun: Sendable, Equatable {
    /// A file of weights that a run has written.
    public struct Checkpoint: Sendable, Equatable {
        public let path: String
        /// Steps that led to it; nil where the file does not say.
        public let step: Int?

        public init(path: String, step: Int?) {
            self.path = path
            self.step = step
        }

        /// The checkpoint in few words, such as `step 1200`.
        public var title: String { step.map { "step \($0)" } ?? path.lastPart }
    }

    public static let recipeName = "recipe.json"
    public static let probesName = "probes.txt"
    static let modelName = "model.safetensors"
    static let weightsName = "weights"

    /// Without a slash at its end.
    public let path: String
    /// How the folder was when it was first looked at.
    public let opened: State

    /// - Returns: nil where the folder holds no run: no `recipe.json` that says a version and a number of steps.
    public init?(path: String) {
        let path = path.withoutTrailingSlash
        let file = path.appending(part: Self.recipeName)
        guard path.isFolder, AtomicFile.exists(file), let recipe = try? JSONConfig(path: file), recipe.value("version") != nil,
            recipe.value("steps") != nil
        else { return nil }
        self.path = path
        opened = State(path)
    }

    /// What the run is called: its folder's name.
    public var name: String { (FileSystem.resolved(path) ?? path).nameAlone }

    /// The newest checkpoint, as it is now; nil before the first.
    public var newest: Checkpoint? {
        let file = path.appending(part: Self.modelName)
        return AtomicFile.exists(file) ? Checkpoint(path: file, step: Self.step(ofWeights: file)) : nil
    }

    /// The checkpoints that the run has kept, the oldest first.
    public var kept: [Checkpoint] {
        let folder = path.appending(part: Self.weightsName)
        let steps = ((try? FolderListing(folder).entries) ?? []).compactMap { Self.step(ofName: $0.name) }
        return steps.sorted().map { Checkpoint(path: folder.appending(part: Self.fileName(step: $0)), step: $0) }
    }

    /// The paths of the run's probe pictures, those that are there.
    public var probes: [String] {
        guard let content = try? FileContent(path: path.appending(part: Self.probesName)) else { return [] }
        let lines = content.withBytes { bytes in bytes.split(separator: UInt8(ascii: "\n")).map { String(pathBytes: $0) } }
        return lines.map(path.appending(part:)).filter(AtomicFile.exists)
    }

    /// The run's log: names of its columns, and a row a step with its numbers, nil where a field holds none; nil without one.
    public var log: (columns: [String], rows: [[Double?]])? {
        guard let content = try? FileContent(path: path.appending(part: "log.csv")) else { return nil }
        let records = CSVRecords.whole(content.withBytes { Array($0) })
        guard let columns = records.first else { return nil }
        return (columns, records.dropFirst().filter { $0.count == columns.count }.map { $0.map { Double($0) } })
    }

    // MARK: Changes

    /// What tells a folder's state from another: the newest checkpoint's file, and when the folder of those kept changed.
    public struct State: Sendable, Equatable {
        private let file: FileMark?
        private let weights: FileMark?

        fileprivate init(_ folder: String) {
            file = FileMark(folder.appending(part: TrainingRun.modelName))
            weights = FileMark(folder.appending(part: TrainingRun.weightsName))
        }

        /// Whether the newest checkpoint is another.
        public func hasNewer(than other: State) -> Bool { file != nil && file != other.file }
    }

    /// As the folder is now. Reads no file.
    public var state: State { State(path) }

    // MARK: Names

    /// What is named for a step: nine digits, so that names sort as steps do.
    package static func name(ofStep step: Int) -> String {
        let digits = String(step)
        return "step-" + String(repeating: "0", count: max(0, 9 - digits.count)) + digits
    }

    /// The name of a file of a step.
    package static func fileName(step: Int) -> String { name(ofStep: step) + ".safetensors" }

    /// The step that such a name says; nil for others.
    package static func step(ofName name: String) -> Int? {
        guard name.hasPrefix("step-"), name.hasSuffix(".safetensors") else { return nil }
        return Int(name.dropFirst(5).dropLast(12)).flatMap { $0 >= 0 ? $0 : nil }
    }

    /// The steps that led to a file of weights, as its header has them.
    public static func step(ofWeights path: String) -> Int? {
        (try? SafetensorsFile(path: path))?.metadata["step"].flatMap { Int($0) }
    }

    /// The run that has written a file of weights, the newest or one it has kept; nil for other files.
    public static func owner(ofWeights file: String) -> TrainingRun? {
        let folder = file.folder.isEmpty ? "." : file.folder
        if file.lastPart == modelName { return TrainingRun(path: folder) }
        guard step(ofName: file.lastPart) != nil, (FileSystem.resolved(folder) ?? folder).nameAlone == weightsName else { return nil }
        return TrainingRun(path: folder.appending(part: ".."))
    }
}

/// What tells a file from one that took its place.
private struct FileMark: Sendable, Equatable {
    private let device: UInt
    private let number: UInt
    private let seconds: Int
    private let nanoseconds: Int
    private let size: Int

    init?(_ path: String) {
        guard let status = FileSystem.status(path) else { return nil }
        (device, number, size) = (UInt(status.st_dev), UInt(status.st_ino), Int(status.st_size))
        (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    }
}
