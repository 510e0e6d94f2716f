import Files
import Images
import Tensors

/// Saliency maps made elsewhere.
public enum SaliencyFile {
    /// The salient pixels of the map at `path`.
    ///
    /// - Parameters:
    ///   - path: a picture, of which the largest of red, green and blue counts, a fraction of white; or a `.npy` file of
    ///     shape `[H, W]` or `[1, H, W]`: 8-bit integers count as a picture's samples, other numbers as they are.
    ///   - threshold: what a value must exceed, 0…1 for pictures; 0, the published code's, makes any but 0 salient.
    /// - Throws: `FileError`.
    public static func read(path: String, threshold: Double = 0) throws(FileError) -> Mask {
        let isArray = try FileContent(path: path, prefix: 6).withBytes { $0.starts(with: [0x93] + Array("NUMPY".utf8)) }
        guard isArray else {
            let image = try ImageFile.read(path: path)
            return Mask(
                width: image.width, height: image.height,
                values: (0..<image.width * image.height).map { pixel in
                    let sample = max(image.samples[3 * pixel], image.samples[3 * pixel + 1], image.samples[3 * pixel + 2])
                    return Double(sample) / 255 > threshold ? 1 : 0
                })
        }
        let array = try NumPyFile.read(path: path)
        var shape = array.shape
        if shape.count == 3, shape[0] == 1 { shape.removeFirst() }
        guard shape.count == 2, shape[0] > 0, shape[1] > 0 else {
            throw FileError(.invalid, path: path, "has shape \(array.shape); a saliency map has [H, W]")
        }
        let scale = array.type == "u1" ? 255.0 : 1
        return Mask(width: shape[1], height: shape[0], values: array.values.map { $0 / scale > threshold ? 1 : 0 })
    }
}
