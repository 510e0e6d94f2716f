import Attribution
import Files
import Labels
import Testing
import TestSupport

@Suite struct PresetTests {
    static let samples: [Preset] = Preset.builtIn + [
        Preset(
            name: "every \"setting\"", model: "dir/model", method: "other", layers: .from(3), fusion: .certainty, resize: .square,
            size: 448, scales: [0.5, 1, 1.5], flip: true, decoder: 0.25,
            refiners: [
                .patchAffinity(layers: .last(8), normalization: .sinkhorn, steps: 3), .pamr(iterations: 4, dilations: [1, 3]),
                .denseCRF(DenseCRFSetting(iterations: 7, smoothnessWidth: 2.5, appearanceColor: 0.1)),
            ],
            normalization: .minimumMaximum, saliency: .computed(.union),
            completion: LabelCompletion(mode: .published, rule: .i2crc, background: .band(low: 0.1, high: 0.35), completionCut: nil, openingSize: 3)),
        Preset(name: "walks", refiners: [
            .classAffinity(layers: .all, level: 0.3), .affinityWalk(layers: .fused, radius: 3),
            .coupledDiffusion(layers: .last(3), steps: 1, share: 0.25, isForward: false), .imagePrototypes,
        ]),
        Preset(name: "expansion", refiners: [.geodesic(level: 0.3, rate: 2.5, margin: 0), .geodesic()]),
        Preset(name: "usual walks", refiners: [.classAffinity(), .affinityWalk(), .coupledDiffusion()]),
        Preset(name: "x", layers: .last(2), saliency: .files(threshold: 0.25), completion: LabelCompletion(background: .power(7.5), completionCut: 0.95)),
    ]

    @Test(arguments: TileMerge.allCases) func tilesComeBack(_ merge: TileMerge) throws {
        var preset = Preset(name: "tiles")
        preset.tiles = merge
        try comesBack(preset)
    }

    @Test(arguments: samples)
    func comesBack(_ preset: Preset) throws {
        try preset.validate()
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/preset.json"
        try AtomicFile.write(Array(preset.json.utf8), to: path)
        #expect(try Preset.read(path: path) == preset)
        #expect(try Preset.decode(preset.json, path: "note") == preset)
    }

    /// What it reached comes back, changes no label, and goes with no label's notes.
    @Test func whatItReachedComesBack() throws {
        var preset = Preset.joint
        preset.reached = PresetFigure(meanIoU: 0.7021, start: 0.6623, yardstick: .masks, count: 3, pictures: ["a", "b ü", "c"])
        try comesBack(preset)
        #expect(preset.nameless == Preset.joint.nameless && preset.recordless == Preset.joint && preset.recordless.json == Preset.joint.json)
        preset.reached?.start = nil
        try comesBack(preset)
        let many = PresetFigure(meanIoU: 0.5, yardstick: .truth, count: 1000, pictures: (0..<1000).map { "\($0)" })
        #expect(many.count == 1000 && many.pictures.count == PresetFigure.namesLimit)
        let short = try Preset.decode("{\"version\": 1, \"reached\": {\"meanIoU\": 0.5}}", path: "p.json")
        #expect(short.reached == PresetFigure(meanIoU: 0.5, yardstick: .truth, count: 0, pictures: []))
        for (text, reason) in [("{}", "\"reached.meanIoU\" is missing"), ("{\"meanIoU\": 70}", "must be 0 to 1"), ("{\"meanIoU\": 0.5, \"iou\": 1}", "\"reached.iou\" is not a setting")] {
            let line = complaint { _ = try Preset.decode("{\"version\": 1, \"reached\": \(text)}", path: "p.json") }
            #expect(line.contains(reason), "\(line)")
        }
    }

    @Test func aScoreComesBack() throws {
        var preset = Preset(name: "score", refiners: [.classAffinity(layers: .last(6), level: 0.4, selects: true)])
        preset.score = .softMax
        try comesBack(preset)
        #expect(preset.json.contains("\"score\": \"soft-max\"") && !Preset.getam.json.contains("score"))
        #expect(try Preset.decode("{\"version\": 1, \"score\": \"logit\"}", path: "a.json") == Preset(name: "a"))
    }

