import Checkpoints
import Files
import Foundation
import TestSupport
import Testing

/// Folders whose weights are called otherwise than usual, and those that hold no model.
@Suite struct CheckpointFolderTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private var reason: String { failure { try ModelLoader.load(path: folder.path) }?.reason ?? "loaded" }

    @Test(arguments: ["mine.safetensors", "best.epoch=3.pth", "a.pt", "b.bin", "c.ckpt"])
    func oneCheckpointOfAnyName(_ name: String) throws {
        try folder.write(SafetensorsWriter.timm().file(), name)
        try folder.write("{\"num_heads\":2}", "config.json")
        // What training leaves beside a model, hidden files, folders and texts are none.
        for other in ["optimizer.pt", "scheduler.pt", "training_args.bin", "rng_state_0.pth", ".hidden.pth", "notes.txt"] {
            try folder.write("x", other)
        }
        try FileManager.default.createDirectory(atPath: folder.path + "/more.pth", withIntermediateDirectories: true)
        let model = try ModelLoader.load(path: folder.path)
        #expect(model.files == [folder.path + "/" + name, folder.path + "/config.json"] && model.configuration.heads == 2)
        #expect(try ModelLoader.load(path: folder.path + "/").files.first?.hasSuffix(name) == true)
    }

    @Test func severalAreNamed() throws {
        for name in ["b.pth", "a.safetensors", "c.npz"] { try folder.write(SafetensorsWriter.timm().file(), name) }
        let error = failure { try ModelLoader.load(path: folder.path) }
        #expect(error?.kind == .invalid)
        #expect(error?.reason.hasSuffix("but 3 other checkpoints: a.safetensors, b.pth, c.npz; name one of them") == true)
        for number in 0..<9 { try folder.write("x", "epoch\(number).pth") }
        #expect(reason.contains("12 other checkpoints") && reason.contains("and 7 more"))
        // A usual name goes before all others.
        try folder.write(SafetensorsWriter.timm().file(), "model.safetensors")
        #expect(reason == "loaded")
    }

    @Test func shardsByTheirIndexOfAnyName() throws {
        let whole = SafetensorsWriter.timm()
        try folder.write(whole.file(), "vit-00001-of-00001.safetensors")
        #expect(reason.contains("has none of model.safetensors"))
        let map = whole.entries.map { "\"\($0.name)\":\"vit-00001-of-00001.safetensors\"" }.joined(separator: ",")
        try folder.write("{\"weight_map\":{\(map)}}", "vit.safetensors.index.json")
        #expect(reason == "loaded")
    }

    @Test func theHubsCache() throws {
        let hash = "0123456789abcdef"
        for path in ["refs", "snapshots/\(hash)", "blobs"] {
            try FileManager.default.createDirectory(atPath: folder.path + "/" + path, withIntermediateDirectories: true)
        }
        try folder.write(hash, "refs/main")
        try folder.write(SafetensorsWriter.timm().file(), "snapshots/\(hash)/model.safetensors")
        #expect(try ModelLoader.load(path: folder.path).files == ["\(folder.path)/snapshots/\(hash)/model.safetensors"])
        try folder.write("../../elsewhere", "refs/main")
        #expect(reason.contains("has none of"))
    }

    // MARK: Adapters

    private func adapter(_ name: String = "adapter_model.safetensors") throws {
        var writer = SafetensorsWriter()
        let stem = "base_model.model.vit.encoder.layer.0.attention.attention.query."
        writer.add(stem + "lora_A.weight", [1, 2], [1, 2])
        writer.add(stem + "lora_B.weight", [2, 1], [1, 2])
        try folder.write(writer.file(), name)
    }

    @Test func adaptersWithoutTheirModel() throws {
        try adapter()
        let bare = failure { try ModelLoader.load(path: folder.path + "/adapter_model.safetensors") }?.reason ?? ""
        #expect(bare.contains("LoRA") && bare.contains("merge_and_unload"))
        try folder.write(#"{"base_model_name_or_path":"google/vit-base","peft_type":"LORA"}"#, "adapter_config.json")
        for path in [folder.path, folder.path + "/adapter_model.safetensors"] {
            let error = failure { try ModelLoader.load(path: path) }
            #expect(error?.kind == .invalid, "\(String(describing: error))")
            for word in ["LoRA", "PEFT", "google/vit-base", "merge_and_unload()"] {
                #expect(error?.reason.contains(word) == true, "\(String(describing: error))")
            }
        }
        // Whatever it is called, and of other kinds.
        try folder.write(#"{"base_model_name_or_path":"google/vit-base","peft_type":"IA3"}"#, "adapter_config.json")
        try adapter("mine.safetensors")
        #expect(reason.contains("IA3") && reason.contains("google/vit-base"))
    }

    @Test func adaptersThatAreNotMerged() throws {
        var writer = SafetensorsWriter.timm(prefix: "base_model.model.")
        for index in writer.entries.indices where writer.entries[index].name.hasSuffix("attn.qkv.weight") {
            let name = writer.entries[index].name
            writer.entries[index].name = name.replacingOccurrences(of: "qkv.", with: "qkv.base_layer.")
            writer.add(name.replacingOccurrences(of: "weight", with: "lora_A.default.weight"), [1], [1])
        }
        try folder.write(writer.file(), "model.safetensors")
        #expect(reason.contains("beside its layers") && reason.contains("merge_and_unload()"))
    }

    @Test func anAdapterBesideAModelIsTold() throws {
        try adapter()
        try folder.write("{}", "adapter_config.json")
        try folder.write(SafetensorsWriter.timm().file(), "model.safetensors")
        #expect(try ModelLoader.load(path: folder.path).notes.contains { $0.contains("not applied") })
    }

    // MARK: Models of other kinds

    @Test(arguments: [
        ("dinov3_convnext", "DINOv3"), ("swin", "Swin"), ("beit", "BEiT"),
        ("something_new", "something_new"), ("dpt", "convolutions over several blocks"), ("convnext", "no attention"),
        ("yolos", "detection tokens"), ("groupvit", "merged between blocks"), ("perceiver", "latents"), ("detr", "detector"),
    ]) func configurationsNameTheKind(_ type: String, _ title: String) throws {
        var writer = SafetensorsWriter()
        writer.add("layer.0.attention.q_proj.weight", [1], [1])
        try folder.write(writer.file(), "model.safetensors")
        try folder.write("{\"model_type\":\"\(type)\"}", "config.json")
        #expect(reason.contains("\"model_type\": \"\(type)\"") && reason.contains(title) && reason.contains("not supported"))
        // It says more exactly what tensors suggest.
        writer.add("head.probe", [1], [1])
        try folder.write(writer.file(), "model.safetensors")
        #expect(reason.contains("\"model_type\": \"\(type)\"") && reason.contains(title))
    }

    @Test(arguments: [
        ("encoder.layers.0.self_attn.q_proj.weight", "embeddings.patch_embedding.weight", "SigLIP"),
        ("text_model.encoder.layers.0.self_attn.q_proj.weight", "text_projection.weight", "text tower"),
    ]) func tensorsNameTheKind(_ first: String, _ second: String, _ title: String) throws {
        var writer = SafetensorsWriter()
        writer.add(first, [1], [1])
        writer.add(second, [1], [1])
        try folder.write(writer.file(), "model.safetensors")
        #expect(reason.contains(title) && reason.contains("not supported"), "\(reason)")
        // A broken configuration does not hide what the tensors say, where it is not read for a family.
        guard first != "blocks.0.attn.qkv.weight" else { return }
        try folder.write("{", "config.json")
        #expect(reason.contains(title))
    }

    @Test func timmsDINOv3AndRMSNorms() throws {
        var writer = SafetensorsWriter.timm()
        writer.remove("pos_embed")
        try folder.write(writer.file(), "model.safetensors")
        #expect(reason.contains("DINOv3") && reason.contains("pos_embed"))
        writer = .timm()
        for name in writer.entries.map(\.name) where name.contains("norm") && name.hasSuffix("bias") { writer.remove(name) }
        try folder.write(writer.file(), "model.safetensors")
        let loaded = try ModelLoader.load(path: folder.path)
        #expect(loaded.configuration.normKind == .rootMeanSquare && loaded.notes.contains { $0.contains("RMS norms assumed") })
        // Zeros in the place of biases are no parameters.
        #expect(!loaded.parameters.namedTensors.contains { $0.name.hasSuffix("norm1 bias") || $0.name == "norm bias" })
        #expect(throws: FileError.self) { try loaded.parameters.writer(path: "") }
    }

    // MARK: Names of training

    @Test func namesOfTrainingAreReadAsTheModelsOwn() throws {
        func training(_ rename: (String) -> String) -> SafetensorsWriter {
            var writer = SafetensorsWriter.timm()
            for index in writer.entries.indices { writer.entries[index].name = rename(writer.entries[index].name) }
            return writer
        }
        let plain = SafetensorsWriter.timm()
        let renames: [(String) -> String] = [
            { "teacher.backbone." + $0.replacingOccurrences(of: "blocks.1.", with: "blocks.1.1.")
                .replacingOccurrences(of: "blocks.0.n", with: "blocks.0.0.n").replacingOccurrences(of: "blocks.0.a", with: "blocks.0.0.a")
                .replacingOccurrences(of: "blocks.0.m", with: "blocks.0.0.m") },
            { "_orig_mod." + $0 }, { $0.replacingOccurrences(of: "attn.", with: "_checkpoint_wrapped_module.attn.") },
            { "model.student.backbone._fsdp_wrapped_module." + $0.replacingOccurrences(of: "norm1", with: "_fsdp_wrapped_module.norm1") },
        ]
        for rename in renames {
            var writer = training(rename)
            writer.add("dino_head.mlp.0.weight", [1], [1])
            try folder.write(writer.file(), "model.safetensors")
            let model = try ModelLoader.load(path: folder.path)
            #expect(model.configuration.depth == 2 && model.parameters.head?.weight.values == plain.values("head.weight"))
            #expect(model.parameters.blocks[1].norm1.weight.values == plain.values("blocks.1.norm1.weight"))
            #expect(model.tensors.contains { $0.name == rename("norm.weight") } && model.ignored == ["dino_head.mlp.0.weight"])
            #expect(model.notes.contains { $0.contains("names of training") })
        }
        // Blocks numbered anew in each chunk would be mixed up.
        try folder.write(training { $0.replacingOccurrences(of: "blocks.", with: "blocks.0.") .replacingOccurrences(of: "blocks.0.1.", with: "blocks.1.0.") }.file(), "model.safetensors")
        #expect(reason.contains("is not a Vision Transformer") || reason.contains("hierarchical"), "\(reason)")
    }
}
