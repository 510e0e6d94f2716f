import Checkpoints
import Files
import TestSupport
import Tensors
import Testing
@testable import Text

@Suite struct TextTowerTests {
    static let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2))

    static func expected(_ name: String) throws -> (ids: [[Int]], embeddings: Tensor) {
        let archive = try SafetensorsFile(path: Fixtures.path("texts/\(name)/expected.safetensors"))
        let ids = try archive.integers(named: "ids"), shape = archive.info(named: "ids")?.shape ?? [0, 0]
        return ((0..<shape[0]).map { Array(ids[$0 * shape[1]..<($0 + 1) * shape[1]]) }, try archive.tensor(named: "embeddings"))
    }

    @Test(arguments: ["open_clip", "open_clip_gelu", "open_clip_siglip", "clip", "siglip", "coca"])
    func theLibrarysEmbeddings(name: String) throws {
        let tower = try TextTowerLoader.load(path: Fixtures.path("texts/" + name))
        let (ids, embeddings) = try Self.expected(name)
        let encoder = TextEncoder(tower, compute: Self.compute)
        let found = encoder.embeddings(of: ids, padding: 0)
        #expect(found.shape == embeddings.shape)
        #expect(relativeDeviation(found.values, embeddings.values) < 2e-5)
        // One by one, and without what fills the context up.
        for (row, text) in ids.enumerated() where tower.isCausal {
            let end = text.lastIndex { $0 != 0 } ?? 0
            let single = encoder.embeddings(of: [Array(text[...end])], padding: 0)
            #expect(relativeDeviation(single.values, embeddings.rows(row..<row + 1).values) < 2e-5)
        }
        #expect(tower.logitScale.map { abs($0 - 12.182494) < 1e-4 } == true)
        #expect((tower.logitBias == -1.5) == name.contains("siglip"))
    }

    /// OpenCLIP's mask of CoCa's first models, and that which hides exactly what fills the context up.
    @Test func coCasClassTokenUnderEitherMask() throws {
        var tower = try TextTowerLoader.load(path: Fixtures.path("texts/coca"))
        #expect(tower.title == "CoCa (OpenAI and OpenCLIP names)" && tower.contextLength == 12)
        let (ids, embeddings) = try Self.expected("coca")
        let masked = try SafetensorsFile(path: Fixtures.path("texts/coca/expected.safetensors")).tensor(named: "masked")
        #expect(relativeDeviation(masked.values, embeddings.values) > 1e-3)
        tower.classToken?.isMaskExact = true
        let found = TextEncoder(tower, compute: Self.compute).embeddings(of: ids, padding: 0)
        #expect(relativeDeviation(found.values, masked.values) < 2e-5)
    }

    @Test func whatHasNoTextTowerIsRefused() throws {
        let error = #expect(throws: FileError.self) { try TextTowerLoader.load(path: Fixtures.path("models/registers_layerscale")) }
        #expect(error?.reason.contains("has no text tower") == true)
    }
}
