/// What numeric work runs on: the matrix product, the element-wise loops, and the threads.
public struct Compute: Sendable {
    public let product: MatrixProduct
    public let pool: ThreadPool
    /// The instruction set of the element-wise loops.
    public let features: Processor.Features
    package let kernels: Kernels

    /// - Parameter features: the instruction set to use; lowered to the processor's best where it lacks it.
    public init(product: MatrixProduct, pool: ThreadPool, features: Processor.Features = Processor.current.features) {
        let usable = min(features, Processor.current.features)
        guard let kernels = Processor.kernels(usable) else { preconditionFailure("no loops for \(usable)") }
        self.product = product
        self.pool = pool
        self.features = usable
        self.kernels = kernels
    }

    /// Y[m,n] = X[m,k] · Wᵀ for W[n,k] (a linear layer without its bias), split over the pool's threads.
    package func linear(
        _ x: UnsafePointer<Float>, stride xStride: Int, rows m: Int, _ weight: Tensor, beta: Float = 0,
        into y: UnsafeMutablePointer<Float>, stride yStride: Int
    ) {
        let n = weight.shape[0], k = weight.shape[1]
        let w = weight.base
        split(m, n) { rows, columns in
            product(
                rows.count, columns.count, k, .plain(x + rows.lowerBound * xStride, stride: xStride),
                .transposed(w + columns.lowerBound * k, stride: k), beta: beta,
                into: y + rows.lowerBound * yStride + columns.lowerBound, stride: yStride)
        }
    }

    /// X[m,k] = Y[m,n] · W for W[n,k]: the gradient of a linear layer's input, split over the pool's threads.
    package func linearBackward(
        _ y: UnsafePointer<Float>, stride yStride: Int, rows m: Int, _ weight: Tensor, beta: Float = 0,
        into x: UnsafeMutablePointer<Float>, stride xStride: Int
    ) {
        let n = weight.shape[0], k = weight.shape[1]
        let w = weight.base
        split(m, k) { rows, columns in
            product(
                rows.count, columns.count, n, .plain(y + rows.lowerBound * yStride, stride: yStride),
                .plain(w + columns.lowerBound, stride: k), beta: beta,
                into: x + rows.lowerBound * xStride + columns.lowerBound, stride: xStride)
        }
    }

    /// dW[n,k] += Y[m,n]ᵀ · X[m,k]: the gradient of a linear layer's weight, split over the pool's threads.
    ///
    /// - Parameter weight: where it is added up, `[n, k]`.
    package func linearGradient(
        _ y: UnsafePointer<Float>, stride yStride: Int, _ x: UnsafePointer<Float>, stride xStride: Int, rows m: Int,
        into weight: UnsafeMutablePointer<Float>, outputs n: Int, inputs k: Int
    ) {
        split(n, k) { rows, columns in
            product(
                rows.count, columns.count, m, .transposed(y + rows.lowerBound, stride: yStride),
                .plain(x + columns.lowerBound, stride: xStride), beta: 1,
                into: weight + rows.lowerBound * k + columns.lowerBound, stride: k)
        }
    }

    /// y[width] += the sum of the rows of X[m, width]: the gradient of a bias.
    package func sumRows(
        _ x: UnsafePointer<Float>, stride: Int, rows m: Int, width: Int, into y: UnsafeMutablePointer<Float>
    ) {
        forRanges(width, parts: m * width < 4096 ? 1 : nil, multiple: 64) { range in
            kernels.sum_rows(x + range.lowerBound, stride, m, range.count, y + range.lowerBound)
        }
    }

    /// y[width] += the sum of the rows of X ⊙ U, both `[m, width]`: the gradient of a scale.
    package func sumProducts(
        _ x: UnsafePointer<Float>, stride xStride: Int, _ u: UnsafePointer<Float>, stride uStride: Int, rows m: Int,
        width: Int, into y: UnsafeMutablePointer<Float>
    ) {
        forRanges(width, parts: m * width < 4096 ? 1 : nil, multiple: 64) { range in
            kernels.sum_products(
                x + range.lowerBound, xStride, u + range.lowerBound, uStride, m, range.count, y + range.lowerBound)
        }
    }

    /// Calls `body` for ranges that tile an m×n result, cut along its longer side, one a thread.
    private func split(_ m: Int, _ n: Int, _ body: (Range<Int>, Range<Int>) -> Void) {
        // Below this many elements waking a thread costs more than it saves.
        let parts = m * n < 4096 ? 1 : pool.threads
        if n >= m {
            forRanges(n, parts: parts, multiple: 16) { body(0..<m, $0) }
        } else {
            forRanges(m, parts: parts, multiple: 16) { body($0, 0..<n) }
        }
    }

    /// Calls `body` on several threads with ranges that tile `0..<count`, each but the last a multiple of `multiple`.
    package func forRanges(_ count: Int, parts: Int? = nil, multiple: Int = 1, _ body: (Range<Int>) -> Void) {
        let parts = min(parts ?? pool.threads, (count + multiple - 1) / multiple)
        guard parts > 1 else {
            if count > 0 { body(0..<count) }
            return
        }
        let blocks = (count + multiple - 1) / multiple
        pool.forEach(parts) { part in
            let start = part * blocks / parts * multiple
            let end = min(count, (part + 1) * blocks / parts * multiple)
            if start < end { body(start..<end) }
        }
    }
}
