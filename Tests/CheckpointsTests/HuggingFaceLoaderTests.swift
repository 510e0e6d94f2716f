import Checkpoints
import Files
import Foundation
import Tensors
import Testing
import TestSupport

/// Variations of one real Hugging Face file: its tensors renamed or left out, its configuration changed.
@Suite struct HuggingFaceLoaderTests {
    /// The distilled fixture's tensors under new names; `rename` returning nil leaves one out.
    private func load(
        config: String? = nil, preprocessor: String? = nil, _ rename: (String) -> String? = { $0 }
    ) throws -> LoadedModel {
        let file = try SafetensorsFile(path: Fixtures.model("hf_deit_distilled") + "/model.safetensors")
        var writer = SafetensorsWriter()
        for info in file.tensors {
            if let name = rename(info.name) { writer.add(name, info.shape, try file.tensor(named: info.name).values) }
        }
        let folder = try TemporaryFolder()
        try folder.write(writer.file(), "model.safetensors")
        if let config { try folder.write(config, "config.json") }
        if let preprocessor { try folder.write(preprocessor, "preprocessor_config.json") }
        return try ModelLoader.load(path: folder.path)
    }

    private let heads = "\"num_attention_heads\":2"

    @Test func aClassTokenHeadOfADistilledModel() throws {
        let model = try load(config: "{\(heads)}") { name in
            name.hasPrefix("distillation_classifier")
                ? nil : name.replacingOccurrences(of: "cls_classifier", with: "classifier")
        }
        #expect(model.configuration.head == .classToken && model.configuration.hasDistillationToken)
        #expect(model.parameters.distillationHead == nil && model.configuration.prefixTokens == 2)
    }

    @Test func theBareModelHasNoPrefixAndNoHead() throws {
        let model = try load(config: "{\(heads)}") { name in
            name.contains("classifier") ? nil : name.replacingOccurrences(of: "deit.", with: "")
        }
        #expect(model.configuration.head == .none && model.configuration.classCount == 0)
        #expect(model.notes.contains { $0.contains("no head") })
    }

    @Test func aWrapperAroundModelAndHead() throws {
        let model = try load(config: "{\(heads)}") { "module." + $0 }
        #expect(model.configuration.head == .classAndDistillation && model.ignored.isEmpty)
    }

    @Test func missingHeadBiasAndTokensAreNamed() {
        let error = failure {
            try load(config: "{\(heads)}") {
                $0 == "deit.embeddings.cls_token" || $0 == "cls_classifier.bias" ? nil : $0
            }
        }
        #expect(error?.reason.contains("2 missing: deit.embeddings.cls_token, cls_classifier.bias") == true)
    }

    @Test func otherTypesWithTheSameNamesAreRefused() {
        let byPrefix = failure {
            try load(config: "{\(heads)}") { $0.replacingOccurrences(of: "deit.", with: "yolos.") }
        }
        #expect(byPrefix?.reason.contains("\"yolos\"") == true)
        let byConfig = failure { try load(config: "{\(heads),\"model_type\":\"videomae\"}") }
        #expect(byConfig?.reason.contains("videomae") == true)
    }

