import Files

/// A mapped file of parameters, for as long as any of them is used in place; it is their tensors that keep it.
package final class ParameterSource: Sendable {
    // Written once, here.
    private nonisolated(unsafe) weak var file: MappedFile?

    package init(_ file: MappedFile) { self.file = file }

    /// The path of a file that is not what it was when it was mapped, so that parameters may be neither the old nor the new;
    /// nil where all is well.
    package var changedPath: String? { file.flatMap { $0.isWhole ? nil : $0.path } }
}
