import Tensors

extension ModelConfiguration.Activation {
    /// As the loops know it.
    package var kernel: Activation {
        switch self {
        case .gelu: .gelu
        case .geluTanh: .geluTanh
        case .quickGELU: .quickGELU
        case .silu: .silu
        }
    }
}
