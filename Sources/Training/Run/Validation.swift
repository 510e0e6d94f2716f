import Attribution
import Checkpoints
import Files
import Images
import Labels
import Synchronization
import Tensors
import VisionTransformer

/// Average precision on pictures that a run does not learn from, of the weights it keeps: told and written down, and otherwise
/// without any influence on the run.
///
/// A picture comes to the model as `getam classify` brings it, by the model's own forward pass, on one thread each: how many
/// there are changes no digit.
public struct Validation: Sendable {
    /// What came out at one step.
    public struct Figures: Sendable {
        public let step: Int
        public let report: PrecisionReport
        /// Pictures that do not count, because they cannot be read or the model's output for them is no number.
        public let leftOut: [FileError]
    }

    /// Pictures to judge on.
    public var count: Int { self.set.pictures.count }
    private let set: TrainingSet
    private let classes: [String]
    private let path: String
    private let compute: Compute

    /// - Parameters:
    ///   - classes: names of the model's classes, for the file's header.
    ///   - folder: of the run, in which `validation.csv` is written.
    public init(_ set: TrainingSet, classes: [String], in folder: RunFolder, compute: Compute) {
        self.set = set
        self.classes = classes
        path = "\(folder.path)/validation.csv"
        self.compute = compute
    }

    /// The figures of a model at a step, which `validation.csv` has a line of from now on; lines of this step and later ones,
    /// of a run that was gone on with, go.
    ///
    /// - Parameter watch: told how many pictures are done, by one thread at a time.
    public func evaluate(
        _ parameters: ParameterSet, step: Int, watch: (Int) -> Void = { _ in }
    ) throws(FileError) -> Figures {
        let found = scores(parameters, watch)
        let read = found.indices.filter { (try? found[$0].get()) != nil }
        let report = PrecisionReport(
            scores: read.compactMap { try? found[$0].get() }, shown: read.map { set.pictures[$0].classes }, count: classes.count)
        let log = try StepLog(path: path, columns: ["step", "mAP"] + classes, through: step - 1)
        // The shortest digits that read back the same; nothing where there is no figure.
        try log.append(["\(step)"] + ([report.mean] + report.classes.map(\.averagePrecision)).map { $0.map { "\($0)" } ?? "" })
        let leftOut = found.compactMap { if case .failure(let error) = $0 { error } else { nil } }
        return Figures(step: step, report: report, leftOut: leftOut)
    }

    /// The logits of every picture, in order.
    private func scores(_ parameters: ParameterSet, _ watch: (Int) -> Void) -> [Result<[Float], FileError>] {
        let model = VisionTransformer(
            parameters, compute: Compute(product: compute.product, pool: ThreadPool(threads: 1), features: compute.features))
        let results = Mutex((logits: [Result<[Float], FileError>?](repeating: nil, count: set.pictures.count), done: 0))
        compute.pool.forEach(set.pictures.count) { place in
            let logits = Result { () throws(FileError) in try Self.logits(set.pictures[place].path, model) }
            results.withLock { results in
                results.logits[place] = logits
                results.done += 1
                watch(results.done)
            }
        }
        return results.withLock { $0.logits.compactMap { $0 } }
    }

    private static func logits(_ path: String, _ model: VisionTransformer) throws(FileError) -> [Float] {
        let picture = try ImageFile.read(path: path), configuration = model.configuration
        do {
            let size = try ResizeMode.fit.inputSize(width: picture.width, height: picture.height, for: configuration)
            return try model.forward(picture.modelInput(size, configuration.preprocessing)).logits
        } catch { throw FileError(.invalid, path: path, "\(error)") }
    }
}
