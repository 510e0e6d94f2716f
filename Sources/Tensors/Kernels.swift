import CKernels

/// The element-wise loops of the instruction set in use; see `CKernels.h` for what each does.
package typealias Kernels = getam_kernels

// A table of functions that keep no state.
extension getam_kernels: @retroactive @unchecked Sendable {}

/// What the processor is and offers, read by CPUID.
public struct Processor: Sendable, Equatable {
    /// The instruction sets the built-in loops are compiled for.
    public enum Features: String, Sendable, CaseIterable, Comparable {
        case portable, avx2, avx512
        /// As the loops' tables have it: a constant, where the raw value takes memory each time C reads it.
        var name: UnsafePointer<CChar> {
            let name: StaticString =
                switch self {
                case .portable: "portable"
                case .avx2: "avx2"
                case .avx512: "avx512"
                }
            return UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
        }

        public static func < (a: Self, b: Self) -> Bool {
            allCases.firstIndex(of: a)! < allCases.firstIndex(of: b)!
        }
    }

    /// Such as `GenuineIntel`.
    public let vendor: String
    /// The name the maker prints on it.
    public let brand: String
    public let family: Int
    public let model: Int
    /// The best instruction set the built-in loops can use here.
    public let features: Features

    /// The processor this program runs on.
    public static let current: Processor = {
        var raw = getam_processor()
        getam_processor_identify(&raw)
        func text<T>(_ tuple: T) -> String {
            withUnsafeBytes(of: tuple) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self).split(separator: " ").joined(separator: " ")
            }
        }
        return Processor(
            vendor: text(raw.vendor), brand: text(raw.brand), family: Int(raw.family), model: Int(raw.model),
            features: raw.avx512 != 0 ? .avx512 : raw.avx2_fma != 0 ? .avx2 : .portable)
    }()

    /// The loops for `features`; nil where this processor lacks them.
    package static func kernels(_ features: Features) -> Kernels? {
        getam_kernels_select(features.name)?.pointee
    }
}

/// The activation inside an MLP, as the loops know it.
package enum Activation: Sendable {
    case gelu, geluTanh, quickGELU, silu

    package var kernel: getam_activation {
        switch self {
        case .gelu: GETAM_GELU
        case .geluTanh: GETAM_GELU_TANH
        case .quickGELU: GETAM_QUICK_GELU
        case .silu: GETAM_SILU
        }
    }
}
