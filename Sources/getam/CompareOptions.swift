import ArgumentParser
import GETAM

/// What `getam compare` compares, and by which figures.
struct ComparisonOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Map methods, with commas between, or all. (default: all)", valueName: "name,name"),
        completion: .methodLists)
    var methods = "all"
    @Option(
        help: ArgumentHelp(
            "Figures, with commas between, or all that there is truth for. (default: insertion,deletion; with --truth also energy,pointing-game,iou-best)",
            valueName: "name,name"),
        completion: .metricLists)
    var metrics: String?
    @Option(
        help: ArgumentHelp("Layers to fuse, first and last, counted from 0. (default: each method's own)", valueName: "A-B"),
        completion: .layers)
    var layers: LayerSpan?
    @Option(help: ArgumentHelp("Equal steps of the ranked patches in insertion and deletion.", valueName: "n"))
    var steps = 28
    @Option(help: ArgumentHelp("Share of a map's range above which it counts as the object, for the metric iou.", valueName: "x"))
    var level: Fraction = 0.5
    @Option(help: ArgumentHelp("Seed of noise, random parameters and the bootstrap.", valueName: "n"))
    var seed: UInt64 = 0

    var settings: QualitySettings { QualitySettings(steps: steps, seed: seed, level: level.value) }

    func validate() throws {
        if !(1...100_000).contains(steps) { throw ValidationError("--steps must be from 1 to 100000.") }
        _ = try namedMethods()
        _ = try namedMetrics()
    }

    /// The methods named; nil for all that the model can be asked for.
    func namedMethods() throws -> [any MapMethod]? {
        try Self.names(methods, "--methods", known: MapMethods.all.map(\.identifier))?.compactMap(MapMethods.named)
    }

    /// The metrics named; nil for all that can be computed.
    func namedMetrics() throws -> [any QualityMetric]? {
        guard let metrics else { return [] }
        return try Self.names(metrics, "--metrics", known: QualityMetrics.all.map(\.identifier))?.compactMap(QualityMetrics.named)
    }

    /// Names between commas, each once; nil for `all`.
    private static func names(_ text: String, _ option: String, known: [String]) throws -> [String]? {
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.drop { $0 == " " } }.map(String.init)
        if names == ["all"] { return nil }
        for name in names where !known.contains(name) {
            if name == "all" { throw ValidationError("\(option) \(text): all stands alone.") }
            if name.isEmpty { throw ValidationError("\(option) \(text): a name between the commas is empty.") }
            throw ValidationError(
                "\(option) \(name): known are \(known.joined(separator: ", ")), all\(NearestNames.question(name, among: known + ["all"]))")
        }
        return names.enumerated().filter { !names[..<$0.offset].contains($0.element) }.map(\.element)
    }

    /// The methods for a model.
    ///
    /// - Throws: a failure where one that is named can make no map of it.
    func methods(for configuration: ModelConfiguration) throws -> [any MapMethod] {
        guard let named = try namedMethods() else {
            return MapMethods.all.filter { ($0.needsClass ? configuration.head != .none : true) && $0.obstacle(for: configuration) == nil }
        }
        for method in named { try method.check(with: configuration) }
        return named
    }

    /// The metrics for a model.
    ///
    /// - Throws: a failure where one that is named needs a truth that is not there, or cannot be asked of the model.
    func metrics(for configuration: ModelConfiguration, hasTruth: Bool) throws -> [any QualityMetric] {
        func isUsable(_ metric: any QualityMetric) -> Bool { (hasTruth || !metric.needsTruth) && metric.obstacle(for: configuration) == nil }
        guard let named = try namedMetrics() else { return QualityMetrics.all.filter(isUsable) }
        guard !named.isEmpty else {
            let usual: [any QualityMetric] = [PatchGameMetric(.insertion, .dropped), PatchGameMetric(.deletion, .dropped)]
            // A model that cannot do without a patch sees the mean in its place.
            let games = usual.allSatisfy(isUsable) ? usual : [PatchGameMetric(.insertion, .mean), PatchGameMetric(.deletion, .mean)]
            return games + (hasTruth ? [EnergyInside(), PointingGame(), BestOverlap()] : [])
        }
        for metric in named {
            if metric.needsTruth, !hasTruth {
                throw CommandFailure(.usage, "--metrics \(metric.identifier): compares maps with true label maps; name their folder with --truth")
            }
            if let obstacle = metric.obstacle(for: configuration) { throw CommandFailure(.usage, "--metrics \(metric.identifier): \(obstacle)") }
        }
        return named
    }
}

/// What `getam compare` writes.
struct ComparisonOutputOptions: ParsableArguments {
    @Option(
        name: .shortAndLong, help: ArgumentHelp("File for the table; - is standard output. (default: standard output)", valueName: "file"),
        completion: .endings(["txt", "csv", "json", "md"]))
    var output: String?
    @Option(
        help: ArgumentHelp("table, csv, json or markdown. (default: as the name of -o ends, .csv, .json or .md, else table)", valueName: "format"))
    var format: ComparisonText.Form?
    @Option(
        help: ArgumentHelp(
            "Write the figures of every picture, class and method as comma-separated values, as soon as they are there; - writes them to standard output, in place of the table.",
            valueName: "file"),
        completion: .endings(["csv"]))
    var perPicture: String?
    @Option(
        help: ArgumentHelp("A file that --per-picture of another part of the pictures wrote: what is in it is not computed again; repeatable.", valueName: "file"),
        completion: .endings(["csv"]))
    var merge: [String] = []

    /// How the table is written.
    var form: ComparisonText.Form { format ?? output.flatMap { ComparisonText.Form(nameOf: $0) } ?? .table }

    func validate() throws {
        if output == "" { throw ValidationError("-o needs a file.") }
        if perPicture == "" { throw ValidationError("--per-picture needs a file, or - for standard output.") }
        if perPicture == "-", output == nil || output == "-", format != nil || output != nil {
            throw ValidationError("--per-picture - takes standard output for itself: leave --format out, or name a file with -o.")
        }
    }
}

extension ComparisonText.Form: ExpressibleByArgument {}
