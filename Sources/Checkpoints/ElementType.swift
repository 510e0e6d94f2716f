import Files

/// The number format of a stored tensor, under the name the safetensors format gives it.
public enum ElementType: String, Sendable, Codable, CaseIterable {
    case bool = "BOOL"
    case u8 = "U8"
    case i8 = "I8"
    case u16 = "U16"
    case i16 = "I16"
    case u32 = "U32"
    case i32 = "I32"
    case u64 = "U64"
    case i64 = "I64"
    case f16 = "F16"
    case bf16 = "BF16"
    case f32 = "F32"
    case f64 = "F64"
    case c64 = "C64"
    case f8E4M3 = "F8_E4M3"
    case f8E5M2 = "F8_E5M2"
    case f8E8M0 = "F8_E8M0"
    case f6E2M3 = "F6_E2M3"
    case f6E3M2 = "F6_E3M2"
    case f4 = "F4"

    /// Bits one element takes; the smallest formats share bytes.
    public var bitCount: Int {
        switch self {
        case .f4: 4
        case .f6E2M3, .f6E3M2: 6
        case .bool, .u8, .i8, .f8E4M3, .f8E5M2, .f8E8M0: 8
        case .u16, .i16, .f16, .bf16: 16
        case .u32, .i32, .f32: 32
        case .u64, .i64, .f64, .c64: 64
        }
    }

    /// Whether such a tensor can be read as Float32.
    public var isReadable: Bool {
        switch self {
        case .f16, .bf16, .f32, .f64: true
        default: false
        }
    }

    /// Whether the elements are whole numbers (or truth values): counters and indices, never weights.
    public var isInteger: Bool {
        switch self {
        case .bool, .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64: true
        default: false
        }
    }

    /// - Throws: `FileError` when such a tensor cannot be read as Float32, naming the tensor.
    func checkReadable(_ name: String, path: String) throws(FileError) {
        guard !isReadable else { return }
        throw FileError(.invalid, path: path, "tensor \"\(name)\" is \(rawValue); F32, F16, BF16 and F64 can be read")
    }
}
