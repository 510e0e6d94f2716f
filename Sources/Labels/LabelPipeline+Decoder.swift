import Attribution
import Glibc
import Images
import Tensors
import VisionTransformer

extension LabelPipeline {
    /// The decoder's answer to a view, known which classes are there: of each its probability against the background's,
    /// p_c / (p_c + p_background), so that a class beats the background where it exceeds ½ and the likeliest class has the
    /// largest value. On the decoder's own grid, mirrored back; none where the preset leaves the decoder out.
    ///
    /// - Parameter trace: of the view, where it is known; of use if it kept what the decoder reads.
    public func decoderMaps(
        _ view: View, of picture: @autoclosure () throws -> RGBImage, trace: Trace? = nil, classes: [Int],
        isCancelled: () -> Bool = { false }
    ) throws -> [PatchMap] {
        guard let segmentation, !classes.isEmpty else { return [] }
        let logits: FeatureMap
        if let trace, model.canDecode(trace) {
            logits = try model.decode(trace).logits
        } else {
            let picture = try picture(), shown = view.isMirrored ? picture.mirrored : picture
            logits = try segmentation.answer(
                to: shown.modelInput(view.size, model.configuration.preprocessing), isCancelled: isCancelled).map
        }
        return classes.map { index in
            let values = (0..<logits.positions).map { place in
                let line = logits.values.base + place * logits.channels
                return 1 / (1 + expf(line[0] - line[index + 1]))
            }
            let map = PatchMap(rows: logits.height, columns: logits.width, values: values)
            return view.isMirrored ? LabelMaker.mirrored(map) : map
        }
    }

    /// The preset's share of a decoder's answers, and the rest of the maps; both in 0…1.
    ///
    /// - Parameters:
    ///   - decoded: the sum over the views.
    ///   - maps: none where the decoder stands alone.
    func join(_ decoded: PixelMaps, of views: Int, to maps: inout PixelMaps) {
        let share = Float(preset.decoder), factor = 1 / Float(views)
        guard !maps.classes.isEmpty else {
            maps = decoded
            for index in maps.values.indices { maps.values[index] *= factor }
            return
        }
        for index in maps.values.indices {
            maps.values[index] = (1 - share) * maps.values[index] + share * factor * decoded.values[index]
        }
    }
}
