import Checkpoints
import Images
import Tensors
import TestSupport
@testable import Training

/// What float64 autograd says of the losses (Tests/Fixtures/make_objectives.py), and what to compute with.
struct ObjectivesFixture {
    private let file: SafetensorsFile
    let name: String

    init(_ name: String) throws {
        file = try SafetensorsFile(path: Fixtures.path("training/objectives.safetensors"))
        self.name = name
    }

    func callAsFunction(_ key: String) throws -> Tensor { try file.tensor(named: "\(name).\(key)") }
    func number(_ key: String) throws -> Double { Double(try self(key).values[0]) }

    /// Whole numbers of 0…255, the outermost dimension apart.
    func bytes(_ key: String) throws -> [[UInt8]] {
        let tensor = try self(key)
        return (0..<tensor.shape[0]).map { tensor.rows($0..<$0 + 1).values.map { UInt8($0) } }
    }

    /// Every instruction set this processor has, with one thread and with three.
    static let computes: [Compute] = [1, 3].flatMap { threads in
        let pool = ThreadPool(threads: threads)
        return Processor.Features.allCases.filter { $0 <= Processor.current.features }.map {
            Compute(product: MatrixProduct(builtIn: $0), pool: pool, features: $0)
        }
    }
}

extension FeatureMap {
    /// A map of `values`, channels last.
    init(_ values: [Float], height: Int, width: Int, in workspace: Workspace) {
        self.init(height: height, width: width, channels: values.count / (height * width), in: workspace)
        self.values.base.update(from: values, count: count)
    }

    /// Channels last.
    var elements: [Float] { Array(UnsafeBufferPointer(start: values.base, count: count)) }
}

/// Whether a loss is the one expected to 2e-5 of it.
func agrees(_ found: Double, _ expected: Double) -> Bool { abs(found - expected) <= 2e-5 * abs(expected) }
