import Checkpoints
import Testing

/// Models written by timm and transformers themselves; `make_models.py` says with which arguments.
@Suite struct FixtureModelTests {
    /// What differs between the fixtures.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var family = ModelConfiguration.Family.timm
        var depth = 3
        var width = 40
        var heads = 2
        var hiddenWidth: Int
        var grid = ModelConfiguration.Size(height: 6, width: 6)
        var prefix = [true, false]
        var registers = 0
        var covers = true
        var activation = ModelConfiguration.Activation.gelu
        var epsilon: Float = 1e-6
        var hasLayerScale = false
        var head = ModelConfiguration.Head.classToken
        var hasBias = true
        var norms = [true, false]
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "bf16", depth: 4, width: 48, heads: 3, hiddenWidth: 192),
        Case(
            name: "f16_odd_heads", width: 55, heads: 5, hiddenWidth: 220, grid: .init(height: 5, width: 5),
            hasBias: false),
        Case(name: "fit_resize", hiddenWidth: 160),
        Case(name: "nonsquare_timm", hiddenWidth: 160),
        Case(name: "nonsquare_native", heads: 4, hiddenWidth: 160, grid: .init(height: 4, width: 8)),
        Case(name: "dino_keys", heads: 5, hiddenWidth: 160, head: .none),
        Case(
            name: "headless_no_class_token", width: 36, heads: 3, hiddenWidth: 144, grid: .init(height: 5, width: 5),
            prefix: [false, false], head: .none, norms: [false, true]),
        Case(
            name: "pooled_class_token", width: 32, hiddenWidth: 128, grid: .init(height: 5, width: 5), head: .patchMean,
            norms: [false, true]),
        Case(
            name: "pooled_no_class_token", width: 36, heads: 3, hiddenWidth: 144, grid: .init(height: 5, width: 5),
            prefix: [false, false], head: .patchMean, norms: [false, true]),
        Case(
            name: "registers_layerscale", width: 32, hiddenWidth: 128, grid: .init(height: 5, width: 5), registers: 4,
            covers: false, hasLayerScale: true),
        Case(
            name: "registers_embed_all", width: 36, heads: 3, hiddenWidth: 144, grid: .init(height: 4, width: 4),
            registers: 3),
        Case(name: "nonsquare_hf", family: .huggingFace, hiddenWidth: 120, epsilon: 1e-12),
        Case(
            name: "hf_deit_distilled", family: .huggingFace, hiddenWidth: 120, prefix: [true, true], epsilon: 1e-12,
            head: .classAndDistillation),
        Case(
            name: "hf_v5_names", family: .huggingFace, hiddenWidth: 120, activation: .geluTanh, epsilon: 1e-12,
            hasBias: false),
        Case(name: "hf_quick_gelu", family: .huggingFace, hiddenWidth: 120, activation: .quickGELU, epsilon: 1e-2),
    ]

    @Test(arguments: cases) func loadsWithTheRightConfiguration(_ expected: Case) throws {
        let model = try ModelLoader.load(path: Fixtures.model(expected.name))
        let classes = expected.head == .none ? 0 : 5
        let configuration = model.configuration
        var wanted = ModelConfiguration(
            family: expected.family, architecture: configuration.architecture, depth: expected.depth,
            width: expected.width,
            heads: expected.heads, hiddenWidth: expected.hiddenWidth, patch: .init(height: 8, width: 8), channels: 3,
            grid: expected.grid, hasClassToken: expected.prefix[0], hasDistillationToken: expected.prefix[1],
            registers: expected.registers, positionCoversPrefix: expected.covers,
            positionResampling: expected.family == .timm ? .bicubicAntialiased : .bicubic,
            activation: expected.activation,
            normEpsilon: expected.epsilon, hasLayerScale: expected.hasLayerScale, head: expected.head,
            classCount: classes,
            classNames: (0..<classes).map { "thing\($0)" }, probability: .softmax,
            preprocessing: .init(
                mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225], interpolation: .bicubic))
        if expected.family == .timm { wanted.crop = .init(share: 1) }
        #expect(configuration == wanted)
        #expect(configuration.architecture != nil)

        let parameters = model.parameters
        #expect(
            parameters.blocks.count == expected.depth
                && parameters.prefix.shape == [configuration.prefixTokens, expected.width])
        #expect(
            parameters.positions.shape[0]
                == expected.grid.height * expected.grid.width + (expected.covers ? configuration.prefixTokens : 0))
        #expect(
            parameters.blocks.allSatisfy {
                ($0.query.bias != nil) == expected.hasBias && ($0.value.bias != nil) == expected.hasBias
            })
        #expect(
            parameters.blocks.allSatisfy {
                ($0.scale1 != nil) == expected.hasLayerScale && ($0.scale2 != nil) == expected.hasLayerScale
            })
        #expect([parameters.norm != nil, parameters.pooledNorm != nil] == expected.norms)
        #expect((parameters.distillationHead != nil) == (expected.head == .classAndDistillation))
        #expect(model.ignored.isEmpty && model.notes.count == (expected.head == .none ? 1 : 0), "\(model.notes)")
        #expect(parameters.firstNonFinite() == nil)
        // Everything in the file is used, nothing twice.
        #expect(parameters.parameterCount == model.tensors.reduce(0) { $0 + $1.shape.reduce(1, *) })
    }

    @Test func shardsAndTheirIndexAreAllNamed() throws {
        let model = try ModelLoader.load(path: Fixtures.model("hf_quick_gelu"))
        #expect(model.files.count == 7 && model.files[0].hasSuffix("/model.safetensors.index.json"))
    }
}
