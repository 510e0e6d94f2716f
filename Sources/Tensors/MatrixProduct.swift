import CKernels
import Glibc

/// The matrix product C = A·B, by a CBLAS library loaded at run time or by the built-in loops.
///
/// With AVX-512 or AVX2 the built-in loops are the faster ones at a transformer's shapes (many products of some hundred
/// rows) and do the work, unless the user names a library; elsewhere the library does, where there is one.
///
/// The library is loaded late because OpenBLAS chooses its loops while it is being loaded, and older releases fall back
/// to their slowest on processors they do not know; the core type must be set before. It runs single-threaded: this
/// program splits its products over its own threads.
public struct MatrixProduct: Sendable {
    /// Where the product comes from.
    public enum Source: Sendable, Equatable {
        /// The path or soname of a CBLAS library.
        case library(String)
        /// The loops compiled into this program.
        case builtIn
    }

    /// Where the work is done.
    public let source: Source
    /// The library that was found, whether or not it does the work.
    public let library: String?
    /// OpenBLAS's own word for the processor type its loops were chosen for; nil for other libraries.
    public let coreType: String?
    /// OpenBLAS's configuration line, with its version; nil for other libraries.
    public let version: String?
    /// A line to show the user where no library, or not the one asked for, could be used.
    public let warning: String?
    private let gemm: CBLASProduct?
    private let builtIn: Kernels
    private var meter: ProductMeter?

    /// The names under which Debian, Fedora and others install OpenBLAS or another CBLAS.
    private static let candidates = ["libopenblas.so.0", "libopenblas.so", "libcblas.so.3", "libblas.so.3"]

    private typealias CBLASProduct = @convention(c) (
        Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>?, Int32, UnsafePointer<Float>?, Int32,
        Float, UnsafeMutablePointer<Float>?, Int32
    ) -> Void

    /// The built-in product, with the loops of the instruction set given.
    public init(builtIn features: Processor.Features = Processor.current.features, warning: String? = nil) {
        source = .builtIn
        library = nil
        coreType = nil
        version = nil
        self.warning = warning
        gemm = nil
        builtIn = Self.builtIn(features)
    }

    /// Loads a CBLAS library, or settles for the built-in product with a `warning`.
    ///
    /// - Parameters:
    ///   - path: the library to load and to use; nil tries the usual names, and uses what is faster.
    ///   - coreTypeIsSet: whether the user has chosen OpenBLAS's core type (`OPENBLAS_CORETYPE`) already.
    ///   - features: the processor's, which decide the core type otherwise.
    public static func load(
        path: String?, coreTypeIsSet: Bool, features: Processor.Features = Processor.current.features
    ) -> MatrixProduct {
        // Read by OpenBLAS's constructor. Released versions choose badly for processors newer than themselves.
        if !coreTypeIsSet {
            switch features {
            case .avx512: setenv("OPENBLAS_CORETYPE", "SkylakeX", 0)
            case .avx2: setenv("OPENBLAS_CORETYPE", "Haswell", 0)
            case .portable: break
            }
        }
        setenv("OPENBLAS_NUM_THREADS", "1", 0)
        var reason = ""
        for name in path.map({ [$0] }) ?? candidates {
            guard let handle = name.withPath({ dlopen($0, RTLD_NOW | RTLD_LOCAL) }) else {
                reason = dlerror().map { String(path: $0) } ?? "cannot be loaded"
                continue
            }
            guard let symbol = dlsym(handle, "cblas_sgemm") else {
                reason = "\(name): has no cblas_sgemm"
                dlclose(handle)
                continue
            }
            return MatrixProduct(
                name: name, handle: handle, gemm: unsafeBitCast(symbol, to: CBLASProduct.self),
                usesLibrary: path != nil || features == .portable, features)
        }
        let missing = "no matrix-product library found, using the built-in product (install libopenblas0-pthread)"
        let warning = path.map { "\($0): not used as matrix-product library (\(reason)); using the built-in product" }
            ?? (features == .portable ? missing : nil)
        return MatrixProduct(builtIn: features, warning: warning)
    }

