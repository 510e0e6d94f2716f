extension Tensor {
    /// A copy whose dimension `i` is this tensor's dimension `order[i]`. `order` must name each dimension once.
    public func permuted(_ order: [Int]) -> Tensor {
        precondition(order.sorted() == Array(shape.indices), "\(order) of \(shape)")
        var strides = [Int](repeating: 1, count: shape.count)
        for index in shape.indices.dropLast().reversed() { strides[index] = strides[index + 1] * shape[index + 1] }
        let newShape = order.map { shape[$0] }
        return Tensor(shape: newShape) { target in
            withUnsafeElements { source in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                StridedCopy.gather(from, size: 4, shape: newShape, strides: order.map { strides[$0] }, into: to)
            }
        }
    }

    /// A copy of a matrix with rows and columns exchanged.
    public func transposed() -> Tensor { permuted([1, 0]) }
}
