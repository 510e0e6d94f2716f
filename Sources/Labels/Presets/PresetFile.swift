import Attribution
import Checkpoints
import Files

/// Presets as JSON files.
///
/// `"version"` is 1. A key that is left out keeps its default, a key that is not known is an error that names it: a typing
/// slip must not pass for a setting.
extension Preset {
    /// The version of the format that this program writes and reads.
    public static let version = 1

    /// The preset in the file at `path`.
    ///
    /// - Throws: `FileError` with one line that names the key.
    public static func read(path: String) throws(FileError) -> Preset {
        try decode(try JSONValue.read(path: path), path: path)
    }

    /// The preset in a JSON text, such as a note of a PNG. `path` is only for error messages.
    public static func decode(_ text: String, path: String) throws(FileError) -> Preset {
        try decode(try JSONValue(note: text, path: path), path: path)
    }

    /// The preset in a JSON value. `path` is only for error messages.
    static func decode(_ value: JSONValue, path: String) throws(FileError) -> Preset {
        var fields = try PresetFields(value, path: path, name: nil)
        let version = try fields.integer("version")
        guard version == Self.version else {
            throw FileError(
                .invalid, path: path, version.map { "is a preset of version \($0); this program reads version \(Self.version)" }
                    ?? "is not a preset: it has no \"version\"")
        }
        var preset = Preset(name: try fields.text("name") ?? ImageLabels.stem(path))
        preset.model = try fields.text("model") ?? preset.model
        preset.method = try fields.text("method") ?? preset.method
        switch try fields.text("contrast") {
        case nil: break
        case "auto"?: preset.contrast = .nearest
        case let name?: preset.contrast = .named(name)
        }
        preset.score = try fields.choice("score") ?? preset.score
        if var layers = try fields.object("layers") {
            if let layer = try layers.integer("from") {
                preset.layers = .from(layer)
            } else if let count = try layers.integer("last") {
                preset.layers = .last(count)
            }
            try layers.finish()
        }
        preset.fusion = try fields.choice("fusion") ?? preset.fusion
        preset.weights = try fields.numbers("weights") ?? preset.weights
        preset.resize = try fields.choice("resize") ?? preset.resize
        preset.size = try fields.integer("size")
        preset.scales = try fields.numbers("scales") ?? preset.scales
        preset.flip = try fields.bool("flip") ?? preset.flip
        preset.tiles = try fields.choice("tiles")
        preset.share = try fields.bool("share") ?? preset.share
        preset.decoder = try fields.number("decoder") ?? preset.decoder
        preset.upsampling = try fields.choice("upsampling") ?? preset.upsampling
        preset.normalization = try fields.choice("normalization") ?? preset.normalization
        for var refiner in try fields.objects("refiners") ?? [] {
            preset.refiners.append(try decode(refiner: &refiner))
            try refiner.finish()
        }
        if var saliency = try fields.object("saliency") {
            let kinds = ["none", "files"] + SaliencySetting.ComputedSaliency.allCases.map(\.rawValue)
            switch try saliency.text("from", oneOf: kinds) ?? "none" {
            case "none": preset.saliency = .none
            case "files": preset.saliency = .files(threshold: try saliency.number("threshold") ?? 0)
            case let kind: preset.saliency = SaliencySetting.ComputedSaliency(rawValue: kind).map { .computed($0) } ?? .none
            }
            preset.saliencyLevel = try saliency.number("level")
            try saliency.finish()
        }
        if var completion = try fields.object("completion") {
            preset.completion = try decode(completion: &completion)
            try completion.finish()
        }
        if var reached = try fields.object("reached") {
            preset.reached = try decode(reached: &reached)
            try reached.finish()
        }
        try fields.finish()
        do throws(LabelError) {
            try preset.validate()
        } catch { throw FileError(.invalid, path: path, "\(error)") }
        return preset
    }

    private static func decode(reached fields: inout PresetFields) throws(FileError) -> PresetFigure {
        func share(_ key: String) throws(FileError) -> Double? {
            guard let value = try fields.number(key) else { return nil }
            guard (0...1).contains(value) else { throw fields.failure(key, "must be 0 to 1") }
            return value
        }
        let start = try share("start"), count = try fields.integer("count"), names = try fields.texts("pictures") ?? []
        guard let value = try share("meanIoU") else { throw fields.failure("meanIoU", "is missing") }
        return PresetFigure(
            meanIoU: value, start: start, yardstick: try fields.choice("yardstick") ?? .truth, count: max(count ?? names.count, 0), pictures: names)
    }

