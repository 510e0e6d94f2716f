import Files
import Images
import Labels
import Tensors

/// What reads a picture of a step and makes the model's view of it; every thread has one, whose memory serves picture after picture.
final class PictureReader {
    private let source: Source
    private let buffer = FileBuffer()
    private var picture = RGBImage()
    private var map = IndexedImage()
    /// Memory for the path of a label map.
    private var path = ""
    private var scratch = Augmentation.Scratch()

    /// Bytes: what a rare huge picture took is not kept.
    private static let mostKept = 64 << 20

    init(_ source: Source) { self.source = source }

    /// What pictures are read of, and what becomes of them.
    struct Source: Sendable {
        let set: TrainingSet
        let augmentation: Augmentation
        /// Positions of a decoder's answer.
        let answer: (height: Int, width: Int)
        /// What a saliency map must exceed, and the first step with them; nil where none are read.
        let saliency: (threshold: Double, first: Int)?
    }

    /// Reads the picture that the sample names.
    ///
    /// - Parameter labels: the label maps of the step; nil where none are needed.
    func read(_ sample: BatchLoader.Sample, epoch: Int, step: Int, _ labels: PseudoLabels?) {
        sample.failure = nil
        defer {
            buffer.release(above: Self.mostKept)
            if picture.samples.count > Self.mostKept { picture = RGBImage() }
        }
        do throws(FileError) {
            let index = sample.index
            try ImageFile.read(path: source.set.pictures[index].path, by: buffer, into: &picture)
            source.augmentation.enter(picture, index: index, epoch: epoch, into: &sample.input.view, &scratch)
            if let labels {
                try labels.read(index, by: buffer, &path, into: &map)
                sample.input.view.places.enterLabels(
                    map.indices, width: map.width, outside: 255, height: source.answer.height, width: source.answer.width,
                    into: &sample.input.labels)
            } else {
                sample.input.labels.removeAll(keepingCapacity: true)
            }
            sample.input.saliency = try saliency(of: index, step: step, sample.input.view)
        } catch { sample.failure = error }
    }

    /// The picture's salient pixels as the model sees it: nothing beside it is.
    private func saliency(of index: Int, step: Int, _ view: Augmentation.View) throws(FileError) -> Mask? {
        guard let saliency = source.saliency, step >= saliency.first, let path = source.set.pictures[index].saliency else { return nil }
        let mask = try SaliencyFile.read(path: path, threshold: saliency.threshold).resized(width: picture.width, height: picture.height)
        return Mask(
            width: view.places.columns.count, height: view.places.rows.count,
            values: view.places.labels(mask.values, width: picture.width, outside: 0))
    }
}
