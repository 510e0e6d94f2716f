import CKernels

/// The refiners' loops of the instruction set in use; see `refine.h` for what each does.
package typealias RefinementKernels = getam_refine_kernels

// A table of functions that keep no state.
extension getam_refine_kernels: @retroactive @unchecked Sendable {}

extension Compute {
    /// The refiners' loops for ``features``.
    package var refinementKernels: RefinementKernels {
        guard let kernels = getam_refine_kernels_select(features.name)?.pointee else {
            preconditionFailure("no refinement loops for \(features)")
        }
        return kernels
    }
}
