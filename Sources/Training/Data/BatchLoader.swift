import Dispatch
import Files
import Images
import Synchronization
import Tensors

/// Reads and augments the pictures of coming steps while the present one is computed.
final class BatchLoader: Sendable {
    /// A step's pictures; what could not be read says why.
    struct Batch: Sendable {
        let epoch: Int
        /// In the batch's order: the picture's place in the set, and its input.
        let samples: [(index: Int, input: Result<Tensor, FileError>)]
    }

    private let set: TrainingSet
    private let augmentation: Augmentation
    private let batch: Int
    private let seed: Int
    private let last: Int
    /// Steps that are read ahead of the present one.
    private static let ahead = 2
    private let pending = Mutex<[Int: Pending]>([:])
    private let queue = DispatchQueue(label: "pictures", qos: .utility, attributes: .concurrent)

    private final class Pending: Sendable {
        let epoch: Int
        let indices: [Int]
        let inputs: Mutex<[Result<Tensor, FileError>?]>
        let group = DispatchGroup()

        init(epoch: Int, indices: [Int]) {
            self.epoch = epoch
            self.indices = indices
            inputs = Mutex(Array(repeating: nil, count: indices.count))
        }
    }

    /// - Parameter steps: the last step of the run.
    init(_ set: TrainingSet, _ augmentation: Augmentation, batch: Int, seed: Int, steps: Int) {
        self.set = set
        self.augmentation = augmentation
        self.batch = batch
        self.seed = seed
        last = steps
    }

    /// The pictures of a step; waits for them.
    func take(_ step: Int) -> Batch {
        for coming in step...max(step, min(last, step + Self.ahead)) { begin(coming) }
        guard let found = pending.withLock({ $0.removeValue(forKey: step) }) else { return Batch(epoch: 0, samples: []) }
        found.group.wait()
        let inputs = found.inputs.withLock { inputs in
            defer { inputs = [] }
            return inputs
        }
        return Batch(epoch: found.epoch, samples: zip(found.indices, inputs).compactMap { index, input in input.map { (index, $0) } })
    }

    private func begin(_ step: Int) {
        let begun: Pending? = pending.withLock { pending in
            guard pending[step] == nil else { return nil }
            let (epoch, indices) = set.batch(step: step, size: batch, seed: seed)
            let new = Pending(epoch: epoch, indices: indices)
            pending[step] = new
            return new
        }
        guard let begun else { return }
        for (place, index) in begun.indices.enumerated() {
            queue.async(group: begun.group) { [self] in
                let input: Result<Tensor, FileError>
                do throws(FileError) {
                    let picture = try ImageFile.read(path: set.pictures[index].path)
                    input = .success(augmentation(picture, index: index, epoch: begun.epoch))
                } catch { input = .failure(error) }
                begun.inputs.withLock { $0[place] = input }
            }
        }
    }
}
