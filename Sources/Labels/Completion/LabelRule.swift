/// How class maps and a saliency mask become the label that completion and opening then work on.
///
/// Without a mask every pixel counts as salient by the rules of MDBA and I²CRC.
public enum LabelRule: String, Sendable, Hashable, CaseIterable {
    /// GETAM's: steps 1 to 3 of ``LabelCompletion``.
    case getam
    /// MDBA's: of a picture with one class what is salient is of that class and all else background. Of one with several, GETAM's; then a
    /// class with fewer than ``leastArea`` pixels becomes unknown, and where a class has no pixel, the background does.
    ///
    /// Source: the published label mining of Chen et al., "Multi-Granularity Denoising and Bidirectional Alignment for Weakly Supervised
    /// Semantic Segmentation" (TIP 2023).
    case mdba
    /// I²CRC's: scores are 1 − s for the background, with s the mask's 0 or 1, and each class's activation where that exceeds the level of
    /// the background, else 0; the largest wins, the background where they tie. Unknown is what two classes claim above ``conflict``,
    /// background that is salient or that some class claims above ``doubt``, and all of a picture with less than ``leastShare`` of a class.
    ///
    /// Source: the published labels of Chen et al., "Saliency Guided Inter- and Intra-Class Relation Constraints for Weakly Supervised
    /// Semantic Segmentation" (TMM 2022).
    case i2crc

    /// Pixels that MDBA's rule wants of each of several classes.
    public static let leastArea = 20
    /// What activations of two classes must exceed for I²CRC's rule to leave a pixel to neither.
    public static let conflict = 0.9
    /// What an activation must exceed for I²CRC's rule to doubt the background.
    public static let doubt = 0.5
    /// The share of pixels of any class below which I²CRC's rule gives a picture up.
    public static let leastShare = 0.01

    /// Changes the labels that GETAM's rule made of the same activations and mask to those of this one.
    ///
    /// - Parameters:
    ///   - background: the largest activation that is still background.
    ///   - salient: `height × width`, 0 where not salient; nil where all is.
    func revise(_ labels: inout [UInt8], _ activation: Activation, salient: [UInt8]?, background: Float) {
        func isSalient(_ pixel: Int) -> Bool { salient.map { $0[pixel] != 0 } ?? true }
        switch self {
        case .getam: break
        case .mdba:
            if activation.labels.count == 1 {
                for pixel in labels.indices { labels[pixel] = isSalient(pixel) ? activation.labels[0] : 0 }
                return
            }
            var areas = [Int](repeating: 0, count: 256)
            for label in labels { areas[Int(label)] += 1 }
            let small = activation.labels.filter { areas[Int($0)] < Self.leastArea }
            guard !small.isEmpty else { return }
            // A class of few pixels is now one without any.
            for pixel in labels.indices where labels[pixel] == 0 || small.contains(labels[pixel]) { labels[pixel] = LabelCompletion.ignored }
        case .i2crc:
            var claims = [UInt8](repeating: 0, count: labels.count)
            for position in activation.labels.indices {
                activation.withPlane(position) { plane in
                    for pixel in plane.indices where Double(plane[pixel]) > Self.conflict { claims[pixel] = min(claims[pixel] + 1, 2) }
                }
            }
            var area = 0
            for pixel in labels.indices {
                let peak = activation.peaks[pixel]
                if claims[pixel] > 1 {
                    labels[pixel] = LabelCompletion.ignored
                } else if isSalient(pixel), peak > background {
                    labels[pixel] = activation.winners[pixel]
                    area += 1
                } else {
                    labels[pixel] = isSalient(pixel) || Double(peak) > Self.doubt ? LabelCompletion.ignored : 0
                }
            }
            if Double(area) < Self.leastShare * Double(labels.count) {
                for pixel in labels.indices { labels[pixel] = LabelCompletion.ignored }
            }
        }
    }
}