    private static func decode(refiner fields: inout PresetFields) throws(FileError) -> RefinerSetting {
        switch try fields.text("kind", oneOf: RefinerSetting.kinds) {
        case "pamr"?: return .pamr(iterations: try fields.integer("iterations") ?? 10, dilations: try dilations(&fields))
        case "par"?: return .par(iterations: try fields.integer("iterations") ?? 10, dilations: try dilations(&fields))
        case "patch-affinity"?:
            return .patchAffinity(
                layers: try affinityLayers(&fields),
                normalization: try fields.choice("normalization") ?? .none, steps: try fields.integer("steps") ?? 1)
        case "class-affinity"?:
            return .classAffinity(
                layers: try affinityLayers(&fields, usual: .last(8)), level: try fields.number("level") ?? 0.4,
                selects: try fields.bool("select") ?? false)
        case "affinity-walk"?:
            return .affinityWalk(layers: try affinityLayers(&fields, usual: .last(2)), radius: try fields.integer("radius") ?? 8)
        case "coupled-diffusion"?:
            return .coupledDiffusion(
                layers: try affinityLayers(&fields, usual: .fused), steps: try fields.integer("steps") ?? 2,
                share: try fields.number("share") ?? 0.5,
                isForward: try fields.text("direction", oneOf: ["forward", "backward"]) != "backward")
        case "image-prototypes"?: return .imagePrototypes
        case "geodesic"?:
            return .geodesic(
                level: try fields.number("level"), rate: try fields.number("rate") ?? 1, margin: try fields.integer("margin") ?? 5)
        case "dense-crf"?:
            var crf = DenseCRFSetting()
            crf.iterations = try fields.integer("iterations") ?? crf.iterations
            crf.smoothnessWidth = try fields.number("smoothnessWidth") ?? crf.smoothnessWidth
            crf.smoothnessWeight = try fields.number("smoothnessWeight") ?? crf.smoothnessWeight
            crf.appearanceWidth = try fields.number("appearanceWidth") ?? crf.appearanceWidth
            crf.appearanceColor = try fields.number("appearanceColor") ?? crf.appearanceColor
            crf.appearanceWeight = try fields.number("appearanceWeight") ?? crf.appearanceWeight
            crf.backgroundLevel = try fields.number("backgroundLevel") ?? crf.backgroundLevel
            crf.sharpness = try fields.number("sharpness") ?? crf.sharpness
            return .denseCRF(crf)
        default: throw fields.failure("kind", "is missing: " + RefinerSetting.kinds.joined(separator: ", "))
        }
    }

    private static func affinityLayers(
        _ fields: inout PresetFields, usual: RefinerSetting.AffinityLayers = .all
    ) throws(FileError) -> RefinerSetting.AffinityLayers {
        if let count = try fields.integer("last") { return .last(count) }
        switch try fields.text("layers", oneOf: ["all", "fused"]) {
        case "fused"?: return .fused
        case "all"?: return .all
        default: return usual
        }
    }

    private static func dilations(_ fields: inout PresetFields) throws(FileError) -> [Int] {
        var dilations: [Int] = []
        for number in try fields.numbers("dilations") ?? [1, 2, 4, 8, 12, 24] {
            guard let dilation = Int(exactly: number) else { throw fields.failure("dilations", "must be whole numbers") }
            dilations.append(dilation)
        }
        return dilations
    }

    private static func decode(completion fields: inout PresetFields) throws(FileError) -> LabelCompletion {
        var completion = LabelCompletion()
        completion.mode = try fields.choice("mode") ?? completion.mode
        completion.rule = try fields.choice("rule") ?? completion.rule
        let power = try fields.number("power"), band = try fields.numbers("band")
        let level = try fields.number("level", or: AutomaticLevel.self)
        guard [power != nil, level != nil, band != nil].filter({ $0 }).count <= 1 else {
            throw fields.failure("power", "excludes \"level\" and \"band\"; give one of them")
        }
        if let power { completion.background = .power(power) }
        switch level {
        case .number(let level)?: completion.background = .level(level)
        case .choice(let kind)?: completion.background = .automatic(kind)
        case nil: break
        }
        if let band {
            guard band.count == 2 else { throw fields.failure("band", "must be two levels") }
            completion.background = .band(low: band[0], high: band[1])
        }
        // Here null says something: no completion.
        let isOff = fields.isNull("cut")
        let cut = try fields.number("cut")
        completion.completionCut = isOff ? nil : cut ?? completion.completionCut
        completion.openingSize = try fields.integer("opening") ?? completion.openingSize
        return completion
    }

    /// The preset as an indented JSON text that ``read(path:)`` reads back to an equal one.
    public var json: String { value.text(indented: true) + "\n" }

    /// The same in one line.
    public var line: String { value.text(indented: false) }

