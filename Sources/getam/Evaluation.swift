import Dispatch
import GETAM
import Synchronization

/// The comparison of a set of pictures with the truth, several at a time.
struct Evaluation: Sendable {
    let classes: ClassList
    /// The true numbers that count; nil is all.
    let only: Set<UInt8>?
    let threads: Int
    let truths: TruthMaps
    /// What the predicted label maps hold.
    let survey = MaskSurvey()
    /// Background and the classes of the list.
    private var count: Int { classes.names.count + 1 }

    /// What is compared: each picture's name, prediction (label map or class maps) and truth.
    struct Pair: Sendable {
        let name: String
        let prediction: String
        let truth: String
    }

    /// The confusion of all pictures, and the figures of each where they are wanted.
    struct Comparison: Sendable {
        var total: ConfusionMatrix
        fileprivate var each: [(place: Int, figures: PictureFigures)] = []

        /// In the order of the list.
        var pictures: [PictureFigures] { each.sorted { $0.place < $1.place }.map(\.figures) }
    }

    /// The confusion of label maps with the truth, picture by picture.
    ///
    /// - Parameter keepsEach: whether the pictures' own figures are wanted too.
    func compare(_ pairs: [Pair], keepsEach: Bool) throws -> Comparison {
        try comparison(pairs, keepsEach: keepsEach) { pair, matrix in
            let (truth, prediction) = (try truths.labels(pair.truth), try TruthMaps.labels(pair.prediction, survey, count: count))
            try named(pair.prediction) { () throws(LabelError) in
                try matrix.add(prediction: prediction, truth: truth, only: only)
            }
        }
    }

    /// The confusion of class maps at one level of the background with the truth.
    func compare(_ pairs: [Pair], level: Double, keepsEach: Bool) throws -> Comparison {
        try comparison(pairs, keepsEach: keepsEach) { pair, matrix in
            var sweep = LevelSweep(levels: [level], classes: count)
            try add(pair, to: &sweep)
            matrix.add(sweep.matrices[0])
        }
    }

    /// The confusion of what some settings make of class maps with the truth.
    func compare(_ pairs: [Pair], _ completion: LabelCompletion, saliency: Saliency?, keepsEach: Bool) throws -> Comparison {
        try comparison(pairs, keepsEach: keepsEach) { pair, matrix in
            var matrices = [matrix]
            try add(pair, [completion], saliency, to: &matrices)
            matrix = matrices[0]
        }
    }

    /// The confusion of class maps with the truth at every level of the background, in one pass.
    func sweep(_ pairs: [Pair], levels: [Double]) throws -> [ConfusionMatrix] {
        try each(pairs, LevelSweep(levels: levels, classes: count), { $0.add($1) }) { _, pair, sweep in
            try add(pair, to: &sweep)
        }.matrices
    }

    /// The saliency maps' files by the pictures' names, and their threshold.
    struct Saliency: Sendable {
        let files: CompanionFiles
        let threshold: Double
    }

    /// The confusion of the labels that each of some settings makes of class maps.
    ///
    /// - Parameter saliency: nil where saliency is not used.
    func sweep(_ pairs: [Pair], completions: [LabelCompletion], saliency: Saliency?) throws -> [ConfusionMatrix] {
        let empty = completions.map { _ in ConfusionMatrix(classes: count) }
        return try each(pairs, empty, { sum, part in for index in sum.indices { sum[index].add(part[index]) } }) {
            _, pair, matrices in try add(pair, completions, saliency, to: &matrices)
        }
    }

    // MARK: One picture

    private func add(_ pair: Pair, to sweep: inout LevelSweep) throws {
        let truth = try truths.labels(pair.truth)
        let dump = try maps(pair.prediction, like: truth)
        try named(pair.prediction) { () throws(LabelError) in try sweep.add(try Activation(dump.maps), truth: truth, only: only) }
    }

    private func add(
        _ pair: Pair, _ completions: [LabelCompletion], _ saliency: Saliency?, to matrices: inout [ConfusionMatrix]
    ) throws {
        let truth = try truths.labels(pair.truth)
        let dump = try maps(pair.prediction, like: truth)
        let mask = try saliency.map { saliency in
            try SaliencyFile.read(path: saliency.files.file(of: pair.name), threshold: saliency.threshold)
                .resized(width: dump.maps.width, height: dump.maps.height)
        }
        if let beyond = dump.keys.max(), beyond + 1 >= count {
            throw FileError(.invalid, path: pair.prediction, "holds class \(beyond + 1), but the class list ends at \(count - 1)")
        }
        let activation = try Activation(dump.maps)
        for (step, completion) in completions.enumerated() {
            try named(pair.prediction) { () throws(LabelError) in
                try matrices[step].add(prediction: completion.labels(activation, saliency: mask).labels, truth: truth, only: only)
            }
        }
    }

    /// Runs `body`; what it complains of is the file's.
    private func named(_ path: String, _ body: () throws(LabelError) -> Void) throws(FileError) {
        do { try body() } catch { throw FileError(.invalid, path: path, "\(error)") }
    }

    /// Class maps, brought to the truth's size where they are smaller.
    private func maps(_ path: String, like truth: IndexedImage) throws -> ClassMapDump {
        let dump = try ClassMapDump(path: path)
        do throws(LabelError) {
            return try dump.enlarged(width: truth.width, height: truth.height)
        } catch { throw FileError(.invalid, path: path, "\(error)") }
    }

    /// Why figures may be other than meant.
    var hints: [String] {
        [
            truths.survey.hint("true label maps", fate: "does not count", classes: classes),
            survey.hint("predictions", fate: "counts as missed", classes: classes),
        ].compactMap { $0 }
    }

    // MARK: All pictures

    private func comparison(
        _ pairs: [Pair], keepsEach: Bool, _ body: @Sendable (Pair, inout ConfusionMatrix) throws -> Void
    ) throws -> Comparison {
        let empty = Comparison(total: ConfusionMatrix(classes: count))
        return try each(
            pairs, empty,
            { sum, part in
                sum.total.add(part.total)
                sum.each += part.each
            }
        ) { place, pair, comparison in
            guard keepsEach else { return try body(pair, &comparison.total) }
            var matrix = ConfusionMatrix(classes: count)
            try body(pair, &matrix)
            comparison.total.add(matrix)
            comparison.each.append((place, PictureFigures(pair.name, matrix)))
        }
    }

    /// Adds up what `body` makes of each pair. Sums of counts: whichever job adds what, the result is the same.
    ///
    /// - Throws: the error of the first pair that has one.
    private func each<Sum: Sendable>(
        _ pairs: [Pair], _ empty: Sum, _ merge: @Sendable (inout Sum, Sum) -> Void,
        _ body: @Sendable (Int, Pair, inout Sum) throws -> Void
    ) throws -> Sum {
        let next = Atomic<Int>(0)
        let total = Mutex(empty)
        let failure = Mutex<(index: Int, error: any Error & Sendable)?>(nil)
        DispatchQueue.concurrentPerform(iterations: min(threads, pairs.count)) { _ in
            var sum = empty
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                // Pairs before a failure's go on: one of them may fail too.
                guard index < pairs.count, failure.withLock({ $0.map { index < $0.index } ?? true }) else { break }
                do {
                    try body(index, pairs[index], &sum)
                } catch {
                    failure.withLock { if index < $0?.index ?? .max { $0 = (index, error) } }
                }
            }
            total.withLock { [sum] in merge(&$0, sum) }
        }
        if let failure = failure.withLock({ $0 }) { throw failure.error }
        return total.withLock { $0 }
    }
}
