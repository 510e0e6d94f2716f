import Attribution
import Checkpoints
import Files
import Images
import Labels
import Synchronization
import Tensors
import VisionTransformer

/// The label maps that a decoder learns from: made from time to time of the model's own maps, with the pictures' classes
/// known, and kept in the run's folder.
struct PseudoLabels: Sendable {
    private let folder: String
    private let set: TrainingSet

    /// - Parameter folder: of the label maps made after some step.
    init(folder: String, set: TrainingSet) {
        self.folder = folder
        self.set = set
    }

    private func path(_ index: Int) -> String {
        var path = ""
        enterPath(index, into: &path)
        return path
    }

    /// The path of a picture's label map, in the memory of `path`.
    private func enterPath(_ index: Int, into path: inout String) {
        path.removeAll(keepingCapacity: true)
        path += folder
        path += "/"
        var least = 1_000_000
        while index < least, least > 1 {
            path += "0"
            least /= 10
        }
        // No longer than what a string holds without memory of its own.
        path += String(index)
        path += ".png"
    }

    /// Makes those that are not there yet; over ranks each makes its part.
    ///
    /// - Parameters:
    ///   - parameters: of the model whose maps are used.
    ///   - isStopped: asked between pictures.
    /// - Returns: whether all are there.
    func make(
        by parameters: ParameterSet, preset: Preset, compute: Compute, ranks: (any Ranks)? = nil, isStopped: () throws -> Bool,
        watch: (Int) -> Void
    ) throws -> Bool {
        let share = RankShare(ranks)
        if share.rank == 0 {
            try FileSystem.makeFolder(folder)
            AtomicFile.removeLeftovers(in: folder)
        }
        ranks?.meet()
        // A picture a thread.
        let pipeline = try LabelPipeline(
            model: VisionTransformer(
                parameters, compute: Compute(product: compute.product, pool: ThreadPool(threads: 1), features: compute.features)),
            preset: preset)
        let failure = Mutex<(any Error)?>(nil), chunk = 8 * compute.pool.threads
        let own = set.pictures.indices.filter(share.takes), missing = own.filter { !AtomicFile.exists(path($0)) }
        var isWhole = true
        for start in stride(from: 0, to: missing.count, by: chunk) {
            isWhole = try !isStopped()
            guard isWhole else { break }
            watch(min(set.pictures.count, (own.count - missing.count + start) * share.count))
            let part = missing[start..<min(missing.count, start + chunk)]
            compute.pool.forEach(part.count) { place in
                do { try make(part[part.startIndex + place], pipeline) } catch { failure.withLock { $0 = error } }
            }
            if let error = failure.withLock({ $0 }) { throw error }
        }
        // All go on or none.
        return !(ranks?.anyone(!isWhole) ?? !isWhole)
    }

    private func make(_ index: Int, _ pipeline: LabelPipeline) throws {
        let picture = set.pictures[index], classes = picture.classes.sorted()
        let image: RGBImage
        // What cannot be read is left out of every step, too.
        do throws(FileError) { image = try ImageFile.read(path: picture.path) } catch { return }
        let map: IndexedImage
        if classes.isEmpty {
            map = IndexedImage(width: image.width, height: image.height, indices: Array(repeating: 0, count: image.width * image.height))
        } else {
            map = try pipeline.labels(image, classes: classes, labels: classes.map { UInt8(exactly: $0 + 1) ?? 0 }, saliencyFile: picture.saliency
            ).labels.labels
        }
        try AtomicFile.write(PNGEncoder.encode(map), to: path(index))
    }

    /// A picture's label map; nil where it is not there.
    func map(of index: Int) -> IndexedImage? {
        let path = path(index)
        return AtomicFile.exists(path) ? try? ImageFile.readIndices(path: path) : nil
    }

    /// A picture's label map.
    ///
    /// - Parameters:
    ///   - buffer: for the file.
    ///   - path: memory for its path.
    func read(_ index: Int, by buffer: FileBuffer, _ path: inout String, into map: inout IndexedImage) throws(FileError) {
        enterPath(index, into: &path)
        try ImageFile.readIndices(path: path, by: buffer, into: &map)
    }
}