    @Test func leftOutKeysKeepTheirDefaults() throws {
        #expect(try Preset.decode("{\"version\": 1}", path: "dir/mine.json") == Preset(name: "mine"))
        #expect(Set(Preset.builtIn.map(\.name)).count == Preset.builtIn.count)
        #expect(Preset.named("getam-official")?.completion.mode == .published && Preset.named("none") == nil)
    }

    @Test func mistakesAreNamed() {
        for (text, reason) in [
            ("{\"version\":1,\"fusoin\":\"sum\"}", "\"fusoin\" is not a setting; known are completion, contrast, decoder, flip, fusion,"),
            ("{\"version\":1,\"completion\":{\"Cut\":1}}", "\"completion.Cut\" is not a setting; known are band, cut, level, mode, opening, power, rule"),
            ("{\"version\":1,\"refiners\":[{\"kind\":\"pamr\"},{\"kind\":\"pamr\",\"steps\":1}]}", "\"refiners[1].steps\" is not a setting"),
            ("{\"version\":1,\"layers\":{\"from\":1,\"last\":2}}", "\"layers.last\" is not a setting"),
            ("{\"version\":1,\"fusion\":\"median\"}", "\"fusion\" must be one of sum, normalizedSum, maximum, mean, product, certainty, not \"median\""),
            ("{\"version\":1,\"score\":\"softmax\"}", "\"score\" must be one of logit, soft-max, not \"softmax\""),
            ("{\"version\":1,\"score\":\"soft-max\",\"contrast\":\"auto\"}", "both say what maps are of; give one of them"),
            ("{\"version\":1,\"tiles\":\"sum\"}", "\"tiles\" must be one of mean, maximum, not \"sum\""),
            ("{\"version\":1,\"completion\":{\"rule\":\"crf\"}}", "\"completion.rule\" must be one of getam, mdba, i2crc, not \"crf\""),
            ("{\"version\":1,\"refiners\":[{\"kind\":\"geodesic\",\"rate\":0}]}", "the expansion's rate must be above 0"),
            ("{\"version\":2}", "is a preset of version 2; this program reads version 1"), ("{}", "is not a preset: it has no \"version\""),
            ("[1]", "must hold a JSON object"), ("{\"version\":1,", "is not valid JSON"),
            ("{\"version\":1,\"flip\":1}", "\"flip\" must be true or false"), ("{\"version\":1,\"scales\":[1,\"a\"]}", "\"scales\" must be a list of numbers"),
            ("{\"version\":1,\"scales\":[]}", "the scales must be"), ("{\"version\":1,\"refiners\":[{}]}", "\"refiners[0].kind\" is missing"),
            ("{\"version\":1,\"completion\":{\"power\":1,\"level\":0.5}}", "give one of them"),
            ("{\"version\":1,\"completion\":{\"opening\":-1}}", "the opening size must be 0 to 10000"),
            ("{\"version\":1,\"refiners\":[{\"kind\":\"pamr\",\"dilations\":[1.5]}]}", "\"refiners[0].dilations\" must be whole numbers"),
            ("{\"version\":1,\"refiners\":[{\"kind\":\"pamr\"},{\"kind\":\"patch-affinity\"}]}", "must come before those on pixels"),
            ("{\"version\":1,\"refiners\":[{\"kind\":\"class-affinity\",\"level\":2}]}", "the level of boxes must be 0 to 1"),
            ("{\"version\":1,\"refiners\":[{\"kind\":\"affinity-walk\",\"radius\":0}]}", "the walk's radius must be 1 to 1000 patches"),
            ("{\"version\":1,\"refiners\":[{\"kind\":\"coupled-diffusion\",\"direction\":\"up\"}]}", "must be one of forward, backward"),
            ("{\"version\":1,\"refiners\":[{\"kind\":\"image-prototypes\",\"steps\":2}]}", "\"refiners[0].steps\" is not a setting"),
            ("{\"version\":1,\"saliency\":{\"from\":\"moon\"}}", "\"saliency.from\" must be one of none, files, barrier"),
        ] {
            let line = complaint { _ = try Preset.decode(text, path: "p.json") }
            #expect(line.hasPrefix("p.json: ") && line.contains(reason), "\(text): \(line)")
            #expect(!line.contains("\n"))
        }
    }

