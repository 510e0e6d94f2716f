import Checkpoints
import Files
import Glibc
import Images
import Tensors

/// A run as TensorBoard reads it: an event file beside `log.csv`, with the figures of every step, those of validation, and probe
/// pictures of the weights that are kept.
///
/// Each start of the run has a file of its own, made with its first event; of the files before it, readers forget what came after
/// the state that it went on from. Times are part of the format: these files alone are not the same from run to run.
public final class TensorBoardLog {
    private let folder: RunFolder
    private let parts: [RunLog.Part]
    private let probes: ProbePictures
    private var file: RecordFile?

    /// - Parameter set: of the run; some of its first pictures are the probes.
    public init(_ folder: RunFolder, recipe: Recipe, set: TrainingSet, compute: Compute) {
        self.folder = folder
        parts = RunLog.parts(of: recipe)
        probes = ProbePictures(set, recipe: recipe, compute: compute)
    }

    /// One step's figures; a skipped one has no loss.
    func add(_ row: RunLog.Row, rate: Double) throws(FileError) {
        var values: [SummaryEvent.Value] = [.scalar("learningRate", row.learningRate)]
        if rate.isFinite { values.append(.scalar("picturesPerSecond", rate)) }
        if row.loss.isFinite {
            values.append(.scalar("loss", row.loss))
            if parts.count > 1 { values += parts.map { .scalar("loss/\($0.name)", $0.value(row.parts)) } }
            values.append(.scalar("gradientNorm", row.gradientNorm))
        }
        try append(values, step: row.step)
    }

    /// What the weights of a step make of the probe pictures.
    func add(_ weights: ParameterSet, step: Int) throws(FileError) {
        try append(probes.drawn(by: weights).map { .image("probe/\($0.name)", $0.picture) }, step: step)
    }

    /// The average precision on pictures that do not train.
    ///
    /// - Parameter classes: names of the model's classes.
    public func add(_ figures: Validation.Figures, classes: [String]) throws(FileError) {
        let single = zip(classes, figures.report.classes).compactMap { name, figures in
            figures.averagePrecision.map { SummaryEvent.Value.scalar("validation/\(name)", $0) }
        }
        try append((figures.report.mean.map { [.scalar("validation/mAP", $0)] } ?? []) + single, step: figures.step)
    }

    private func append(_ values: [SummaryEvent.Value], step: Int) throws(FileError) {
        guard !values.isEmpty else { return }
        let time = Self.now
        do {
            let file = try self.file ?? begin(time, step)
            self.file = file
            try file.append(SummaryEvent.values(values).message(time: time, step: step))
        } catch let error as FileError {
            throw error
        } catch { throw FileError(.unwritable, path: folder.path, "the probe pictures cannot be encoded: \(error)") }
    }

    /// TensorBoard takes the files of a folder in the order of their names.
    private func begin(_ time: Double, _ step: Int) throws -> RecordFile {
        let seconds = String(Int(time)), zeros = String(repeating: "0", count: max(0, 10 - seconds.count))
        let file = try RecordFile(path: "\(folder.path)/events.out.tfevents.\(zeros)\(seconds).\(Self.host).\(getpid())")
        try file.append(SummaryEvent.version.message(time: time, step: 0))
        try file.append(SummaryEvent.start.message(time: time, step: step))
        return file
    }

    /// Seconds since 1970.
    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The machine's name, as far as it may stand in a file's.
    private static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "host" }
        let known = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let plain = known.filter { byte in byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || isalnum(Int32(byte)) != 0 }
        return plain.isEmpty ? "host" : String(decoding: plain.prefix(64), as: UTF8.self)
    }
}
