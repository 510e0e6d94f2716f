import GETAM

/// What this machine computes with, and how fast that was found to be.
struct SystemReport: Codable {
    let processor: String
    let family: Int
    let model: Int
    /// The instruction set the built-in loops use.
    let features: String
    let threads: Int
    /// The matrix-product library found, if any.
    let library: String?
    /// Who computes matrix products: the library, or `built-in`.
    let products: String
    let version: String?
    /// The processor type the library chose its loops for, where it says so.
    let coreType: String?
    /// Fused multiply-adds in registers on one thread, in 10⁹ floating-point operations a second.
    let peakGFLOPS: Double
    /// A 512×512×512 matrix product on one thread, likewise.
    let productGFLOPS: Double
    let warnings: [String]

    init(threads: Int) {
        let processor = Processor.current
        let product = Environment.matrixProduct()
        let compute = Compute(product: product, pool: ThreadPool(threads: 1), features: Environment.features)
        self.processor = processor.brand.isEmpty ? processor.vendor : processor.brand
        family = processor.family
        model = processor.model
        features = compute.features.rawValue
        self.threads = threads
        library = product.library
        products = switch product.source {
        case .library(let name): name
        case .builtIn: "built-in"
        }
        version = product.version
        coreType = product.coreType
        peakGFLOPS = compute.measuredPeak() / 1e9
        productGFLOPS = compute.measuredProductRate() / 1e9
        var warnings = [product.warning, Environment.featuresWarning].compactMap(\.self)
        if productGFLOPS < peakGFLOPS / 3 {
            warnings.append(
                "the product runs at less than a third of the processor's peak; "
                    + "another library may do better (GETAM_BLAS), or another core type (OPENBLAS_CORETYPE)")
        }
        self.warnings = warnings
    }

    var text: String {
        func rate(_ value: Double) -> String { "\((value * 10).rounded() / 10) GFLOP/s" }
        var lines = [
            ("processor", "\(processor) (family \(family), model \(model))"),
            ("features", features),
            ("threads", "\(threads)"),
            ("library", library ?? "none"),
        ]
        if let version { lines.append(("version", version)) }
        if let coreType { lines.append(("core type", coreType)) }
        lines.append(("products", products))
        lines.append(("peak", "\(rate(peakGFLOPS)), one thread"))
        lines.append(("product", "\(rate(productGFLOPS)), one thread, 512×512×512"))
        lines += warnings.map { ("warning", $0) }
        return lines.map { $0.0 + String(repeating: " ", count: 11 - $0.0.count) + $0.1 + "\n" }.joined()
    }
}
