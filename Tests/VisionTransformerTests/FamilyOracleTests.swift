import Checkpoints
import Files
import Testing
import TestSupport
import VisionTransformer

/// Other families and containers (Tests/Fixtures/make_families.py) against float64 autograd, by every way of computing.
@Suite struct FamilyOracleTests {
    /// A fixture's name and which of its pictures.
    struct Case: Sendable, CustomStringConvertible {
        let name: String
        var suffix = ""
        var description: String { name + suffix }
    }

    static let cases =
        [
            "torchvision", "clip_openai", "clip_openclip", "flax", "flax_pre_logits", "big_vision", "dinov2_meta",
            "dinov2_meta_giant", "dino_training", "hf_dinov2_giant", "hf_dinov2_registers", "hf_msn", "hf_msn_saved", "timm_extras",
            "timm_packed", "deit3", "dinov2_training", "hf_clip", "hf_clip_projection", "hf_clip_classifier", "named_clip",
            "named_siglip_gap", "named_without_norm", "dinov3_timm", "dinov3_timm_unnamed", "dinov3_meta", "eva02_small", "eva02_clip",
            "rope_ape", "rope_mixed", "rope_gap", "hf_dinov3", "hf_dinov3_gated", "timm_siglip", "timm_naflex",
            "timm_map_registers", "pe_core", "hf_siglip", "hf_siglip_classifier", "hf_siglip2", "openclip_siglip", "openclip_eva",
            "hf_mae", "hf_ijepa", "coca", "aimv2", "hf_aimv2", "norms_behind_mean", "norms_behind_class", "hybrid_start", "hybrid_d",
            "hybrid_plain", "naflex_radio", "qwen_merged", "deepseek_aligned", "gemma_classifier", "gemma_encoder", "attention_beside",
            "attentions_beside", "clipa", "hf_mlcd", "hf_pixio", "hf_blip",
        ].map { Case(name: $0) }
        // Another size than the model's: positions resampled each family's way.
        + [
            "torchvision", "flax", "dinov2_meta", "hf_dinov2_giant", "hf_dinov2_registers", "hf_clip", "dinov3_timm", "dinov3_meta",
            "eva02_small", "eva02_clip", "rope_ape", "rope_mixed", "hf_dinov3", "hf_dinov3_gated", "pe_core", "hf_siglip",
            "hf_siglip2", "hf_mae", "hf_ijepa", "naflex_radio", "qwen_merged", "deepseek_aligned", "gemma_classifier",
        ].map {
            Case(name: $0, suffix: "_large")
        }

    /// The fixture's model, with the head that lies beside it.
    static func load(_ name: String) throws -> LoadedModel {
        let folder = Fixtures.path("families/\(name)")
        func first(_ names: [String]) -> String? {
            names.map { "\(folder)/\($0)" }.first { AtomicFile.exists($0) }
        }
        let path = first(["checkpoint.pth", "checkpoint.pt", "checkpoint.npz"]) ?? folder
        let head = first(["head.pth", "head.safetensors", "embeddings.npy"]).map { HeadSource(path: $0) }
        return try ModelLoader.load(path: path, head: head)
    }

    @Test(arguments: cases, OracleTests.Way.all)
    func agreesWithAutograd(_ item: Case, _ way: OracleTests.Way) throws {
        let expected = try SafetensorsFile(path: Fixtures.path("families/\(item.name)/expected\(item.suffix).safetensors"))
        let loaded = try Self.load(item.name)
        #expect(loaded.configuration.classNames == (0..<5).map { "thing\($0)" })
        let model = VisionTransformer(loaded.parameters, compute: way.compute, savings: way.savings)
        try OracleTests().compare(model, try expected.tensor(named: "pixels"), expected)
    }
}
