/// How a framework names and lays out a layer's tensors.
enum TensorStyle: Sendable {
    /// Names with dots; weights `[out, in]`.
    case torch
    /// Names with slashes; kernels `[in, out]`, convolutions `[height, width, in, out]`, heads in a dimension of their own.
    case flax

    var separator: Character { self == .torch ? "." : "/" }
    var weight: String { self == .torch ? ".weight" : "/kernel" }
    var bias: String { self == .torch ? ".bias" : "/bias" }
    var normWeight: String { self == .torch ? ".weight" : "/scale" }
}
