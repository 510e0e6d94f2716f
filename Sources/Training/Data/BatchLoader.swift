import Checkpoints
import Dispatch
import Files
import Images
import Labels
import Synchronization
import Tensors

/// Reads and augments the pictures of coming steps while the present one is computed.
final class BatchLoader: Sendable {
    /// A step's pictures; what could not be read says why.
    struct Batch: Sendable {
        let epoch: Int
        /// In the batch's order: the picture's place in the set, and its input.
        let samples: [(index: Int, input: Result<Input, FileError>)]
    }

    /// A picture as the model sees it.
    struct Input: Sendable {
        let pixels: Tensor
        /// Where in the picture they lie, and how they were normalized.
        let places: PixelPlaces
        let preprocessing: ModelConfiguration.Preprocessing
        /// The label of each position of a decoder's answer; empty where none is trained on label maps.
        let labels: [UInt8]
        /// The salient pixels, as the model sees the picture; nil where no saliency maps are read.
        let saliency: Mask?
    }

    private let set: TrainingSet
    private let augmentation: Augmentation
    private let batch: Int
    private let seed: Int
    private let last: Int
    /// Positions of a decoder's answer.
    private let answer: (height: Int, width: Int)
    /// The labels for a step, and the last step that may be read ahead with them.
    private let labels: Labels
    /// What a saliency map must exceed in which steps; nil where none are read.
    private let saliency: (threshold: Double, first: Int)?

    /// The label maps for a step, made before it is begun, nil where none are needed; and the last step of which this is true.
    typealias Labels = @Sendable (_ step: Int) -> (labels: PseudoLabels?, last: Int)
    /// Steps that are read ahead of the present one.
    private static let ahead = 2
    private let pending = Mutex<[Int: Pending]>([:])
    private let queue = DispatchQueue(label: "pictures", qos: .utility, attributes: .concurrent)

    private final class Pending: Sendable {
        let epoch: Int
        let indices: [Int]
        let inputs: Mutex<[Result<Input, FileError>?]>
        let group = DispatchGroup()

        init(epoch: Int, indices: [Int]) {
            self.epoch = epoch
            self.indices = indices
            inputs = Mutex(Array(repeating: nil, count: indices.count))
        }
    }

    /// - Parameter steps: the last step of the run.
    ///   - answer: the height and width of a decoder's answer.
    ///   - labels: of every step.
    ///   - saliency: what the pictures' saliency maps must exceed, and the first step with them.
    init(
        _ set: TrainingSet, _ augmentation: Augmentation, batch: Int, seed: Int, steps: Int, answer: (height: Int, width: Int) = (0, 0),
        labels: @escaping Labels = { _ in (nil, .max) }, saliency: (threshold: Double, first: Int)? = nil
    ) {
        self.set = set
        self.augmentation = augmentation
        self.batch = batch
        self.seed = seed
        last = steps
        self.labels = labels
        self.saliency = saliency
        self.answer = answer
    }

    /// The pictures of a step; waits for them.
    func take(_ step: Int) -> Batch {
        let known = min(last, labels(step).last)
        for coming in step...max(step, min(known, step + Self.ahead)) { begin(coming) }
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
        let maps = labels(step).labels
        for (place, index) in begun.indices.enumerated() {
            queue.async(group: begun.group) { [self] in
                let input: Result<Input, FileError>
                do throws(FileError) {
                    let picture = try ImageFile.read(path: set.pictures[index].path)
                    let view = augmentation(picture, index: index, epoch: begun.epoch)
                    let map = try maps?.map(index)
                    input = .success(Input(
                        pixels: view.pixels, places: view.places, preprocessing: augmentation.preprocessing,
                        labels: map.map {
                            view.places.centers(height: answer.height, width: answer.width).labels($0.indices, width: $0.width, outside: 255)
                        } ?? [],
                        saliency: try saliency(of: index, step: step, picture, view)))
                } catch { input = .failure(error) }
                begun.inputs.withLock { $0[place] = input }
            }
        }
    }

    /// A picture's salient pixels as the model sees it: nothing beside it is.
    private func saliency(of index: Int, step: Int, _ picture: RGBImage, _ view: Augmentation.View) throws(FileError) -> Mask? {
        guard let saliency, step >= saliency.first, let path = set.pictures[index].saliency else { return nil }
        let mask = try SaliencyFile.read(path: path, threshold: saliency.threshold).resized(width: picture.width, height: picture.height)
        return Mask(
            width: view.places.columns.count, height: view.places.rows.count,
            values: view.places.labels(mask.values, width: picture.width, outside: 0))
    }
}
