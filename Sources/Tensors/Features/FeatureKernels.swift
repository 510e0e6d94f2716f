import CKernels

/// The loops over feature maps of the instruction set in use; see `feature_maps.h` for what each does.
package typealias FeatureKernels = getam_feature_kernels

// A table of functions that keep no state.
extension getam_feature_kernels: @retroactive @unchecked Sendable {}

extension Compute {
    /// The loops over feature maps for ``features``.
    package var featureKernels: FeatureKernels {
        guard let kernels = getam_feature_kernels_select(features.name)?.pointee else {
            preconditionFailure("no loops over feature maps for \(features)")
        }
        return kernels
    }
}
