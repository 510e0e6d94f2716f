import Checkpoints
import Files
import TestSupport
import Tensors
import Testing
import VisionTransformer

/// Positions that keep the picture's shape, at other grids, against timm's own (`make_families.py`, `naflex_positions`).
@Suite struct FlexiblePositionTests {
    static let grids = [(2, 3), (3, 5), (7, 4), (6, 6)]

    static func expected() throws -> SafetensorsFile {
        try SafetensorsFile(path: Fixtures.path("families/naflex_positions/positions.safetensors"))
    }

    /// NaFlexViT's names, of whose positions the first channels are given.
    static func model(_ positions: [(name: String, table: Tensor)], _ arguments: String = "") throws -> LoadedModel {
        var writer = SafetensorsWriter.timm()
        for name in ["pos_embed", "cls_token", "patch_embed.proj.weight", "patch_embed.proj.bias"] { writer.remove(name) }
        writer.add("embeds.proj.weight", [64, 12], [Float](repeating: 0, count: 64 * 12))
        writer.add("embeds.proj.bias", [64], [Float](repeating: 0, count: 64))
        for (name, table) in positions {
            let given = table.values
            let values = (0..<given.count / 3).flatMap { row in (0..<64).map { $0 < 3 ? given[row * 3 + $0] : 0 } }
            writer.add("embeds.\(name)", table.shape.dropLast() + [64], values)
        }
        let folder = try TemporaryFolder()
        try folder.write(writer.file(), "model.safetensors")
        try folder.write(
            "{\"architecture\":\"naflexvit_base_patch16_par_gap\",\"model_args\":{\"num_heads\":2\(arguments)}}", "config.json")
        return try ModelLoader.load(path: folder.path)
    }

    /// What is said of something that must fail.
    private func refusal(_ body: () throws -> Any) -> String {
        do { return "\(try body())" } catch { return "\(error)" }
    }

    private func compare(_ model: LoadedModel, _ way: String, _ expected: SafetensorsFile) throws {
        #expect(model.configuration.positionsKeepShape)
        for (rows, columns) in Self.grids {
            let theirs = try expected.tensor(named: "\(way) \(rows)x\(columns)")
            let ours = model.parameters.positions(at: .init(height: rows, width: columns))
            #expect(ours.shape == [rows * columns, 64])
            let (found, right) = (ours.values, theirs.values), peak = right.map(abs).max() ?? 0
            for patch in 0..<rows * columns {
                for channel in 0..<3 {
                    #expect(abs(found[patch * 64 + channel] - right[patch * 3 + channel]) <= 2e-6 * peak, "\(way) \(rows)×\(columns)")
                }
            }
        }
    }

    @Test(arguments: [
        ("bicubicAntialiased", ""), ("bilinearAntialiased", ",\"pos_embed_interp_mode\":\"bilinear\""),
        ("bilinear", ",\"pos_embed_interp_mode\":\"bilinear\",\"pos_embed_antialias\":false"),
        ("bicubic", ",\"pos_embed_antialias\":false"),
        (
            "bilinearAligned",
            ",\"pos_embed_interp_mode\":\"bilinear\",\"pos_embed_antialias\":false,\"pos_embed_align_corners\":true"
        ),
    ]) func gridsAreResampledAsTimmDoes(_ way: String, _ arguments: String) throws {
        let expected = try Self.expected()
        let model = try Self.model([("pos_embed", expected.tensor(named: "\(way) pos_embed"))], arguments)
        #expect(model.configuration.positionResampling.rawValue == way)
        try compare(model, way, expected)
    }

    @Test func rowsAndColumnsAreAddedUp() throws {
        let expected = try Self.expected()
        let tables = try ["pos_embed_y", "pos_embed_x"].map { (name: $0, table: try expected.tensor(named: "axes \($0)")) }
        try compare(Self.model(tables), "axes", expected)
        // One that makes no square grid is resampled even at that grid.
        let short = tables[1].table.reshaped([4, 3]).rows(0..<3).reshaped([1, 3, 3])
        #expect(refusal { try Self.model([tables[0], (name: "pos_embed_x", table: short)]) }.contains("make no square grid"))
    }

    @Test func whatIsNotOfferedIsRefused() throws {
        let table = try Self.expected().tensor(named: "bicubic pos_embed")
        let said = refusal { try Self.model([("pos_embed", table)], ",\"pos_embed_interp_mode\":\"nearest\"") }
        #expect(said.contains("nearest") && said.contains("pos_embed_interp_mode"))
    }

    /// C-RADIO's grid is one for 2048×2048 pixels, its input 512×512.
    @Test func theUsualInputIsSmaller() throws {
        let folder = try TemporaryFolder()
        var writer = SafetensorsWriter.timm()
        for name in ["pos_embed", "cls_token", "patch_embed.proj.weight", "patch_embed.proj.bias", "norm.weight", "norm.bias"] {
            writer.remove(name)
        }
        writer.add("embeds.proj.weight", [64, 768], [Float](repeating: 0, count: 64 * 768))
        writer.add("embeds.proj.bias", [64], [Float](repeating: 0, count: 64))
        writer.add("embeds.cls_token", [1, 1, 64], [Float](repeating: 0, count: 64))
        writer.add("embeds.pos_embed", [1, 40, 40, 64], [Float](repeating: 0, count: 1600 * 64))
        try folder.write(writer.file(), "model.safetensors")
        try folder.write(#"{"architecture":"naflexvit_base_patch16_radio_v3","model_args":{"num_heads":2}}"#, "config.json")
        let model = try ModelLoader.load(path: folder.path)
        #expect(model.configuration.grid == .init(height: 40, width: 40))
        #expect(model.configuration.inputSize == .init(height: 512, width: 512))
        #expect(model.sources[.inputSize] == .architecture("naflexvit_base_patch16_radio_v3"))
        #expect(refusal { try model.parameters.writer(path: "model") }.contains("keep the picture's shape"))
    }
}
