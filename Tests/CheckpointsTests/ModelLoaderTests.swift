import Checkpoints
import Files
import Tensors
import Testing
import TestSupport

@Suite struct ModelLoaderTests {
    /// The model a folder with this weight file and configuration holds.
    private func load(_ writer: SafetensorsWriter, config: String? = nil, preprocessor: String? = nil) throws
        -> LoadedModel
    {
        let folder = try TemporaryFolder()
        try folder.write(writer.file(), "model.safetensors")
        if let config { try folder.write(config, "config.json") }
        if let preprocessor { try folder.write(preprocessor, "preprocessor_config.json") }
        return try ModelLoader.load(path: folder.path)
    }

    private func complaint(_ writer: SafetensorsWriter, config: String? = nil, preprocessor: String? = nil) -> String? {
        failure { try load(writer, config: config, preprocessor: preprocessor) }?.reason
    }

    @Test func withoutAConfigSizesComeFromTheShapes() throws {
        let writer = SafetensorsWriter.timm()
        let model = try load(writer)
        let configuration = model.configuration
        #expect(configuration.depth == 2 && configuration.width == 64 && configuration.heads == 1)
        #expect(configuration.hiddenWidth == 128 && configuration.patch == .init(height: 4, width: 4))
        #expect(
            configuration.grid == .init(height: 3, width: 3) && configuration.inputSize == .init(height: 12, width: 12))
        #expect(configuration.classNames == ["0", "1", "2"] && configuration.probability == .softmax)
        #expect(model.notes.contains("head count is not in the config: 64/64 = 1 assumed"))
        #expect(model.notes.contains { $0.contains("ImageNet") })