    /// The preset as a JSON value.
    var value: JSONValue {
        var members: [String: JSONValue] = [
            "version": .integer(Self.version), "name": .string(name), "model": .string(model), "method": .string(method),
            "fusion": .string(fusion.rawValue), "resize": .string(resize.rawValue),
            "scales": .array(scales.map { .number($0) }), "flip": .bool(flip), "share": .bool(share), "decoder": .number(decoder),
            "upsampling": .string(upsampling.rawValue),
            "normalization": .string(normalization.rawValue), "refiners": .array(refiners.map(\.value)),
        ]
        switch layers {
        case .upperHalf: break
        case .from(let layer): members["layers"] = .object(["from": .integer(layer)])
        case .last(let count): members["layers"] = .object(["last": .integer(count)])
        }
        switch contrast {
        case nil: break
        case .nearest?: members["contrast"] = .string("auto")
        case .named(let name)?: members["contrast"] = .string(name)
        }
        if score != .logit { members["score"] = .string(score.rawValue) }
        if let reached {
            var figure: [String: JSONValue] = [
                "meanIoU": .number(reached.meanIoU), "yardstick": .string(reached.yardstick.rawValue), "count": .integer(reached.count),
                "pictures": .array(reached.pictures.map { .string($0) }),
            ]
            if let start = reached.start { figure["start"] = .number(start) }
            members["reached"] = .object(figure)
        }
        if let size { members["size"] = .integer(size) }
        if let tiles { members["tiles"] = .string(tiles.rawValue) }
        if !weights.isEmpty { members["weights"] = .array(weights.map { .number($0) }) }
        switch saliency {
        case .none: members["saliency"] = .object(["from": .string("none")])
        case .files(let threshold): members["saliency"] = .object(["from": .string("files"), "threshold": .number(threshold)])
        case .computed(let kind):
            var saliency: [String: JSONValue] = ["from": .string(kind.rawValue)]
            if let saliencyLevel { saliency["level"] = .number(saliencyLevel) }
            members["saliency"] = .object(saliency)
        }
        var cuts: [String: JSONValue] = [
            "mode": .string(completion.mode.rawValue), "rule": .string(completion.rule.rawValue), "opening": .integer(completion.openingSize),
            "cut": completion.completionCut.map { .number($0) } ?? .null,
        ]
        switch completion.background {
        case .power(let power): cuts["power"] = .number(power)
        case .level(let level): cuts["level"] = .number(level)
        case .automatic(let kind): cuts["level"] = .string(kind.rawValue)
        case .band(let low, let high): cuts["band"] = .array([.number(low), .number(high)])
        }
        members["completion"] = .object(cuts)
        return .object(members)
    }
}

extension RefinerSetting {
    fileprivate var value: JSONValue {
        switch self {
        case .pamr(let iterations, let dilations), .par(let iterations, let dilations):
            return .object([
                "kind": .string(kind), "iterations": .integer(iterations), "dilations": .array(dilations.map { .integer($0) }),
            ])
        case .patchAffinity(let layers, let normalization, let steps):
            return .object(layers.members.merging([
                "kind": .string(kind), "normalization": .string(normalization.rawValue), "steps": .integer(steps),
            ]) { $1 })
        case .classAffinity(let layers, let level, let selects):
            var members = layers.members.merging(["kind": .string(kind), "level": .number(level)]) { $1 }
            if selects { members["select"] = .bool(true) }
            return .object(members)
        case .affinityWalk(let layers, let radius):
            return .object(layers.members.merging(["kind": .string(kind), "radius": .integer(radius)]) { $1 })
        case .coupledDiffusion(let layers, let steps, let share, let isForward):
            return .object(layers.members.merging([
                "kind": .string(kind), "steps": .integer(steps), "share": .number(share),
                "direction": .string(isForward ? "forward" : "backward"),
            ]) { $1 })
        case .imagePrototypes: return .object(["kind": .string(kind)])
        case .geodesic(let level, let rate, let margin):
            var members: [String: JSONValue] = ["kind": .string(kind), "rate": .number(rate), "margin": .integer(margin)]
            if let level { members["level"] = .number(level) }
            return .object(members)
        case .denseCRF(let crf):
            return .object([
                "kind": .string(kind), "iterations": .integer(crf.iterations),
                "smoothnessWidth": .number(crf.smoothnessWidth), "smoothnessWeight": .number(crf.smoothnessWeight),
                "appearanceWidth": .number(crf.appearanceWidth), "appearanceColor": .number(crf.appearanceColor),
                "appearanceWeight": .number(crf.appearanceWeight),
                "backgroundLevel": .number(crf.backgroundLevel), "sharpness": .number(crf.sharpness),
            ])
        }
    }
}

extension RefinerSetting {
    /// The values of `"kind"`, those on patches first.
    fileprivate static let kinds = [
        "patch-affinity", "class-affinity", "affinity-walk", "coupled-diffusion", "image-prototypes", "pamr", "par", "geodesic", "dense-crf",
    ]
}

extension RefinerSetting.AffinityLayers {
    fileprivate var members: [String: JSONValue] {
        switch self {
        case .all: ["layers": .string("all")]
        case .fused: ["layers": .string("fused")]
        case .last(let count): ["last": .integer(count)]
        }
    }
}