    private init(
        name: String, handle: UnsafeMutableRawPointer, gemm: @escaping CBLASProduct, usesLibrary: Bool,
        _ features: Processor.Features
    ) {
        typealias Text = @convention(c) () -> UnsafePointer<CChar>?
        typealias SetThreads = @convention(c) (Int32) -> Void
        func text(_ symbol: String) -> String? {
            guard let found = dlsym(handle, symbol), let text = unsafeBitCast(found, to: Text.self)() else { return nil }
            return String(cString: text)
        }
        for symbol in ["openblas_set_num_threads", "MKL_Set_Num_Threads", "bli_thread_set_num_threads"] {
            // BLIS takes a 64-bit count; a small positive Int32 reads the same in its register.
            if let found = dlsym(handle, symbol) { unsafeBitCast(found, to: SetThreads.self)(1) }
        }
        source = usesLibrary ? .library(name) : .builtIn
        library = name
        coreType = text("openblas_get_corename")
        version = text("openblas_get_config")
        warning = nil
        self.gemm = usesLibrary ? gemm : nil
        builtIn = Self.builtIn(features)
    }

    /// The same, every product counted and timed.
    public func metered(by meter: ProductMeter) -> MatrixProduct {
        var product = self
        product.meter = meter
        return product
    }

    private static func builtIn(_ features: Processor.Features) -> Kernels {
        guard let kernels = Processor.kernels(features) ?? Processor.kernels(.portable) else {
            preconditionFailure("the portable loops are always there")
        }
        return kernels
    }

    /// A matrix in memory: where it starts, elements between its rows, and whether its transpose is meant.
    package struct Operand {
        let base: UnsafePointer<Float>
        let stride: Int
        let isTransposed: Bool

        package static func plain(_ base: UnsafePointer<Float>, stride: Int) -> Operand {
            Operand(base: base, stride: stride, isTransposed: false)
        }

        package static func transposed(_ base: UnsafePointer<Float>, stride: Int) -> Operand {
            Operand(base: base, stride: stride, isTransposed: true)
        }
    }

    /// C[m,n] = op(A)[m,k] · op(B)[k,n] + beta·C; row-major, with row strides; op is the transpose where said.
    ///
    /// About 2·m·n·k floating-point operations, on the calling thread.
    package func callAsFunction(
        _ m: Int, _ n: Int, _ k: Int,
        _ a: Operand, _ b: Operand, beta: Float = 0,
        into c: UnsafeMutablePointer<Float>, stride cStride: Int
    ) {
        guard m > 0, n > 0 else { return }
        guard let meter else { return multiply(m, n, k, a, b, beta, c, cStride) }
        meter.time(.init(rows: m, columns: n, depth: k, transposesA: a.isTransposed, transposesB: b.isTransposed)) {
            multiply(m, n, k, a, b, beta, c, cStride)
        }
    }

    private func multiply(
        _ m: Int, _ n: Int, _ k: Int, _ a: Operand, _ b: Operand, _ beta: Float, _ c: UnsafeMutablePointer<Float>,
        _ cStride: Int
    ) {
        if let gemm {
            // CBLAS's numbers for row-major order, and for plain and transposed operands.
            let rowMajor: Int32 = 101, plain: Int32 = 111, transposed: Int32 = 112
            gemm(
                rowMajor, a.isTransposed ? transposed : plain, b.isTransposed ? transposed : plain, Int32(m), Int32(n),
                Int32(k), 1, a.base, Int32(a.stride), b.base, Int32(b.stride), beta, c, Int32(cStride))
        } else {
            builtIn.product(
                m, n, k, a.base, a.isTransposed ? 1 : a.stride, a.isTransposed ? a.stride : 1,
                b.base, b.isTransposed ? 1 : b.stride, b.isTransposed ? b.stride : 1, beta, c, cStride)
        }
    }
}
