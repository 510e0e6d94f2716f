import Attribution
import Images
import Labels

/// Where a class is in a picture, by a true label map of the picture's own size. Pixels of 255 do not count.
public struct TruthRegion: Sendable, Equatable {
    public let width: Int
    public let height: Int
    /// Of each pixel, row by row from the top left: whether it shows the class; nil where it does not count.
    let inside: [Bool?]
    /// Pixels that show the class.
    public let count: Int

    /// - Parameters:
    ///   - truth: numbers of classes, 0 the background, 255 what does not count.
    ///   - number: the class's.
    ///   - name: for errors.
    ///   - size: the picture's, which the truth must have; nil where that is known.
    /// - Throws: `QualityError` where the truth has another size, or no pixel of the class.
    public init(_ truth: IndexedImage, class number: UInt8, name: String, of size: (width: Int, height: Int)? = nil) throws(QualityError) {
        if let size, size != (truth.width, truth.height) {
            throw .truth("the truth is \(truth.width)×\(truth.height) pixels, but the picture is \(size.width)×\(size.height)")
        }
        width = truth.width
        height = truth.height
        inside = truth.indices.map { $0 == LabelCompletion.ignored ? nil : $0 == number }
        count = inside.reduce(0) { $0 + ($1 == true ? 1 : 0) }
        guard count > 0 else { throw .truth("the truth has no pixel of the class “\(name)” (number \(number))") }
    }

    /// A map at the truth's pixels, bilinear, patches where they were cut.
    ///
    /// - Throws: `QualityError` where a value is no number.
    func pixels(of map: PatchMap) throws(QualityError) -> [Float] { try PixelRanking(map, width: width, height: height).values }
}
