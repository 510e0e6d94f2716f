import Foundation
import TestSupport
import Testing

@Suite struct InspectTests {
    private func object(_ arguments: [String]) throws -> [String: Any] {
        let outcome = try Program.run(["inspect", "--json"] + arguments)
        #expect(outcome.status == 0 && outcome.error.isEmpty && outcome.lines.count == 1, "\(outcome.error)")
        return try #require(JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
    }

    @Test func bundledModel() throws {
        let report = try object([])
        let configuration = try #require(report["configuration"] as? [String: Any])
        #expect(report["family"] as? String == "timm")
        for (key, value) in ["depth": 12, "width": 192, "heads": 3, "hiddenWidth": 768, "classCount": 6, "registers": 0, "channels": 3] {
            #expect(configuration[key] as? Int == value, "\(key)")
        }
        #expect(configuration["patch"] as? [String: Int] == ["height": 16, "width": 16])
        #expect(configuration["grid"] as? [String: Int] == ["height": 20, "width": 20])
        #expect(report["inputSize"] as? [String: Int] == ["height": 320, "width": 320])
        #expect(configuration["hasClassToken"] as? Bool == true && configuration["hasDistillationToken"] as? Bool == false)
        #expect(configuration["head"] as? String == "classToken" && configuration["activation"] as? String == "gelu")
        #expect(configuration["probability"] as? String == "sigmoid")
        #expect(configuration["classNames"] as? [String] == ["cat", "cow", "dog", "horse", "person", "sheep"])
        let preprocessing = try #require(configuration["preprocessing"] as? [String: Any])
        #expect(preprocessing["mean"] as? [Double] == [0.485, 0.456, 0.406] && preprocessing["interpolation"] as? String == "bicubic")
        let tensors = try #require(report["tensors"] as? [[String: Any]])
        #expect(tensors.count == 184 && report["decoderLabels"] as? Int == 7 && report["ignored"] as? [String] == [] && report["damage"] == nil)
        let patches = try #require(tensors.first { $0["name"] as? String == "patch_embed.proj.weight" })
        #expect(patches["shape"] as? [Int] == [192, 3, 16, 16] && patches["elementType"] as? String == "F16")
        #expect(patches["byteCount"] as? Int == 192 * 3 * 16 * 16 * 2)
        #expect(tensors.reduce(0) { $0 + ($1["byteCount"] as? Int ?? 0) } == report["byteCount"] as? Int)
    }

    @Test func textSaysTheSame() throws {
        let outcome = try Program.run(["inspect", Fixtures.model("registers_layerscale")])
        #expect(outcome.status == 0 && outcome.error.isEmpty)
        for word in ["family", "depth", "width", "heads", "patch", "grid", "prefix tokens", "4 registers", "head", "activation", "GELU",
            "input", "bicubic", "thing4", "F32", "LayerScale", "ignored", "blocks.2.ls1.gamma"] {
            #expect(outcome.text.contains(word), "\(word)")
        }
        #expect(try Program.run(["inspect", "-m", Fixtures.model("registers_layerscale")]).output == outcome.output)
        let both = try Program.run(["inspect", "-m", Fixtures.model("bf16"), Fixtures.model("bf16")])
        #expect(both.status == 64 && both.output.isEmpty)
    }

    /// Tensors that the model does not use are named.
    @Test func ignoredTensors() throws {
        let folder = try TemporaryFolder()
        var writer = SafetensorsWriter.timm()
        writer.add("decoder_embed.weight", [2, 2], [1, 2, 3, 4])
        let path = try folder.write(writer.file(), "model.safetensors")
        #expect(try object([path])["ignored"] as? [String] == ["decoder_embed.weight"])
    }

    @Test func system() throws {
        let report = try object(["--system", "--threads", "1"])
        #expect(report["threads"] as? Int == 1)
        #expect(["avx512", "avx2", "portable"].contains(report["features"] as? String ?? ""))
        #expect((report["peakGFLOPS"] as? Double ?? 0) > 0 && (report["productGFLOPS"] as? Double ?? 0) > 0)
        #expect(report["library"] is String && report["processor"] is String && report["warnings"] is [String])
        let text = try Program.run(["inspect", "--system"], environment: ["GETAM_BLAS": "builtin"])
        #expect(text.status == 0 && text.text.contains("products   built-in") && text.text.contains("GFLOP/s"))
    }
}
