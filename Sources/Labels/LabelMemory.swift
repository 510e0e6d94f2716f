import Attribution
import Checkpoints
import Images
import VisionTransformer

extension LabelPipeline {
    /// What labeling a picture takes, as far as its header and the number of its classes say.
    ///
    /// Each step's part is a bound of what it holds, whatever is in the picture; what goes beside it (the program, the
    /// model's parameters) is not counted.
    public struct Memory: Sendable, Equatable {
        /// Bytes of the passes; the model keeps them for the next picture.
        public var passes: Int
        /// Bytes of all else.
        public var picture: Int
        /// Every how many-th pixel of a row, and row, the dense CRF sums over, unless colors are too many for even these; 1
        /// without one.
        public var stride: Int
    }

    /// - Parameters:
    ///   - classes: of the picture.
    ///   - keepsMaps: whether the maps are written to a file, too.
    public func memory(width: Int, height: Int, classes: Int, keepsMaps: Bool = false) throws(ModelError) -> Memory {
        let pixels = width * height
        let largest = try views(width: width, height: height).map { model.configuration.passByteCount($0.size) }.max() ?? 0
        // Traces, gradients beside them, and what the workspace holds of passes of other sizes.
        var memory = Memory(passes: Int(min(1.25 * largest, 1e15)), picture: 0, stride: 1)
        // A decoder's maps stand beside the method's until both are one.
        let rgb = 3 * pixels, planes = MemoryLayout<Float>.stride * classes * pixels
        let upsampled = (preset.decoder > 0 && preset.decoder < 1 ? 2 : 1) * planes
        var refining = 0
        if classes > 0 {
            for refiner in preset.refiners where !refiner.worksOnPatches {
                switch refiner {
                case .pamr(_, let dilations), .par(_, let dilations):
                    refining = max(refining, PAMR.byteCount(height: height, width: width, planes: classes, dilations: dilations))
                case .geodesic:
                    refining = max(refining, GeodesicExpansion.byteCount(height: height, width: width))
                case .denseCRF:
                    refining = max(refining, DenseCRF.byteCount(height: height, width: width, labels: classes + 1))
                    memory.stride = DenseCRF.stride(height: height, width: width, labels: classes + 1)
                default: continue
                }
            }
            // What a refiner finds of a picture is kept for those after it.
            if preset.refiners.count(where: { !$0.worksOnPatches }) > 1 {
                refining += PixelAffinity.usualWeightLimit
            }
        }
        let saliency =
            switch preset.saliency {
            case .none: 0
            case .files: 16 * pixels
            case .computed: 48 * pixels
            }
        // Peaks, winners, the label map and its opening; then its file, and the maps'.
        let completing = max(saliency, 14 * pixels) + 2 * pixels
        let writing = 3 * pixels + (keepsMaps ? 3 * planes : 0)
        let decoding = ImageLimits.decodingSize * pixels
        memory.picture = max(
            decoding, rgb + (preset.flip ? rgb : 0) + upsampled, rgb + planes + max(refining, completing, writing))
        return memory
    }
}
