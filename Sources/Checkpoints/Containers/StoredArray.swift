import Tensors

/// Where an array's elements lie within a run of elements of one type: any strides that do not go backwards.
struct StoredArray: Sendable {
    let elementType: ElementType
    let shape: [Int]
    /// Elements between neighbors along each dimension.
    let strides: [Int]
    /// The first element.
    let start: Int
    /// Number of elements.
    let count: Int

    struct Problem: Error { let reason: String }

    /// - Parameters:
    ///   - strides: row-major ones when absent.
    ///   - available: elements there are.
    /// - Throws: ``Problem`` when an extent or stride is negative, or an element lies outside.
    init(
        _ elementType: ElementType, shape: [Int], strides: [Int]? = nil, start: Int = 0, available: Int
    ) throws(Problem) {
        guard shape.count <= 32, strides.map({ $0.count == shape.count }) ?? true else {
            throw Problem(reason: "has \(shape.count) dimensions and \(strides?.count ?? 0) strides")
        }
        guard start >= 0, shape.allSatisfy({ $0 >= 0 }), strides?.allSatisfy({ $0 >= 0 }) ?? true else {
            throw Problem(reason: "has a negative size, stride or offset")
        }
        var count = 1
        for extent in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= 1 << 48 else { throw Problem(reason: "has the impossible shape \(shape)") }
            count = product
        }
        let strides = strides ?? Self.rowMajor(shape)
        if count > 0 {
            var last = start
            for (extent, stride) in zip(shape, strides) {
                let (reach, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
                let (sum, over) = last.addingReportingOverflow(reach)
                guard !overflow, !over else { throw Problem(reason: "has impossible strides: \(strides)") }
                last = sum
            }
            guard last < available else {
                throw Problem(reason: "reaches element \(last) of a storage with \(available)")
            }
        }
        self.elementType = elementType
        self.shape = shape
        self.strides = strides
        self.start = start
        self.count = count
    }

    /// Bytes the elements take.
    var byteCount: Int { (count * elementType.bitCount + 7) / 8 }

    private var isRowMajor: Bool {
        zip(zip(shape, strides), Self.rowMajor(shape)).allSatisfy { $0.0 == 1 || $0.1 == $1 }
    }

    /// The elements as Float32: in place where they are that already, in order and aligned.
    ///
    /// - Parameter held: the run of elements, as many as `available` said. The element type must be readable.
    func tensor(in held: HeldBytes) -> Tensor {
        held.withBytes { bytes in
            guard count > 0, let base = bytes.baseAddress else { return Tensor(shape: shape) }
            let size = elementType.bitCount / 8
            let first = base + start * size
            if isRowMajor { return FloatConversion.tensor(elementType, at: first, shape: shape, owner: held) }
            if elementType == .f32 {
                return Tensor(shape: shape) {
                    guard let target = $0.baseAddress else { return }
                    StridedCopy.gather(first, size: size, shape: shape, strides: strides, into: target)
                }
            }
            let ordered = UnsafeMutableRawBufferPointer.allocate(byteCount: count * size, alignment: 16)
            defer { ordered.deallocate() }
            guard let target = ordered.baseAddress else { return Tensor(shape: shape) }
            StridedCopy.gather(first, size: size, shape: shape, strides: strides, into: target)
            return FloatConversion.tensor(elementType, at: target, shape: shape, owner: nil)
        }
    }

    static func rowMajor(_ shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        for index in shape.indices.dropLast().reversed() {
            strides[index] = strides[index + 1].multipliedReportingOverflow(by: max(shape[index + 1], 1)).partialValue
        }
        return strides
    }
}
