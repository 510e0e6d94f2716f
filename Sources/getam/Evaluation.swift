import Dispatch
import GETAM
import Synchronization

/// The comparison of a set of pictures with the truth, on all processors.
struct Evaluation: Sendable {
    let classes: ClassList
    /// The true numbers that count; nil is all.
    let only: Set<UInt8>?
    private var count: Int { classes.names.count + 1 }

    init(classes: ClassList, only: Set<UInt8>?) {
        self.classes = classes
        self.only = only
    }

    /// The confusion of label maps with the truth, file by file.
    func compare(predictions: [String], truths: [String]) throws -> ConfusionMatrix {
        try each(predictions.indices, ConfusionMatrix(classes: count), { $0.add($1) }) { index, matrix in
            let (truth, prediction) = (try labels(truths[index]), try labels(predictions[index]))
            do {
                try matrix.add(prediction: prediction, truth: truth, only: only)
            } catch { throw FileError(.invalid, path: predictions[index], "\(error)") }
        }
    }

    /// The confusion of class maps with the truth at every level of the background.
    func sweep(dumps: [String], truths: [String], levels: [Double]) throws -> LevelSweep {
        try each(dumps.indices, LevelSweep(levels: levels, classes: count), { $0.add($1) }) { index, sweep in
            let truth = try labels(truths[index])
            let dump = try ClassMapDump(path: dumps[index])
            do {
                try sweep.add(try Activation(dump.maps), truth: truth, only: only)
            } catch { throw FileError(.invalid, path: dumps[index], "\(error)") }
        }
    }

    /// A label map whose numbers all are classes or 255.
    private func labels(_ path: String) throws -> IndexedImage {
        let labels = try ImageFile.readIndices(path: path)
        if let beyond = labels.indices.lazy.filter({ Int($0) >= count && $0 != LabelCompletion.ignored }).max() {
            throw FileError(
                .invalid, path: path,
                "holds class \(beyond), but the class list ends at \(count - 1); name the right one with --class-list")
        }
        return labels
    }

    /// Adds up what `body` makes of each index. Sums of counts: whichever job adds what, the result is the same.
    ///
    /// - Throws: the error of the lowest index that has one.
    private func each<Sum: Sendable>(
        _ indices: Range<Int>, _ empty: Sum, _ merge: @Sendable (inout Sum, Sum) -> Void,
        _ body: @Sendable (Int, inout Sum) throws -> Void
    ) throws -> Sum {
        let next = Atomic<Int>(indices.lowerBound)
        let total = Mutex(empty)
        let failure = Mutex<(index: Int, error: any Error & Sendable)?>(nil)
        DispatchQueue.concurrentPerform(iterations: min(Environment.usableProcessors(), indices.count)) { _ in
            var sum = empty
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                // Indices below a failure's go on: one of them may fail too.
                guard index < indices.upperBound, failure.withLock({ $0.map { index < $0.index } ?? true }) else { break }
                do {
                    try body(index, &sum)
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
