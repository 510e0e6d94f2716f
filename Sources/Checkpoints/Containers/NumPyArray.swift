import Files
import Tensors

/// One array in a `.npy` file.
public enum NumPyArray {
    /// The elements of the floating-point array at `path`.
    ///
    /// - Throws: `FileError` when it cannot be read or is not such an array.
    public static func read(path: String) throws(FileError) -> Tensor {
        let file = try MappedFile(path: path)
        do throws(NumPyHeader.Problem) {
            let (header, array) = try file.withBytes { (bytes) throws(NumPyHeader.Problem) in
                let header = try NumPyHeader(bytes)
                return (header, try header.array(size: bytes.count))
            }
            guard array.elementType.isReadable else {
                throw NumPyHeader.Problem(reason: "holds \(array.elementType.rawValue); F32, F16, BF16 and F64 can be read")
            }
            return array.tensor(in: HeldBytes(file, min(header.count, file.bytes.count)..<file.bytes.count))
        } catch { throw FileError(.invalid, path: path, error.reason) }
    }
}
