/// The few names a pickle may refer to. Nothing is ever looked up or run: each stands for a fixed treatment here.
enum PickleGlobal: Sendable, Equatable {
    /// Makes a dictionary.
    case dictionary
    /// Makes a list: of a set, for instance.
    case list
    /// Makes a dictionary whose first argument is of no interest.
    case defaultDictionary
    /// Returns its first argument.
    case first
    /// Makes a value of no use.
    case inert
    /// `_rebuild_tensor`, `_rebuild_tensor_v2`
    case tensor
    /// `_rebuild_tensor_v3`, whose element type is an argument.
    case typedTensor
    /// `_rebuild_from_type_v2`: a function and its arguments.
    case fromType
    /// A storage class and its element type; nil for bytes without a type.
    case storage(ElementType?)
    /// An element type.
    case type(ElementType)
    /// A module of a TorchScript archive, kept for its attributes.
    case module
    /// What arrays are rebuilt with, where the machine reads vectors.
    case numpy(NumPyName)

    /// - Returns: nil for a name that is not on the list.
    init?(module: String, name: String) {
        switch module {
        case "torch":
            if let type = Self.types[name] {
                self = .type(type)
            } else if let type = Self.storages[name] {
                self = .storage(type)
            } else if name == "Size" {
                self = .first
            } else if name == "device" {
                self = .inert
            } else {
                return nil
            }
        case "torch.storage" where name == "UntypedStorage": self = .storage(nil)
        case "torch._utils":
            switch name {
            case "_rebuild_tensor", "_rebuild_tensor_v2": self = .tensor
            case "_rebuild_tensor_v3": self = .typedTensor
            case "_rebuild_parameter", "_rebuild_parameter_with_state": self = .first
            default: return nil
            }
        case "torch._tensor" where name == "_rebuild_from_type_v2": self = .fromType
        case "torch.nn.parameter" where ["Parameter", "Buffer"].contains(name): self = .inert
        case "torch.jit._pickle" where name.hasPrefix("build_"): self = .first
        case "torch.serialization" where name == "_get_layout": self = .inert
        case "collections":
            switch name {
            case "OrderedDict", "Counter": self = .dictionary
            case "defaultdict": self = .defaultDictionary
            default: return nil
            }
        case "__builtin__", "builtins":
            switch name {
            case "dict": self = .dictionary
            case "list", "set", "frozenset", "tuple": self = .list
            case "int", "float", "bool", "str", "complex", "bytearray", "bytes", "slice", "object": self = .inert
            default: return nil
            }
        case "_codecs" where name == "encode": self = .inert
        case "argparse" where name == "Namespace": self = .inert
        case "pathlib", "pathlib._local":
            guard Self.paths.contains(name) else { return nil }
            self = .inert
        case "numpy" where name == "dtype" || name == "ndarray" || Self.numbers.contains(name): self = .inert
        case "numpy.core.multiarray", "numpy._core.multiarray":
            guard name == "scalar" || name == "_reconstruct" else { return nil }
            self = .inert
        case "numpy.dtypes" where name.hasSuffix("DType"): self = .inert
        case _ where module == "__torch__" || module.hasPrefix("__torch__."): self = .module
        default: return nil
        }
    }

    private static let paths: Set<String> = [
        "Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath",
    ]

    private static let numbers: Set<String> = [
        "bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
    ]

    private static let types: [String: ElementType] = [
        "bool": .bool, "uint8": .u8, "int8": .i8, "uint16": .u16, "int16": .i16, "uint32": .u32, "int32": .i32,
        "uint64": .u64, "int64": .i64, "float16": .f16, "bfloat16": .bf16, "float32": .f32, "float64": .f64,
        "complex64": .c64, "float8_e4m3fn": .f8E4M3, "float8_e5m2": .f8E5M2, "float8_e8m0fnu": .f8E8M0,
    ]

    private static let storages: [String: ElementType] = [
        "BoolStorage": .bool, "ByteStorage": .u8, "CharStorage": .i8, "ShortStorage": .i16, "IntStorage": .i32,
        "LongStorage": .i64, "HalfStorage": .f16, "BFloat16Storage": .bf16, "FloatStorage": .f32, "DoubleStorage": .f64,
        "ComplexFloatStorage": .c64,
    ]
}
