import Checkpoints
import Files
import Foundation
import TestSupport
import Testing

/// The table of timm's architectures against what its models say of themselves (`make_architectures.py`).
@Suite struct ArchitectureTests {
    /// One plain architecture, as timm builds it.
    struct Plain: Decodable {
        let width: Int, heads: Int
        let epsilon: Float
        let activation: String
        let finalNorm: Bool
        let interpolation: String
        /// The rotary position embedding, as the table writes it.
        let rotary: String?
        let rms: Bool?
        let normsOutputs: Bool?
        let plainPooledNorm: Bool?
        let poolsPatches: Bool?
        let poolHeads: Int?
        /// The side of the input, and whether a position embedding tells it.
        let input: Int
        let inputWidth: Int?
        let placed: Bool
        let poolReadsPrefix: Bool?
        let resampling: String?
        let positionsKeepShape: Bool?
        /// The statistics of its first weights, and of all by their tags.
        let statistics: String
        let weights: [String: String]
        /// What timm's evaluation takes of a picture: of its first weights, and of all by their tags where they differ.
        let crop: Crop
        let crops: [String: Crop]?
    }

    /// `[share, mode]`.
    struct Crop: Decodable {
        let value: ModelConfiguration.Crop
        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            value = .init(share: try list.decode(Double.self), squashes: try list.decode(String.self) == "squash")
        }
    }

    /// A plain one, or what else it has.
    enum Known: Decodable {
        case plain(Plain), other(String)
        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let feature = try? container.decode(String.self) {
                self = .other(feature)
            } else {
                self = .plain(try container.decode(Plain.self))
            }
        }
    }

    struct Registry: Decodable {
        let architectures: [String: Known]
        let renamed: [String: String]
    }

    static let registry: Registry = {
        let data = FileManager.default.contents(atPath: Fixtures.root + "/Tests/Fixtures/architectures.json") ?? Data()
        return (try? JSONDecoder().decode(Registry.self, from: data)) ?? Registry(architectures: [:], renamed: [:])
    }()

    static let rotary: [String: ModelConfiguration.Rotary] = [
        ".axial(base: 100, reference: nil, columnsFirst: true)": .init(places: .indices, base: 100, columnsFirst: true),
        ".axial(reference: nil, pairsHalves: true)": .init(places: .indices, base: 10000, pairsHalves: true),
        ".axial(reference: 16)": .init(places: .indices, base: 10000, reference: .init(height: 16, width: 16)),
        ".axial(reference: 32, columnsFirst: true)": .init(
            places: .indices, base: 10000, reference: .init(height: 32, width: 32), columnsFirst: true),
        ".axial(reference: 32, offset: 1, columnsFirst: true)": .init(
            places: .indices, base: 10000, offset: 1, reference: .init(height: 32, width: 32), columnsFirst: true),
        ".axial(reference: 14, offset: 1, columnsFirst: true)": .init(
            places: .indices, base: 10000, offset: 1, reference: .init(height: 14, width: 14), columnsFirst: true),
        ".axial(reference: 24, offset: 1, columnsFirst: true)": .init(
            places: .indices, base: 10000, offset: 1, reference: .init(height: 24, width: 24), columnsFirst: true),
        ".gemma": {
            var rotary = ModelConfiguration.Rotary(places: .indices, base: 100, columnsFirst: true, pairsHalves: true)
            rotary.splitsHeads = true
            return rotary
        }(),
        ".dinov3()": .init(places: .centers, base: 100, pairsHalves: true),
        ".mixed(columnsFirst: true)": .init(places: .indices, base: nil, columnsFirst: true),
    ]

    static let means: [String: [Float]] = [
        "imageNet": [0.485, 0.456, 0.406], "half": [0.5, 0.5, 0.5], "none": [0, 0, 0], "clip": [0.48145466, 0.4578275, 0.40821073],
        "satellite": [0.43, 0.411, 0.296],
    ]
    static let deviations: [String: [Float]] = [
        "imageNet": [0.229, 0.224, 0.225], "half": [0.5, 0.5, 0.5], "none": [1, 1, 1],
        "clip": [0.26862954, 0.26130258, 0.27577711],
        "satellite": [0.213, 0.156, 0.143],
    ]

    private func load(_ config: String?, _ writer: SafetensorsWriter = .timm(), file: String = "model.safetensors") throws
        -> LoadedModel
    {
        let folder = try TemporaryFolder()
        try folder.write(writer.file(), file)
        if let config { try folder.write(config, "config.json") }
        return try ModelLoader.load(path: folder.path)
    }

    @Test func everyNameIsKnownExactly() throws {
        let known = Self.registry.architectures
        #expect(known.count > 290 && Self.registry.renamed.count > 30)
        for (name, expected) in known {
            switch (expected, Architecture.named(name)) {
            case (.other(let feature), .other(let found, let foundFeature)?):
                #expect(found == name && foundFeature == feature)
            case (.plain(let plain), .plain(let found)?):
                #expect(found.name == name && found.width == plain.width && found.heads == plain.heads, "\(name)")
                #expect(found.normEpsilon == plain.epsilon && found.activation.rawValue == plain.activation, "\(name)")
                #expect(found.hasFinalNorm == plain.finalNorm, "\(name)")
                #expect((found.normKind == .rootMeanSquare) == (plain.rms == true), "\(name)")
                #expect(found.normsOutputs == (plain.normsOutputs == true), "\(name)")
                #expect(found.hasPlainPooledNorm == (plain.plainPooledNorm == true), "\(name)")
                #expect(found.rotary == plain.rotary.flatMap { Self.rotary[$0] }, "\(name)")
                #expect((found.rotary == nil) == (plain.rotary == nil), "\(name)")
                let input = ModelConfiguration.Size(height: plain.input, width: plain.inputWidth ?? plain.input)
                #expect(found.input == (plain.placed ? nil : input), "\(name)")
                #expect(found.poolHeads == plain.poolHeads && found.poolReadsPrefix == plain.poolReadsPrefix ?? false, "\(name)")
                #expect(found.resampling?.rawValue == plain.resampling, "\(name)")
                #expect(found.positionsKeepShape == plain.positionsKeepShape ?? false, "\(name)")
                #expect(found.poolsPatches == plain.poolsPatches ?? false, "\(name)")
                #expect(found.preprocessing.mean == Self.means[plain.statistics], "\(name)")
                #expect(found.preprocessing.interpolation.rawValue == plain.interpolation, "\(name)")
                // Without a tag the statistics are sure only where all weights share them.
                #expect(found.knowsStatistics == (Set(plain.weights.values).count == 1), "\(name)")
                #expect(found.crop == (plain.crops == nil ? plain.crop.value : nil), "\(name)")
                for (tag, crop) in plain.crops ?? [:] {
                    guard case .plain(let tagged)? = Architecture.named("\(name).\(tag)") else { continue }
                    #expect(tagged.crop == crop.value, "\(name).\(tag)")
                }
                for (tag, statistics) in plain.weights {
                    guard case .plain(let tagged)? = Architecture.named("\(name).\(tag)") else {
                        Issue.record("\(name).\(tag)")
                        continue
                    }
                    #expect(tagged.knowsStatistics && tagged.preprocessing.mean == Self.means[statistics], "\(name).\(tag)")
                    #expect(tagged.preprocessing.standardDeviation == Self.deviations[statistics], "\(name).\(tag)")
                    #expect(tagged.preprocessing.interpolation.rawValue == plain.interpolation)
                }
            default: Issue.record("\(name): \(String(describing: Architecture.named(name)))")
            }
        }
        for (old, new) in Self.registry.renamed { #expect(Architecture.named(old) == Architecture.named(new), "\(old)") }
        for name in ["", ".", "vit", "vit_base_patch16", "vit_base_patch16_2244", "768/12:", "resnet50"] {
            #expect(Architecture.named(name) == nil)
        }
    }

    /// Every name in a configuration decides, is told as the origin, and leaves nothing to guess; others are refused by it.
    @Test func namesInConfigurationsDecide() throws {
        for (name, expected) in Self.registry.architectures {
            let config = "{\"architecture\":\"\(name)\",\"label_names\":[\"a\",\"b\",\"c\"],\"model_args\":{\"num_heads\":2}}"
            switch expected {
            case .other(let feature):
                let error = failure { try load(config) }
                #expect(error?.reason.contains(name) == true, "\(name): \(String(describing: error))")
                #expect(error?.reason.contains(feature) == true)
            case .plain(let plain):
                if plain.rotary?.contains("mixed") == true {
                    #expect(failure { try load(config) }?.reason.contains("rope.freqs") == true, "\(name)")
                    continue
                }
                let model = try load(config)
                #expect(model.configuration.normEpsilon == plain.epsilon, "\(name)")
                #expect(model.configuration.activation.rawValue == (plain.activation == "silu" ? "silu" : plain.activation))
                #expect(model.configuration.preprocessing.mean == Self.means[plain.statistics], "\(name)")
                #expect(model.sources[.normEpsilon] == .architecture(name) && model.sources[.interpolation] == .architecture(name))
                #expect(model.notes.count == (Set(plain.weights.values).count == 1 ? 0 : 1), "\(name): \(model.notes)")
            }
        }
    }

    @Test func whatAConfigurationStatesComesFirst() throws {
        let config = """
            {"architecture":"vit_base_patch16_clip_quickgelu_224","label_names":["a","b","c"],
             "model_args":{"num_heads":4,"norm_eps":1e-3,"act_layer":"gelu_tanh"},
             "pretrained_cfg":{"mean":[0.1,0.2,0.3],"std":[1,2,3]}}
            """
        let model = try load(config)
        #expect(model.configuration.normEpsilon == 1e-3 && model.configuration.activation == .geluTanh)
        #expect(model.configuration.preprocessing.mean == [0.1, 0.2, 0.3] && model.notes.isEmpty)
        #expect(model.sources[.normEpsilon]?.description == "config.json: model_args.norm_eps")
        #expect(model.sources[.activation]?.description == "config.json: model_args.act_layer")
        #expect(model.sources[.heads]?.description == "config.json: model_args.num_heads")
        #expect(model.sources[.preprocessing]?.description == "config.json: pretrained_cfg.mean")
        #expect(model.sources[.interpolation]?.description == "architecture vit_base_patch16_clip_quickgelu_224")
        #expect(model.sources[.head] == .tensors("head") && model.sources[.inputSize] == .tensors("pos_embed"))
        // timm's own layer norm, where the architecture would have another epsilon.
        let normed = try load(#"{"architecture":"vit_base_patch16_clip_224","model_args":{"norm_layer":"layernorm"}}"#)
        #expect(normed.configuration.normEpsilon == 1e-6)
        let refused = failure { try load(#"{"architecture":"vit_base_patch16_224","model_args":{"norm_layer":"rmsnorm"}}"#) }
        #expect(refused?.reason.contains("rmsnorm") == true)
    }

    @Test func weightsByTheirTag() throws {
        func mean(_ tag: String) throws -> (Float, [String]) {
            let config = "{\"architecture\":\"vit_base_patch16_224\",\"label_names\":[\"a\",\"b\",\"c\"],\"num_heads\":2,\"pretrained_cfg\":{\(tag)}}"
            let model = try load(config)
            return (model.configuration.preprocessing.mean[0], model.notes)
        }
        #expect(try mean("\"tag\":\"mae\"") == (0.485, []))
        #expect(try mean("\"tag\":\"augreg_in1k\"") == (0.5, []))
        let unknown = try mean("\"tag\":\"mine\"")
        #expect(unknown.0 == 0.5 && unknown.1.count == 1 && unknown.1[0].contains("others differ"))
        #expect(try mean("").1.count == 1)
    }

    /// What timm's evaluation leaves out of a picture is told, with where that is known from.
    @Test func cropsAreTold() throws {
        func crop(_ config: String) throws -> (ModelConfiguration.Crop?, String?, String) {
            let model = try load(config)
            return (model.configuration.crop, model.sources[.crop]?.description, ModelReport(model).text)
        }
        let known = try crop(#"{"architecture":"vit_tiny_patch16_224"}"#)
        #expect(known.0 == .init(share: 0.9) && known.1 == "architecture vit_tiny_patch16_224")
        #expect(known.2.contains("0.9 (timm's evaluation; getam shows the whole picture) (architecture vit_tiny_patch16_224)"))
        let stated = try crop(#"{"architecture":"vit_tiny_patch16_224","pretrained_cfg":{"crop_pct":0.95,"crop_mode":"squash"}}"#)
        #expect(stated.0 == .init(share: 0.95, squashes: true) && stated.1 == "config.json: pretrained_cfg.crop_pct")
        #expect(stated.2.contains("0.95 of the squashed picture"))
        // Weights of one architecture that differ.
        #expect(try crop(#"{"architecture":"vit_base_patch16_clip_224"}"#).0 == nil)
        #expect(try crop(#"{"architecture":"vit_base_patch16_clip_224.openai"}"#).0 == .init(share: 0.9))
        #expect(try crop(#"{"architecture":"vit_base_patch16_clip_224.laion2b"}"#).0 == .init(share: 1))
    }

    /// Of timm's other models a configuration's name says what they have; the name of a file alone is not enough.
    @Test func namesOfOtherModels() throws {
        for (name, feature) in [
            ("swin_tiny_patch4_window7_224.ms_in1k", "attention in windows"), ("levit_128s", "relative positions"),
            ("coatnet_0_224", "convolutions between its blocks"), ("mixer_b16_224", "no attention among patches"),
            ("efficientvit_m4", "attention in windows"),
        ] {
            #expect(Architecture.stated(name) == .other(name: String(name.prefix { $0 != "." }), feature: feature), "\(name)")
            #expect(Architecture.named(name) == nil, "\(name)")
            let error = failure { try load("{\"architecture\":\"\(name)\"}") }
            #expect(error?.reason.contains(feature) == true && error?.reason.contains("not supported") == true, "\(name)")
        }
        #expect(Architecture.stated("swinging") == nil && Architecture.stated("") == nil && Architecture.stated("_") == nil)
        #expect(try load(nil, file: "swin_tiny_patch4_window7_224.safetensors").configuration.depth == 2)
    }

    /// Registers of which there are none, as transformers writes DINOv3 where its configuration asks for none.
    @Test func noRegisters() throws {
        var writer = SafetensorsWriter.timm()
        writer.add("reg_token", [1, 0, 64], [])
        let model = try load(#"{"architecture":"vit_tiny_patch16_224"}"#, writer)
        #expect(model.configuration.registers == 0 && model.ignored == ["reg_token"])
    }

    /// timm's `GluMlp` has its gate behind its value, and the activation of the blocks.
    @Test func gateBehindItsValue() throws {
        func model(_ config: String, gateFirst: Bool) throws -> LoadedModel {
            var writer = SafetensorsWriter.timm()
            for index in 0..<2 {
                let stem = "blocks.\(index).mlp."
                for name in ["fc1.weight", "fc1.bias", "fc2.weight"] { writer.remove(stem + name) }
                func rows(_ start: Float, _ width: Int) -> [Float] { (0..<48 * width).map { start + Float($0 + index) / 4096 } }
                let value = (rows(1, 64), rows(2, 1)), gate = (rows(-3, 64), rows(-4, 1))
                writer.add(stem + "fc1.weight", [96, 64], gateFirst ? gate.0 + value.0 : value.0 + gate.0)
                writer.add(stem + "fc1.bias", [96], gateFirst ? gate.1 + value.1 : value.1 + gate.1)
                writer.add(stem + "fc2.weight", [64, 48], rows(5, 64))
            }
            return try load(config, writer)
        }
        let last = try model(#"{"architecture":"vit_tiny_patch16_224","model_args":{"mlp_layer":"GluMlp"}}"#, gateFirst: false)
        let first = try model(#"{"architecture":"vit_tiny_patch16_224","model_args":{"mlp_layer":"SwiGLUPacked"}}"#, gateFirst: true)
        for (one, other) in zip(last.parameters.blocks, first.parameters.blocks) {
            #expect(one.expand.weight.values == other.expand.weight.values && one.expand.bias?.values == other.expand.bias?.values)
            #expect(one.contract.weight.values == other.contract.weight.values)
        }
        #expect(last.configuration.hasGate && last.configuration.activation == .gelu && first.configuration.activation == .silu)
        let refused = failure { try model(#"{"model_args":{"mlp_layer":"ConvMlp"}}"#, gateFirst: false) }
        #expect(refused?.reason.contains("ConvMlp") == true)
    }

    /// Head counts that neither 64 nor the width tells: `vit_base_patch16_gap_224` has 16 heads of 48.
    @Test func headsOfTheArchitecture() throws {
        let model = try load(#"{"architecture":"test_vit"}"#)
        #expect(model.configuration.heads == 2 && model.sources[.heads] == .architecture("test_vit"))
        // Another width is not that architecture's.
        let other = try load(#"{"architecture":"vit_tiny_patch16_224"}"#)
        #expect(other.configuration.heads == 1 && other.sources[.heads] == .assumed)
        #expect(other.notes.contains { $0.contains("head count") })
        guard case .plain(let odd)? = Architecture.named("vit_base_patch16_gap_224") else { return #expect(Bool(false)) }
        #expect(odd.heads == 16 && odd.width == 768)
    }

    @Test(arguments: [
        "vit_base_patch16_clip_quickgelu_224.openai.safetensors", "vit_base_patch16_clip_quickgelu_224-0123abcd.safetensors",
        "models--timm--vit_base_patch16_clip_quickgelu_224.openai/snapshots/0a1b/model.safetensors",
        "vit_base_patch16_clip_quickgelu_224.openai/weights.safetensors",
    ]) func namesOfFilesAndFoldersAreHints(_ path: String) throws {
        let folder = try TemporaryFolder()
        let full = folder.path + "/" + path
        let parent = String(full[..<(full.lastIndex(of: "/") ?? full.endIndex)])
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try folder.write(SafetensorsWriter.timm().file(), path)
        let model = try ModelLoader.load(path: full)
        #expect(model.configuration.activation == .quickGELU && model.configuration.normEpsilon == 1e-5)
        #expect(model.configuration.preprocessing.mean == Self.means["clip"])
        #expect(model.sources[.activation]?.description.hasPrefix("file or folder name vit_base_patch16_clip") == true)
        #expect(model.notes.contains { $0.contains("vit_base_patch16_clip_quickgelu_224") })
        // A configuration that names the architecture is not overruled.
        try folder.write(#"{"architecture":"vit_base_patch16_224"}"#, String(path[..<(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)]) + "config.json")
        #expect(try ModelLoader.load(path: full).configuration.activation == .gelu)
    }

    @Test func aNameThatIsNotPlainIsRefused() throws {
        let error = failure { try load(nil, file: "vit_relpos_base_patch16_224.sw_in1k.safetensors") }
        #expect(error?.reason.contains("relative positions") == true && error?.kind == .invalid)
        #expect(try load(nil, file: "my_vit_relpos_base_patch16_224.safetensors").configuration.depth == 2)
    }

    /// Without a name what is assumed is a note; a norm before the blocks tells the epsilon.
    @Test func guessesAreNotes() throws {
        let plain = try load(nil)
        #expect(plain.configuration.normEpsilon == 1e-6 && plain.sources[.normEpsilon] == .assumed)
        #expect(plain.notes.contains { $0.hasPrefix("no config names the architecture: norm epsilon 1e-06 and GELU assumed") })
        let unknown = try load(#"{"architecture":"vit_next"}"#)
        #expect(unknown.notes.contains { $0.hasPrefix("timm 1.0.31 knows no architecture \"vit_next\"") })
        var writer = SafetensorsWriter.timm()
        writer.add("norm_pre.weight", [64], [Float](repeating: 1, count: 64))
        writer.add("norm_pre.bias", [64], [Float](repeating: 0, count: 64))
        let clip = try load(nil, writer)
        #expect(clip.configuration.normEpsilon == 1e-5 && clip.sources[.normEpsilon] == .tensors("norm_pre.weight"))
        #expect(clip.configuration.preprocessing.mean == Self.means["clip"] && clip.sources[.preprocessing] == .assumed)
        #expect(clip.notes.contains { $0.contains("quickgelu") } && clip.notes.contains { $0.contains("CLIP's assumed") })
    }

    /// InternViT and RADIO end without a norm; any other file without one lacks it.
    @Test func noFinalNorm() throws {
        var writer = SafetensorsWriter.timm()
        for name in ["norm.weight", "norm.bias"] { writer.remove(name) }
        #expect(try load(#"{"architecture":"vit_intern300m_patch14_448"}"#, writer).parameters.norm == nil)
        #expect(try load(#"{"architecture":"x","model_args":{"final_norm":false}}"#, writer).parameters.norm == nil)
        #expect(failure { try load(#"{"architecture":"vit_base_patch16_224"}"#, writer) }?.reason.contains("norm.weight") == true)
    }
}
