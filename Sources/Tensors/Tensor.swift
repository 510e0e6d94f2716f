/// A dense array of Float32 in row-major order.
///
/// A value: copies share their storage until one is written to. The storage is either owned (64-byte aligned) or borrowed
/// from something that stays alive with it, such as a mapped file; borrowed storage is never written to.
public struct Tensor: Sendable {
    /// Extent of each dimension, outermost first; an empty shape is a scalar.
    public let shape: [Int]
    private var storage: TensorStorage
    /// Where this tensor starts in its storage, in elements.
    private let offset: Int

    /// Number of elements.
    public var count: Int { shape.reduce(1, *) }

    /// A tensor of the given shape with every element `value`.
    public init(shape: [Int], repeating value: Float = 0) {
        self.init(uninitialized: shape)
        storage.base.initialize(repeating: value, count: count)
    }

    /// A tensor with the given elements in row-major order. `values.count` must be the product of `shape`.
    public init(shape: [Int], _ values: some Collection<Float>) {
        precondition(values.count == shape.reduce(1, *), "\(values.count) values for shape \(shape)")
        self.init(uninitialized: shape)
        _ = UnsafeMutableBufferPointer(start: storage.base, count: count).initialize(from: values)
    }

    /// A tensor whose elements the caller fills through `initialize`.
    public init(
        shape: [Int], initializingWith initialize: (UnsafeMutableBufferPointer<Float>) throws -> Void
    ) rethrows {
        self.init(uninitialized: shape)
        try initialize(UnsafeMutableBufferPointer(start: storage.base, count: count))
    }

    /// A tensor over memory that `owner` keeps alive, without a copy.
    ///
    /// - Parameter elements: row-major elements, aligned to four bytes; never written to.
    public init(shape: [Int], borrowing elements: UnsafePointer<Float>, owner: any AnyObject & Sendable) {
        self.shape = shape
        self.storage = TensorStorage(borrowing: elements, owner: owner)
        self.offset = 0
    }

    private init(uninitialized shape: [Int]) {
        self.shape = shape
        self.storage = TensorStorage(count: shape.reduce(1, *))
        self.offset = 0
    }

    private init(shape: [Int], storage: TensorStorage, offset: Int) {
        self.shape = shape
        self.storage = storage
        self.offset = offset
    }

    /// The elements in row-major order.
    public var values: [Float] { withUnsafeElements { Array($0) } }

    /// The element at `index`, one coordinate per dimension.
    public subscript(index: Int...) -> Float {
        precondition(index.count == shape.count, "\(index.count) coordinates for shape \(shape)")
        var position = 0
        for (coordinate, extent) in zip(index, shape) {
            precondition((0..<extent).contains(coordinate), "coordinate \(index) outside shape \(shape)")
            position = position * extent + coordinate
        }
        return storage.base[offset + position]
    }

    /// The same elements under another shape with the same count.
    public func reshaped(_ shape: [Int]) -> Tensor {
        precondition(shape.reduce(1, *) == count, "\(self.shape) cannot be reshaped to \(shape)")
        return Tensor(shape: shape, storage: storage, offset: offset)
    }

    /// A view of the outermost dimension's entries in `range`, sharing storage.
    public func rows(_ range: Range<Int>) -> Tensor {
        precondition(!shape.isEmpty && range.lowerBound >= 0 && range.upperBound <= shape[0], "\(range) of \(shape)")
        let stride = shape.dropFirst().reduce(1, *)
        return Tensor(
            shape: [range.count] + shape.dropFirst(), storage: storage, offset: offset + range.lowerBound * stride)
    }

    /// Calls `body` with the elements in row-major order.
    public func withUnsafeElements<R, E: Error>(
        _ body: (UnsafeBufferPointer<Float>) throws(E) -> R
    ) throws(E) -> R {
        defer { withExtendedLifetime(storage) {} }
        return try body(UnsafeBufferPointer(start: storage.base + offset, count: count))
    }

    /// Calls `body` with the elements for writing; copies them first when they are shared or borrowed.
    public mutating func withUnsafeMutableElements<R, E: Error>(
        _ body: (UnsafeMutableBufferPointer<Float>) throws(E) -> R
    ) throws(E) -> R {
        if storage.isBorrowed || offset != 0 || !isKnownUniquelyReferenced(&storage) {
            self = Tensor(shape: shape, withUnsafeElements { Array($0) })
        }
        return try body(UnsafeMutableBufferPointer(start: storage.base, count: count))
    }

    /// The first element's address, valid while this tensor or a copy of it lives. For kernels that hold the tensor.
    package var base: UnsafePointer<Float> { UnsafePointer(storage.base + offset) }
}

/// The memory behind one or more tensors.
private final class TensorStorage: @unchecked Sendable {
    let base: UnsafeMutablePointer<Float>
    private let owner: (any AnyObject & Sendable)?
    var isBorrowed: Bool { owner != nil }

    init(count: Int) {
        let bytes = max(count, 1) * MemoryLayout<Float>.stride
        base = UnsafeMutableRawPointer.allocate(byteCount: (bytes + 63) & ~63, alignment: 64)
            .bindMemory(to: Float.self, capacity: max(count, 1))
        owner = nil
    }

    init(borrowing elements: UnsafePointer<Float>, owner: any AnyObject & Sendable) {
        base = UnsafeMutablePointer(mutating: elements)
        self.owner = owner
    }

    deinit {
        if owner == nil { UnsafeMutableRawPointer(base).deallocate() }
    }
}