    @Test(arguments: [
        ("{\"num_attention_heads\":3}", "does not divide the width 40"),
        ("{\"num_attention_heads\":2,\"hidden_size\":768}", "\"hidden_size\" is 768, but the tensors say 40"),
        ("{\"num_attention_heads\":2,\"num_hidden_layers\":12}", "\"num_hidden_layers\" is 12, but the tensors say 3"),
        ("{\"num_attention_heads\":2,\"hidden_act\":\"mish\"}", "the activation \"mish\""),
        ("{\"num_attention_heads\":2,\"layer_norm_eps\":\"small\"}", "\"layer_norm_eps\" must be a number"),
        ("{\"num_attention_heads\":2,\"layer_norm_eps\":-1}", "\"layer_norm_eps\" must be a number from 0"),
        ("{\"num_attention_heads\":2,\"id2label\":{\"x\":\"y\"}}", "\"id2label\" must be"),
        ("{\"num_attention_heads\":2,\"id2label\":{\"0\":1}}", "\"id2label.0\" must be text"),
        ("{\"num_attention_heads\":2,\"model_type\":[1]}", "\"model_type\" must be text"),
        ("{}", "needs a config.json"),
    ]) func malformedConfigs(_ config: String, _ expected: String) {
        let error = failure { try load(config: config) }
        #expect(error?.reason.contains(expected) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        ("gelu", ModelConfiguration.Activation.gelu), ("gelu_new", .geluTanh), ("gelu_pytorch_tanh", .geluTanh),
        ("quick_gelu", .quickGELU),
    ]) func activations(_ name: String, _ expected: ModelConfiguration.Activation) throws {
        #expect(try load(config: "{\(heads),\"hidden_act\":\"\(name)\"}").configuration.activation == expected)
    }

    @Test func labelsInIndexOrderWithGapsNamedByIndex() throws {
        let config = "{\(heads),\"id2label\":{\"10\":\"k\",\"4\":\"e\",\"0\":\"a\",\"2\":\"c\"}}"
        #expect(try load(config: config).configuration.classNames == ["0", "1", "2", "3", "4"])
        let five =
            "{\(heads),\"id2label\":{\"4\":\"e\",\"0\":\"a\",\"2\":\"c\"},\"problem_type\":\"multi_label_classification\"}"
        let configuration = try load(config: five).configuration
        #expect(configuration.classNames == ["a", "1", "c", "3", "e"] && configuration.probability == .sigmoid)
    }

    /// Of CLIP's vision part a configuration may leave out what the class has; another kind's part is refused.
    @Test func clipConfigurations() throws {
        func load(_ config: String?) throws -> LoadedModel {
            let folder = try TemporaryFolder()
            let file = try SafetensorsFile(path: Fixtures.root + "/Tests/Fixtures/families/hf_clip/model.safetensors")
            var writer = SafetensorsWriter()
            for info in file.tensors {
                // 48 wide, so that the heads that need no mention divide it; only the shapes are read.
                writer.add(info.name, info.shape.map { $0 == 32 ? 48 : $0 }, [])
                writer.reshape(info.name, info.shape.map { $0 == 32 ? 48 : $0 })
            }
            try folder.write(writer.file(), "model.safetensors")
            if let config { try folder.write(config, "config.json") }
            return try ModelLoader.load(path: folder.path)
        }
        let bare = try load(#"{"model_type":"clip","vision_config":{"patch_size":8}}"#)
        #expect(bare.configuration.heads == 12 && bare.configuration.activation == .quickGELU && bare.configuration.normEpsilon == 1e-5)
        let stated = try load(#"{"model_type":"llava","vision_config":{"model_type":"clip_vision_model","num_attention_heads":4,"hidden_act":"gelu","layer_norm_eps":1e-4}}"#)
        #expect(stated.configuration.heads == 4 && stated.configuration.activation == .gelu && stated.configuration.normEpsilon == 1e-4)
        #expect(stated.sources[.heads]?.description == "config.json: vision_config.num_attention_heads")
        #expect(stated.notes.contains { $0.contains("preprocessor_config.json") && $0.contains("CLIP's") })
        #expect(failure { try load(#"{"model_type":"clip","vision_config":{"hidden_act":"mish"}}"#) }?.reason.contains("vision_config.hidden_act") == true)
        #expect(failure { try load(#"{"model_type":"clip","vision_config":{"hidden_size":64}}"#) }?.reason.contains("the tensors say 48") == true)
        #expect(failure { try load(#"{"model_type":"x_clip"}"#) }?.reason.contains("x_clip") == true)
        #expect(failure { try load(nil) }?.reason.contains("needs a config.json") == true)
    }

    /// Relatives of CLIP have its tensors under their own names, beside others that are left aside with a note.
    @Test func relativesOfCLIP() throws {
        let file = try SafetensorsFile(path: Fixtures.root + "/Tests/Fixtures/families/hf_clip/model.safetensors")
        func load(_ kind: String, extra: String, _ rename: (String) -> String) throws -> LoadedModel {
            var writer = SafetensorsWriter()
            for info in file.tensors { writer.add(rename(info.name), info.shape, try file.tensor(named: info.name).values) }
            writer.add(extra, [2, 32], [Float](repeating: 0, count: 64))
            let folder = try TemporaryFolder()
            try folder.write(writer.file(), "model.safetensors")
            try folder.write(
                "{\"model_type\":\"\(kind)\",\"vision_config\":{\"model_type\":\"\(kind)_vision_model\",\"num_attention_heads\":2}}", "config.json")
            return try ModelLoader.load(path: folder.path)
        }
        let owl = try load("owlv2", extra: "class_head.dense0.weight") {
            "owlv2." + $0.replacingOccurrences(of: "pre_layrnorm", with: "pre_layernorm")
        }
        let segmenting = try load("clipseg", extra: "decoder.film_mul.weight") { "clip." + $0 }
        let clip = try load("clip", extra: "classes.weight") { $0 }
        #expect(owl.notes.contains { $0.contains("boxes") } && owl.ignored.contains("class_head.dense0.weight"))
        #expect(segmenting.notes.contains { $0.contains("CLIPSeg's decoder") } && segmenting.ignored.contains("decoder.film_mul.weight"))
        #expect(segmenting.familyTitle == "CLIP (Hugging Face names)" && owl.familyTitle == "OWL-ViT (Hugging Face names)")
        for model in [owl, segmenting] {
            #expect(model.configuration.hasNormBefore && model.parameters.projection?.weight.values == clip.parameters.projection?.weight.values)
            #expect(model.parameters.normBefore?.weight.values == clip.parameters.normBefore?.weight.values)
        }
    }

    /// ViTPose's backbone, in the file of its poses: the first position is every patch's, and what a configuration may leave out is 12
    /// heads and 256×192 pixels. A mixture of experts is refused.
    @Test func vitPose() throws {
        func load(_ config: String, experts: Bool = false) throws -> LoadedModel {
            var writer = SafetensorsWriter()
            func add(_ name: String, _ shape: [Int]) {
                let count = shape.reduce(1, *)
                writer.add("backbone." + name, shape, (0..<count).map { Float($0 % 31) / 64 })
            }
            func layer(_ name: String, _ rows: Int, _ columns: Int) {
                add(name + ".weight", [rows, columns])
                add(name + ".bias", [rows])
            }
            func norm(_ name: String) {
                add(name + ".weight", [24])
                add(name + ".bias", [24])
            }
            add("embeddings.patch_embeddings.projection.weight", [24, 3, 16, 16])
            add("embeddings.patch_embeddings.projection.bias", [24])
            add("embeddings.position_embeddings", [1, 193, 24])
            let stem = "encoder.layer.0."
            for name in ["query", "key", "value"] { layer(stem + "attention.attention." + name, 24, 24) }
            layer(stem + "attention.output.dense", 24, 24)
            layer(stem + "mlp.fc1", 48, 24)
            layer(stem + "mlp.fc2", 24, 48)
            if experts { layer(stem + "mlp.experts.0", 24, 48) }
            for name in [stem + "layernorm_before", stem + "layernorm_after", "layernorm"] { norm(name) }
            writer.add("head.conv.bias", [2], [0, 0])
            let folder = try TemporaryFolder()
            try folder.write(writer.file(), "model.safetensors")
            try folder.write(config, "config.json")
            return try ModelLoader.load(path: folder.path)
        }
        let model = try load(#"{"model_type":"vitpose","backbone_config":{"model_type":"vitpose_backbone"}}"#)
        #expect(model.configuration.grid == .init(height: 16, width: 12) && model.configuration.heads == 12)
        #expect(model.configuration.patchOffset == 2 && model.configuration.prefixTokens == 0 && model.configuration.readsPatchMean)
        let positions = model.parameters.positions
        #expect(positions.shape == [192, 24] && positions.values[30] == Float((24 + 30) % 31 + 6) / 64)
        #expect(model.notes.contains { $0.contains("poses") } && model.ignored == ["head.conv.bias"])
        let stated = #"{"model_type":"vitpose_backbone","image_size":[192,256],"num_attention_heads":4}"#
        #expect(try load(stated).configuration.grid == .init(height: 12, width: 16) && load(stated).configuration.heads == 4)
        #expect(failure { try load(stated, experts: true) }?.reason.contains("mixture of experts") == true)
    }

    @Test func preprocessing() throws {
        func read(_ text: String?, type: String = "vit") throws -> ModelConfiguration.Preprocessing {
            try load(config: "{\(heads),\"model_type\":\"\(type)\"}", preprocessor: text).configuration.preprocessing
        }
        #expect(
            try read(nil)
                == .init(mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5], interpolation: .bilinear))
        #expect(try read(nil, type: "deit").mean == [0.485, 0.456, 0.406])
        let stated = "\"image_mean\":[0.1,0.2,0.3],\"image_std\":[0.4,0.5,0.6]"
        #expect(
            try read("{\(stated),\"resample\":0}")
                == .init(mean: [0.1, 0.2, 0.3], standardDeviation: [0.4, 0.5, 0.6], interpolation: .nearest))
        #expect(try read("{\(stated),\"resample\":3}").interpolation == .bicubic)
        #expect(try read("{\(stated),\"do_normalize\":false}").standardDeviation == [1, 1, 1])
        // (byte/127.5 − 1)/1 is (byte/255 − 0.5)/0.5.
        let doubled = try read("{\"image_mean\":[1,1,1],\"image_std\":[1,1,1],\"rescale_factor\":0.00784313725490196}")
        #expect(doubled.mean == [0.5, 0.5, 0.5] && doubled.standardDeviation == [0.5, 0.5, 0.5])
        for bad in [
            "{\"image_mean\":[1],\"image_std\":[1,1,1]}", "{\(stated),\"resample\":9}",
            "{\(stated),\"rescale_factor\":0}", "[", "{\(stated),\"do_normalize\":1}",
        ] {
            #expect(failure { try read(bad) }?.path.hasSuffix("/preprocessor_config.json") == true, "\(bad)")
        }
    }
}
