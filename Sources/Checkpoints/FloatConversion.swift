import Tensors

/// Conversions of stored floating-point formats to Float32.
///
/// The loops are branch-free on plain integers, so that the compiler vectorises them; the sources need no alignment.
enum FloatConversion {
    /// Row-major elements of a readable type as Float32: in place where they are that already and aligned.
    ///
    /// - Parameters:
    ///   - source: as many elements as `shape` has.
    ///   - owner: keeps them alive; nil where they must be copied.
    static func tensor(
        _ type: ElementType, at source: UnsafeRawPointer, shape: [Int], owner: (any AnyObject & Sendable)?
    ) -> Tensor {
        switch type {
        case .f16: return Tensor(shape: shape) { half(source, into: $0) }
        case .bf16: return Tensor(shape: shape) { brain(source, into: $0) }
        case .f64: return Tensor(shape: shape) { double(source, into: $0) }
        default: break
        }
        if let owner, Int(bitPattern: source) % MemoryLayout<Float>.alignment == 0 {
            let count = shape.reduce(1, *)
            return Tensor(shape: shape, borrowing: source.bindMemory(to: Float.self, capacity: count), owner: owner)
        }
        return Tensor(shape: shape) { target in
            UnsafeMutableRawBufferPointer(target).copyMemory(
                from: UnsafeRawBufferPointer(start: source, count: target.count * MemoryLayout<Float>.stride))
        }
    }

    /// IEEE 754 binary16. Exact, subnormal numbers, infinities and NaN included.
    ///
    /// - Parameter source: `2 · target.count` bytes.
    static func half(_ source: UnsafeRawPointer, into target: UnsafeMutableBufferPointer<Float>) {
        guard let out = target.baseAddress else { return }
        for index in 0..<target.count {
            let half = UInt32(source.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self))
            (out + index).initialize(to: Float(bitPattern: single(half)))
        }
    }

    /// The Float32 bits of a binary16 in the low half of `half`.
    @inline(__always)
    private static func single(_ half: UInt32) -> UInt32 {
        let sign = (half & 0x8000) << 16
        let magnitude = (half & 0x7FFF) << 13
        // Exponent bias 15 → 127; infinities and NaN again as much, to reach exponent 255.
        let normal = magnitude &+ (112 << 23)
        let special = magnitude &+ (224 << 23)
        // A subnormal m·2⁻²⁴ put below a leading one of 2⁻¹⁴, which a subtraction then removes.
        let lifted = Float(bitPattern: magnitude &+ (113 << 23)) - Float(bitPattern: 113 << 23)
        let finite = magnitude < (1 << 23) ? lifted.bitPattern : normal
        return sign | (magnitude >= (31 << 23) ? special : finite)
    }

    /// bfloat16: the upper half of a Float32. Exact.
    ///
    /// - Parameter source: `2 · target.count` bytes.
    static func brain(_ source: UnsafeRawPointer, into target: UnsafeMutableBufferPointer<Float>) {
        guard let out = target.baseAddress else { return }
        for index in 0..<target.count {
            let upper = UInt32(source.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self))
            (out + index).initialize(to: Float(bitPattern: upper << 16))
        }
    }

    /// IEEE 754 binary64, rounded to nearest.
    ///
    /// - Parameter source: `8 · target.count` bytes.
    static func double(_ source: UnsafeRawPointer, into target: UnsafeMutableBufferPointer<Float>) {
        guard let out = target.baseAddress else { return }
        for index in 0..<target.count {
            let bits = source.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self)
            (out + index).initialize(to: Float(Double(bitPattern: bits)))
        }
    }
}
