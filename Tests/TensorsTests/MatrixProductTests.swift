import Testing
import TestSupport
import Tensors

/// The products against sums in double precision.
@Suite struct MatrixProductTests {
    static let products: [MatrixProduct] =
        // Named, the library does the work; the name is found as it is without naming it.
        [MatrixProduct.load(path: nil, coreTypeIsSet: false).library].compactMap { $0 }
        .map { .load(path: $0, coreTypeIsSet: false) } + Processor.Features.allCases
        .filter { $0 <= Processor.current.features }.map { MatrixProduct(builtIn: $0) }

    static let shapes = [
        (1, 1, 1), (5, 7, 3), (37, 50, 48), (4, 32, 256), (66, 65, 300), (29, 96, 1600), (14, 32, 8), (3, 2, 0),
        // The other heights of a tile, of whole panels and of cut ones.
        (2, 40, 9), (6, 33, 5), (7, 70, 4), (8, 32, 6), (10, 65, 7), (11, 64, 3),
    ]

    @Test(arguments: products.indices, shapes)
    func agreesWithDoubleSums(_ index: Int, _ shape: (Int, Int, Int)) {
        let (m, n, k) = shape
        var random = SplitMix(seed: UInt64(m * 1000 + n))
        for (aTransposed, bTransposed) in [(false, false), (false, true), (true, false), (true, true)] {
            for beta in [Float(0), 1, 0.5] {
                let (aStride, bStride, cStride) = ((aTransposed ? m : k) + 3, (bTransposed ? k : n) + 1, n + 2)
                let a = random.floats((aTransposed ? k : m) * aStride), b = random.floats((bTransposed ? n : k) * bStride)
                let before = random.floats(m * cStride)
                var c = before
                a.withUnsafeBufferPointer { a in
                    b.withUnsafeBufferPointer { b in
                        c.withUnsafeMutableBufferPointer { c in
                            guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
                            Self.products[index](
                                m, n, k, aTransposed ? .transposed(a, stride: aStride) : .plain(a, stride: aStride),
                                bTransposed ? .transposed(b, stride: bStride) : .plain(b, stride: bStride), beta: beta,
                                into: c, stride: cStride)
                        }
                    }
                }
                var expected = before
                for i in 0..<m {
                    for j in 0..<n {
                        var sum = beta == 0 ? 0 : Double(beta) * Double(before[i * cStride + j])
                        for p in 0..<k {
                            sum += Double(aTransposed ? a[p * aStride + i] : a[i * aStride + p])
                                * Double(bTransposed ? b[j * bStride + p] : b[p * bStride + j])
                        }
                        expected[i * cStride + j] = Float(sum)
                    }
                }
                #expect(relativeDeviation(c, expected) < 1e-6)
            }
        }
    }

    @Test func missingLibraryIsNamed() {
        let product = MatrixProduct.load(path: "/nowhere/libnothing.so", coreTypeIsSet: true)
        #expect(product.source == .builtIn)
        #expect(product.warning?.contains("/nowhere/libnothing.so") == true)
    }
}
