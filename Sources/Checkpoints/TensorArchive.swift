import Files
import Tensors

/// What an archive says about one of its tensors.
public struct TensorInfo: Sendable, Equatable, Codable {
    public let name: String
    public let elementType: ElementType
    /// Extent of each dimension, outermost first; empty for a scalar.
    public let shape: [Int]
    /// Bytes the elements take in the file.
    public let byteCount: Int

    public init(name: String, elementType: ElementType, shape: [Int], byteCount: Int) {
        self.name = name
        self.elementType = elementType
        self.shape = shape
        self.byteCount = byteCount
    }
}

/// A file, or several that belong together, holding named tensors. One conforming type per container format.
public protocol TensorArchive: Sendable {
    /// The path as the user gave it, for error lines.
    var path: String { get }
    /// All files read, the one at `path` first.
    var files: [String] { get }
    /// The mapped files, in which tensors may be used in place.
    var mappings: [MappedFile] { get }
    /// Every tensor, in the order of the file.
    var tensors: [TensorInfo] { get }
    /// What is known of the tensor called `name`; nil when there is none.
    func info(named name: String) -> TensorInfo?
    /// The tensor called `name` as Float32, in place where the file allows it.
    ///
    /// - Throws: `FileError` when there is none or its element type is not a floating-point one.
    func tensor(named name: String) throws(FileError) -> Tensor
    /// The elements of an integer tensor.
    ///
    /// - Throws: `FileError` when there is none, its elements are no integers, or the form has no way to them.
    func integers(named name: String) throws(FileError) -> [Int]
}

extension TensorArchive {
    public func integers(named name: String) throws(FileError) -> [Int] {
        throw FileError(.invalid, path: path, "whole numbers are not read from files of this form")
    }
}
