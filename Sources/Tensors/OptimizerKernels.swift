import CKernels

/// The optimizers' loops of the instruction set in use; see `training.h` for what each does.
package typealias OptimizerKernels = getam_training_kernels

// A table of functions that keep no state.
extension getam_training_kernels: @retroactive @unchecked Sendable {}

extension Compute {
    /// The optimizers' loops for ``features``.
    package var optimizerKernels: OptimizerKernels {
        guard let kernels = getam_training_kernels_select(features.name)?.pointee else {
            preconditionFailure("no optimizer loops for \(features)")
        }
        return kernels
    }
}