    @Test func layersOfAModel() {
        #expect(Preset.Layers.upperHalf.range(depth: 12) == 6...11 && Preset.Layers.from(3).range(depth: 4) == 3...3)
        #expect(Preset.Layers.last(2).range(depth: 12) == 10...11 && Preset.Layers.last(20).range(depth: 3) == 0...2)
        #expect(Preset.Layers.from(12).range(depth: 12) == nil && Preset.Layers.from(-1).range(depth: 12) == nil)
    }

    @Test func fusions() {
        let a = PatchMap(rows: 1, columns: 3, values: [0, 1, 4]), b = PatchMap(rows: 1, columns: 3, values: [0.1, 0.05, 0])
        #expect(LayerFusion.Kind.sum.fused([a, b])?.values == [0.1, 1.05, 4])
        #expect(LayerFusion.Kind.normalizedSum.fused([a, b])?.values == [1, 0.75, 1])
        #expect(LayerFusion.Kind.maximum.fused([a, b])?.values == [1, 0.5, 1])
        // By hand: b stretched is [1, ½, 0]; certain values weigh 1, m = ½ weighs ½, m = ¼ weighs 0.5699.
        let certain = LayerFusion.Kind.certainty.fused([a, b])?.values ?? []
        #expect(largestDifference(certain, [0.5, (0.25 * 0.56988 + 0.5 * 0.5) / (0.56988 + 0.5), 0.5]) < 1e-4)
        #expect(LayerFusion.Kind.allCases.allSatisfy { $0.fused([]) == nil })
        #expect(LayerFusion.Kind.mean.fused([a, b])?.values == [0.05, 0.525, 2])
        #expect(LayerFusion.Kind.product.fused([a, b])?.values == [0, 0.125, 0])
        let zeros = PatchMap(rows: 1, columns: 1, values: [0])
        #expect(LayerFusion.Kind.allCases.allSatisfy { $0.fused([zeros, zeros])?.values == [0] })
    }

    /// Layers in and out, and what each counts.
    @Test func weightedFusions() {
        let maps = [
            2: PatchMap(rows: 1, columns: 3, values: [0, 1, 4]), 5: PatchMap(rows: 1, columns: 3, values: [0.1, 0.05, 0]),
            7: PatchMap(rows: 1, columns: 3, values: [1, 1, 1]),
        ]
        func fused(_ kind: LayerFusion.Kind, _ weights: [Int: Float]) -> [Float] { LayerFusion(kind, weights: weights).fused(maps)?.values ?? [] }
        #expect(fused(.sum, [2: 1, 5: 1]) == [0.1, 1.05, 4] && fused(.sum, [2: 2, 5: 0, 9: 3]) == [0, 2, 8])
        #expect(LayerFusion(layers: [5, 2]).fused(maps)?.values == [0.1, 1.05, 4] && LayerFusion(layers: [5]).fused(maps) == maps[5])
        #expect(fused(.normalizedSum, [2: 2, 5: 1]) == [1, 1, 2] && fused(.maximum, [2: 2, 5: 1]) == [1, 0.5, 2])
        #expect(fused(.mean, [2: 3, 7: 1]) == [0.25, 1, 3.25])
        // m is [0, ¼, 1], of the other [1, ½, 0].
        #expect(fused(.product, [2: 0.5, 5: 2]) == [0, 0.125, 0])
        // m = ½ weighs ½ thrice, m = ¼ weighs 0.5699 once.
        #expect(largestDifference(fused(.certainty, [2: 1, 5: 3]), [0.75, (0.25 * 0.56988 + 0.5 * 1.5) / (0.56988 + 1.5), 0.25]) < 1e-4)
        for kind in LayerFusion.Kind.allCases {
            #expect(LayerFusion(kind, weights: [:]).fused(maps) == nil && LayerFusion(kind, layers: [3]).fused(maps) == nil)
            #expect(LayerFusion(kind, weights: [2: 0]).fused(maps) == nil)
        }
    }
}
