import Tensors

/// All numbers of one kind of a model in one block of memory: its parameters, their gradients, or moments of those.
///
/// Every tensor of a ``ParameterSet`` has a place in it, in the order of ``ParameterSet/forEachTensor(_:)``, and ``parameters``
/// sees the block as a model. Whoever writes to the block changes what those tensors say: an arena has one writer at a
/// time, and no reader meanwhile.
public final class ParameterArena: @unchecked Sendable {
    /// Where a tensor lies.
    public struct Place: Sendable {
        public let name: String
        public let shape: [Int]
        /// Of its first element in the block.
        public let offset: Int
        public var count: Int { shape.reduce(1, *) }
        public var range: Range<Int> { offset..<offset + count }

        package init(name: String, shape: [Int], offset: Int) { (self.name, self.shape, self.offset) = (name, shape, offset) }
    }

    /// In order; gaps between them are zeros.
    public let places: [Place]
    /// Elements in the block, gaps included.
    public let count: Int
    /// The block as tensors, without a copy.
    public let parameters: ParameterSet
    package let base: UnsafeMutablePointer<Float>
    private let memory: MemoryBlock<Float>

    /// A block for the tensors of `parameters`, with all elements zero.
    public convenience init(zerosLike parameters: ParameterSet) { self.init(parameters, copies: false) }

    /// A block with the elements of `parameters`.
    public convenience init(copying parameters: ParameterSet) { self.init(parameters, copies: true) }

    private init(_ parameters: ParameterSet, copies: Bool) {
        var places: [Place] = []
        var count = 0
        for (name, tensor) in parameters.namedTensors {
            // Whole cache lines, unless that parts what is one matrix: extents of models are multiples of 16 anyway.
            places.append(Place(name: name, shape: tensor.shape, offset: count))
            count += (tensor.count + 15) & ~15
        }
        let memory = MemoryBlock<Float>(count: max(count, 16))
        memory.base.update(repeating: 0, count: memory.count)
        var views = parameters
        var next = places.makeIterator()
        views.forEachTensor { _, tensor in
            guard let place = next.next() else { return }
            let start = memory.base + place.offset
            if copies { tensor.withUnsafeElements { if let source = $0.baseAddress { start.update(from: source, count: $0.count) } } }
            tensor = Tensor(shape: place.shape, borrowing: start, owner: memory)
        }
        self.places = places
        self.count = count
        self.parameters = views
        self.memory = memory
        base = memory.base
    }

    /// All elements zero.
    public func clear() { base.update(repeating: 0, count: count) }

    /// Calls `body` with all elements, for reading.
    public func withElements<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
        defer { withExtendedLifetime(memory) {} }
        return try body(UnsafeBufferPointer(start: base, count: count))
    }

    /// Calls `body` with all elements, for writing.
    public func withMutableElements<R>(_ body: (UnsafeMutableBufferPointer<Float>) throws -> R) rethrows -> R {
        defer { withExtendedLifetime(memory) {} }
        return try body(UnsafeMutableBufferPointer(start: base, count: count))
    }
}
