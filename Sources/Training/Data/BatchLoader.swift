import Checkpoints
import Files
import Glibc
import Images
import Labels
import Tensors

/// Reads and augments the pictures of coming steps while the present one is computed.
///
/// Batches and threads are there from the beginning and serve step after step: nothing is allocated for a picture but what the
/// libraries take that decode it, and where it is larger than those before.
final class BatchLoader: Sendable {
    /// A step's pictures.
    final class Batch: @unchecked Sendable {
        fileprivate(set) var step = 0
        fileprivate(set) var epoch = 0
        /// In the batch's order.
        let samples: [Sample]
        fileprivate var labels: PseudoLabels?
        /// Samples that threads have taken, and that are done.
        fileprivate var taken = 0, done = 0

        fileprivate init(_ samples: [Sample]) { (self.samples, taken, done) = (samples, samples.count, samples.count) }
    }

    /// One picture of a batch: written to by the thread that reads it, then read until the batch serves another step.
    final class Sample: @unchecked Sendable {
        /// The picture's place in the set.
        var index = 0
        var input: Input
        /// Why it could not be read.
        var failure: FileError?

        init(_ input: Input) { self.input = input }
    }

    /// A picture as the model sees it.
    struct Input: Sendable {
        var view: Augmentation.View
        /// How its pixels were normalized.
        let preprocessing: ModelConfiguration.Preprocessing
        /// The label of each position of a decoder's answer; empty where none is trained on label maps.
        var labels: [UInt8] = []
        /// The salient pixels, as the model sees the picture; nil where no saliency maps are read.
        var saliency: Mask?

        var pixels: Tensor { view.pixels }
        /// Where in the picture they lie.
        var places: PixelPlaces { view.places }
    }

    /// Which label maps a step needs, made before it is begun: the first step that they are for, nil where none are needed; and the
    /// last step of which this is known.
    typealias Labels = @Sendable (_ step: Int) -> (first: Int?, last: Int)
    /// Steps that are read ahead of the present one.
    private static let ahead = 2

    private let shelf: Shelf
    private let threads: [WorkerThread]

    /// - Parameters:
    ///   - share: which part of a step's pictures is read here, `batch` of them.
    ///   - steps: the last step of the run.
    ///   - answer: the height and width of a decoder's answer.
    ///   - labels: of every step.
    ///   - maps: the label maps for the steps from one on.
    ///   - saliency: what the pictures' saliency maps must exceed, and the first step with them.
    init(
        _ set: TrainingSet, _ augmentation: Augmentation, batch: Int, share: RankShare = RankShare(), seed: Int, steps: Int, answer: (height: Int, width: Int) = (0, 0),
        labels: @escaping Labels = { _ in (nil, .max) }, maps: @escaping @Sendable (_ first: Int) -> PseudoLabels? = { _ in nil },
        saliency: (threshold: Double, first: Int)? = nil
    ) {
        let shelf = Shelf(set, batch: batch, share, seed: seed, steps: steps, labels, maps, count: 1 + Self.ahead) {
            Input(view: augmentation.blank, preprocessing: augmentation.preprocessing)
        }
        self.shelf = shelf
        let source = PictureReader.Source(set: set, augmentation: augmentation, answer: answer, saliency: saliency)
        threads = (0..<max(1, min(batch, sysconf(Int32(_SC_NPROCESSORS_ONLN))))).compactMap { _ in
            WorkerThread { shelf.serve(PictureReader(source)) }
        }
        if threads.isEmpty { shelf.reader = PictureReader(source) }
    }

    deinit {
        shelf.stop()
        for thread in threads { thread.join() }
    }

    /// The pictures of a step; waits for them. They stay until the next step's are taken.
    func take(_ step: Int) -> Batch { shelf.take(step, ahead: Self.ahead) }
}

/// The batches of the loader's threads; a step's is the next one in turn, that of the step which is over.
private final class Shelf: @unchecked Sendable {
    private let set: TrainingSet
    private let batch: Int, seed: Int, last: Int
    private let share: RankShare
    private let labels: BatchLoader.Labels
    private let maps: @Sendable (Int) -> PseudoLabels?
    private let batches: [BatchLoader.Batch]
    private var order = TrainingSet.Order()
    /// The label maps that were asked for last.
    private var known: (first: Int, maps: PseudoLabels?)?
    private var isStopping = false
    /// Where there is no thread to read, whoever takes a batch does.
    var reader: PictureReader?
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    /// There is something to read; a batch is done.
    private let work = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1), end = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init(
        _ set: TrainingSet, batch: Int, _ share: RankShare, seed: Int, steps: Int, _ labels: @escaping BatchLoader.Labels,
        _ maps: @escaping @Sendable (Int) -> PseudoLabels?, count: Int, _ input: () -> BatchLoader.Input
    ) {
        (self.set, self.batch, self.share, self.seed, last, self.labels, self.maps) = (set, batch, share, seed, steps, labels, maps)
        batches = (0..<count).map { _ in BatchLoader.Batch((0..<batch).map { _ in BatchLoader.Sample(input()) }) }
        pthread_mutex_init(lock, nil)
        pthread_cond_init(work, nil)
        pthread_cond_init(end, nil)
    }

    deinit {
        pthread_cond_destroy(end)
        pthread_cond_destroy(work)
        pthread_mutex_destroy(lock)
        end.deallocate()
        work.deallocate()
        lock.deallocate()
    }

    func take(_ step: Int, ahead: Int) -> BatchLoader.Batch {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        for coming in step...max(step, min(min(last, labels(step).last), step + ahead)) { begin(coming) }
        let found = batches[step % batches.count]
        if let reader { while read(reader) {} }
        while found.done < found.samples.count { pthread_cond_wait(end, lock) }
        return found
    }

    /// Puts a step's pictures up for reading, where that was not done. The lock is held.
    private func begin(_ step: Int) {
        let batch = batches[step % batches.count]
        guard batch.step != step else { return }
        let (epoch, places) = order.turn(to: step, size: share.count * self.batch, seed: seed, of: set)
        for (sample, place) in zip(batch.samples, places.dropFirst(share.rank * self.batch)) { sample.index = order.pictures[place] }
        let first = labels(step).first
        if let first, known?.first != first { known = (first, maps(first)) }
        (batch.step, batch.epoch, batch.labels) = (step, epoch, first == nil ? nil : known?.maps)
        (batch.taken, batch.done) = (0, 0)
        pthread_cond_broadcast(work)
    }

    /// Reads one picture, of the earliest step; false where there is none. The lock is held, but not while it is read.
    private func read(_ reader: PictureReader) -> Bool {
        var earliest: BatchLoader.Batch?
        for batch in batches where batch.taken < batch.samples.count && batch.step < earliest?.step ?? .max { earliest = batch }
        guard let batch = earliest else { return false }
        let sample = batch.samples[batch.taken]
        batch.taken += 1
        pthread_mutex_unlock(lock)
        reader.read(sample, epoch: batch.epoch, step: batch.step, batch.labels)
        pthread_mutex_lock(lock)
        batch.done += 1
        if batch.done == batch.samples.count { pthread_cond_broadcast(end) }
        return true
    }

    /// A thread's life.
    func serve(_ reader: PictureReader) {
        pthread_mutex_lock(lock)
        while !isStopping {
            if !read(reader) { pthread_cond_wait(work, lock) }
        }
        pthread_mutex_unlock(lock)
    }

    func stop() {
        pthread_mutex_lock(lock)
        isStopping = true
        pthread_cond_broadcast(work)
        pthread_mutex_unlock(lock)
    }
}
