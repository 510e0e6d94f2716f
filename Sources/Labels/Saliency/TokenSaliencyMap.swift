import Attribution

extension TokenCut.Result {
    /// The patches' saliency sampled bilinearly at a picture's size and stretched to 0…1.
    public func map(width: Int, height: Int) -> SaliencyMap {
        let pixels = LabelMaker.upsampled([saliency], classes: [0], width: width, height: height)
        return SaliencyMap(width: width, height: height, values: pixels.values).stretched
    }
}