        let block = model.parameters.blocks[1]
        let fused = writer.values("blocks.1.attn.qkv.weight")
        #expect(block.query.weight.values == Array(fused[0..<4096]))
        #expect(block.key.weight.values == Array(fused[4096..<8192]))
        #expect(block.value.weight.values == Array(fused[8192...]))
        #expect(block.value.bias?.values == Array(writer.values("blocks.1.attn.qkv.bias")[128...]))
        #expect(block.key.weight.shape == [64, 64] && block.expand.weight.shape == [128, 64])
        #expect(model.parameters.patchEmbedding.weight.shape == [64, 48])
        #expect(model.parameters.prefix.values == writer.values("cls_token"))
        #expect(model.parameters.parameterCount == writer.entries.reduce(0) { $0 + $1.bytes.count } / 4)
        #expect(model.byteCount == writer.entries.reduce(0) { $0 + $1.bytes.count })
    }

    @Test(arguments: ["module.", "backbone.", "model.module."]) func sharedPrefixesAreStripped(_ prefix: String) throws
    {
        let model = try load(.timm(prefix: prefix))
        #expect(model.configuration.head == .classToken && model.ignored.isEmpty)
        #expect(model.notes.contains { $0.contains("\"\(prefix)\"") })
    }

    @Test func missingTensorsAreNamed() throws {
        var writer = SafetensorsWriter.timm()
        for name in [
            "blocks.1.norm1.bias", "blocks.0.mlp.fc2.bias", "norm.weight", "head.bias", "blocks.0.attn.qkv.bias",
        ] { writer.remove(name) }
        let found = try #require(complaint(writer))
        #expect(found.contains("5 missing: "))
        #expect(found.contains("blocks.0.attn.qkv.bias") && found.contains("and 2 more"))
        #expect(!found.contains("wrong shape") && !found.contains("unexpected"))
    }

    @Test func misshapedTensorsAreNamedWithBothShapes() throws {
        var writer = SafetensorsWriter.timm()
        writer.reshape("blocks.1.attn.proj.weight", [64, 63])
        #expect(
            complaint(writer)?.contains("1 wrong shape: blocks.1.attn.proj.weight is [64, 63], expected [64, 64]")
                == true)
        writer = .timm()
        writer.reshape("blocks.0.attn.qkv.weight", [128, 64])
        #expect(complaint(writer)?.contains("blocks.0.attn.qkv.weight is [128, 64], expected [192, 64]") == true)
    }

    @Test func unexpectedTensorsAreNamedAndHarmlessOnesIgnored() throws {
        var writer = SafetensorsWriter.timm()
        writer.add("blocks.0.adapter.weight", [1], [1])
        #expect(complaint(writer)?.contains("1 unexpected: blocks.0.adapter.weight") == true)
        writer = .timm()
        writer.add("mask_token", [1], [1])
        writer.entries.append(.init(name: "counter", type: "I64", shape: [], bytes: [UInt8](repeating: 0, count: 8)))
        #expect(try load(writer).ignored == ["mask_token", "counter"])
        writer = .timm(prefix: "backbone.")
        writer.add("decoder.weight", [1], [1])
        #expect(try load(writer).ignored == ["decoder.weight"])
    }

    @Test(arguments: [
        "patch_embed.proj.weight", "pos_embed", "blocks.0.mlp.fc1.weight", "blocks.0.attn.qkv.weight", "cls_token",
        "norm.bias",
    ]) func everyMissingTensorIsAnErrorWithItsName(_ name: String) {
        var writer = SafetensorsWriter.timm()
        writer.remove(name)
        let found = complaint(writer)
        #expect(found != nil)
        // Without the tensor that marks the family, or with 10 positions for 9 patches, the line says so in other words.
        if name != "blocks.0.attn.qkv.weight", name != "cls_token" { #expect(found?.contains(name) == true) }
        if name == "cls_token" { #expect(found?.contains("a token is missing") == true) }
    }

    @Test(arguments: [
        ("patch_embed.proj.weight", [64, 1, 4, 4], "1 input channels"),
        ("patch_embed.proj.weight", [64, 48], "expected [width, 3, patch height, patch width]"),
        ("patch_embed.proj.weight", [0, 3, 4, 4], "impossible shape"),
        ("pos_embed", [10], "expected [1, tokens, width]"),
        ("pos_embed", [1, 12, 64], "no square grid"),
        ("pos_embed", [1, 10, 32], "pos_embed is [1, 10, 32], expected [10, 64]"),
        ("blocks.0.mlp.fc1.weight", [0, 64], "impossible shape"),
        ("head.weight", [0, 64], "head"),
    ]) func hostileShapes(_ name: String, _ shape: [Int], _ expected: String) {
        var writer = SafetensorsWriter.timm()
        writer.reshape(name, shape)
        let found = complaint(writer)
        #expect(found?.contains(expected) == true, "\(found ?? "accepted")")
    }

    @Test func hugeBlockNumbersAndGaps() {
        var writer = SafetensorsWriter.timm()
        writer.add("blocks.9223372036854775807.norm1.weight", [1], [1])
        #expect(complaint(writer)?.contains("none numbered 2") == true)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity]) func damagedWeightsAreFound(_ value: Float) throws {
        var writer = SafetensorsWriter.timm()
        writer.entries.removeAll { $0.name == "norm.bias" }
        var values = [Float](repeating: 0, count: 64)
        values[17] = value
        writer.add("norm.bias", [64], values)
        let found = try #require(complaint(writer))
        #expect(found.contains("\"norm.bias\"") && found.contains("at element 17"))
    }

    @Test func damageInALargeMappedTensorIsFoundByTheFullScan() throws {
        var writer = SafetensorsWriter.timm()
        writer.entries.removeAll { $0.name == "blocks.1.mlp.fc2.weight" }
        // Widen the MLP so that its weights pass the size up to which loading checks.
        for index in 0..<2 {
            writer.reshape("blocks.\(index).mlp.fc1.weight", [4200, 64])
            writer.reshape("blocks.\(index).mlp.fc1.bias", [4200])
            writer.reshape("blocks.\(index).mlp.fc2.weight", [64, 4200])
        }
        var values = [Float](repeating: 0, count: 64 * 4200)
        values[250_000] = .nan
        writer.add("blocks.1.mlp.fc2.weight", [64, 4200], values)
        let model = try load(writer)
        let found = try #require(model.parameters.firstNonFinite())
        #expect(found.name == "block 1 contract weight" && found.index == 250_000)
        #expect(ModelReport(model).damage == "block 1 contract weight, element 250000")
        #expect(try load(.timm()).parameters.firstNonFinite() == nil)
    }

    @Test(arguments: [
        ("pretrained.model.blocks.0.attn.qkv.weight", "scratch.refinenet1.out_conv.weight", "MiDaS"),
        ("vision_model.encoder.layers.0.layer_norm1.weight", "logit_scale", "CLIP"),
        ("layers.0.blocks.0.attn.qkv.weight", "layers.0.blocks.0.attn.relative_position_bias_table", "Swin"),
        ("stages.0.blocks.0.attn.qkv.weight", "stem.weight", "hierarchical"),
        ("layer.0.attention.q_proj.weight", "rope_embeddings.inv_freq", "DINOv3"),
        ("visual.attnpool.q_proj.weight", "logit_scale", "CLIP model with a ResNet"),
        ("Transformer/encoderblock_0/LayerNorm_0/scale", "MAPHead_0/probe", "Flax ViT with attention pooling"),
        ("blocks.0.attn.qkv.weight", "patch_embed.backbone.conv1.weight", "has no tensor \"patch_embed.proj.weight\""),
        ("layer1.0.conv1.weight", "fc.weight", "not a Vision Transformer"),
    ]) func otherFamiliesAreRefusedByName(_ first: String, _ second: String, _ title: String) {
        var writer = SafetensorsWriter()
        writer.add(first, [1], [1])
        writer.add(second, [1], [1])
        let found = complaint(writer)
        #expect(found?.contains(title) == true, "\(found ?? "accepted")")
    }

    @Test func otherContainersAreRefusedByName() throws {
        let folder = try TemporaryFolder()
        let zip = try folder.write([0x50, 0x4B, 3, 4, 0, 0], "model.pth")
        #expect(failure { try ModelLoader.load(path: zip) }?.reason.contains("is a zip archive that is cut short") == true)
        let pickle = try folder.write([0x80, 2, 0x7D, 0x71, 0, 0x2E], "old.pth")
        #expect(failure { try ModelLoader.load(path: pickle) }?.reason.contains("pickle") == true)
        let text = try folder.write("just text, and some more of it", "text.safetensors")
        #expect(failure { try ModelLoader.load(path: text) }?.reason.contains("not a safetensors file") == true)
        let empty = try folder.write("", "empty.safetensors")
        #expect(failure { try ModelLoader.load(path: empty) }?.reason == "is empty")
        #expect(failure { try ModelLoader.load(path: folder.path + "/none") }?.kind == .missing)
        #expect(
            failure { try ModelLoader.load(path: folder.path) }?.reason.contains("has none of model.safetensors") == true)
    }

    // MARK: Tokens and positions

    @Test func positionsOfTheClassTokenAloneAreAddedToIt() throws {
        var writer = SafetensorsWriter.timm()
        writer.add("register_tokens", [1, 4, 64], (0..<256).map { Float($0) })
        let parameters = try load(writer).parameters
        #expect(!parameters.configuration.positionCoversPrefix && parameters.configuration.registers == 4)
        let (token, positions) = (writer.values("cls_token"), writer.values("pos_embed"))
        #expect(parameters.prefix.shape == [5, 64] && parameters.positions.shape == [9, 64])
        #expect(Array(parameters.prefix.values[..<64]) == zip(token, positions).map { $0 + $1 })
        #expect(Array(parameters.prefix.values[64...]) == (0..<256).map { Float($0) })
        #expect(parameters.positions.values == Array(positions[64...]))
    }

    @Test func aNonSquareGridNeedsTheInputSize() throws {
        var writer = SafetensorsWriter.timm()
        writer.reshape("pos_embed", [1, 13, 64])
        #expect(complaint(writer) != nil)
        let model = try load(writer, config: "{\"model_args\":{\"img_size\":[8,24],\"num_heads\":2}}")
        #expect(model.configuration.grid == .init(height: 2, width: 6) && model.configuration.heads == 2)
    }

    @Test func anInputSizeThatDoesNotFitGivesWayToTheTensors() throws {
        let model = try load(.timm(), config: "{\"pretrained_cfg\":{\"input_size\":[3,224,224]}}")
        #expect(model.configuration.grid == .init(height: 3, width: 3))
        #expect(model.notes.contains { $0.contains("56×56") })
    }

    // MARK: Configuration

    @Test func timmFieldsAreRead() throws {
        let config = """
            {"architecture":"x","global_pool":"token","num_classes":3,"problem_type":"multi_label_classification",
             "label_names":["n1","n2","n3"],"label_descriptions":{"n1":"tench","n3":"ruffed grouse, partridge"},
             "model_args":{"num_heads":4,"act_layer":"quick_gelu","norm_eps":1e-5,"depth":2,"embed_dim":64,"patch_size":4},
             "pretrained_cfg":{"mean":[0.1,0.2,0.3],"std":[1,2,3],"interpolation":"bilinear"}}
            """
        let configuration = try load(.timm(), config: config).configuration
        #expect(configuration.architecture == "x" && configuration.heads == 4 && configuration.activation == .quickGELU)
        #expect(configuration.normEpsilon == 1e-5 && configuration.probability == .sigmoid)
        #expect(configuration.classNames == ["tench", "n2", "ruffed grouse, partridge"])
        #expect(
            configuration.preprocessing
                == .init(mean: [0.1, 0.2, 0.3], standardDeviation: [1, 2, 3], interpolation: .bilinear))
    }

    @Test(arguments: [
        ("{", "is not valid JSON"), ("[]", "must hold a JSON object"), ("", "is not valid JSON"),
        ("{\"model_args\":3}", "\"model_args\" must be an object, not 3"),
        (
            "{\"model_args\":{\"num_heads\":\"three\"}}",
            "\"model_args.num_heads\" must be a whole number from 1, not \"three\""
        ),
        ("{\"model_args\":{\"num_heads\":0}}", "\"model_args.num_heads\" must be"),
        ("{\"model_args\":{\"num_heads\":3}}", "\"model_args.num_heads\" is 3, which does not divide the width 64"),
        ("{\"model_args\":{\"depth\":12}}", "\"model_args.depth\" is 12, but the tensors say 2"),
        ("{\"model_args\":{\"patch_size\":16}}", "\"model_args.patch_size\" is 16×16, but the tensors say 4×4"),
        ("{\"model_args\":{\"act_layer\":\"relu\"}}", "the activation \"relu\""),
        ("{\"model_args\":{\"img_size\":[1,2,3,4]}}", "\"model_args.img_size\" must be"),
        ("{\"global_pool\":\"map\"}", "asks for an attention pool"),
        ("{\"label_names\":{}}", "\"label_names\" must be a list of texts"),
        ("{\"pretrained_cfg\":{\"mean\":[1,2],\"std\":[1,1,1]}}", "\"pretrained_cfg.mean\" must be three numbers"),
        (
            "{\"pretrained_cfg\":{\"mean\":[1,2,3],\"std\":[1,0,1]}}",
            "\"pretrained_cfg.std\" must be three numbers above 0"
        ),
    ]) func malformedConfigsAreOneLineNamingTheField(_ config: String, _ expected: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(SafetensorsWriter.timm().file(), "model.safetensors")
        let path = try folder.write(config, "config.json")
        let error = try #require(failure { try ModelLoader.load(path: folder.path) })
        #expect(error.path == path && error.reason.contains(expected), "\(error)")
    }

    @Test func namesThatDoNotMatchTheHeadAreNotUsed() throws {
        let model = try load(.timm(), config: "{\"label_names\":[\"a\",\"b\"]}")
        #expect(model.configuration.classNames == ["0", "1", "2"])
        #expect(model.notes.contains { $0.contains("names 2 classes, the head has 3") })
    }

    @Test func averagePoolingWithoutItsOwnNormUsesTheFinalNorm() throws {
        let model = try load(.timm(), config: "{\"global_pool\":\"avg\"}")
        #expect(
            model.configuration.head == .patchMean && model.parameters.norm != nil && model.parameters.pooledNorm == nil
        )
    }

    @Test func classTokenWithANormAfterPoolingIsTheSameAsBefore() throws {
        var writer = SafetensorsWriter.timm()
        for index in writer.entries.indices where writer.entries[index].name.hasPrefix("norm.") {
            writer.entries[index].name = "fc_" + writer.entries[index].name
        }
        let token = try load(writer, config: "{\"global_pool\":\"token\"}")
        #expect(
            token.configuration.head == .classToken
                && token.parameters.norm?.weight.values == writer.values("fc_norm.weight"))
        #expect(token.parameters.pooledNorm == nil)
        let pooled = try load(writer)
        #expect(
            pooled.configuration.head == .patchMean && pooled.parameters.norm == nil
                && pooled.parameters.pooledNorm != nil)
    }

    // MARK: Shards

    @Test func shardsMustLieBesideTheIndex() throws {
        for name in ["../other.safetensors", "/etc/passwd", "", "..", "sub/model.safetensors"] {
            let folder = try TemporaryFolder()
            let path = try folder.write("{\"weight_map\":{\"cls_token\":\"\(name)\"}}", "model.safetensors.index.json")
            let error = try #require(failure { try ModelLoader.load(path: path) })
            #expect(error.path == path && error.reason.contains("plain file name"))
        }
    }

    @Test func shardsAreReadTogether() throws {
        let whole = SafetensorsWriter.timm()
        let folder = try TemporaryFolder()
        var map: [String] = []
        for (number, range) in [0..<7, 7..<whole.entries.count].enumerated() {
            try folder.write(
                SafetensorsWriter(entries: Array(whole.entries[range])).file(), "part\(number).safetensors")
            map += whole.entries[range].map { "\"\($0.name)\":\"part\(number).safetensors\"" }
        }
        let index = try folder.write("{\"weight_map\":{\(map.joined(separator: ","))}}", "model.safetensors.index.json")
        let model = try ModelLoader.load(path: folder.path)
        #expect(
            model.files == [index, folder.path + "/part0.safetensors", folder.path + "/part1.safetensors"]
                || model.files.count == 3)
        #expect(model.parameters.head?.weight.values == whole.values("head.weight"))

        try folder.write("{\"weight_map\":{\"cls_token\":\"part1.safetensors\"}}", "model.safetensors.index.json")
        #expect(failure { try ModelLoader.load(path: index) }?.reason.contains("which the index places there") == true)
        try folder.write("{\"weight_map\":{\"cls_token\":\"part9.safetensors\"}}", "model.safetensors.index.json")
        #expect(failure { try ModelLoader.load(path: index) }?.kind == .missing)
        try folder.write("{\"metadata\":{}}", "model.safetensors.index.json")
        #expect(failure { try ModelLoader.load(path: index) }?.reason.contains("weight_map") == true)
    }
}
