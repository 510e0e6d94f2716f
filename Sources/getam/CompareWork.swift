import Foundation
import GETAM
import Synchronization

/// `getam compare`'s way from a picture to the figures of its maps.
final class CompareWork: PictureWork {
    private let subjects: ComparedSubjects
    /// One a method, in the order of the table.
    private let requests: [MapRequest]
    private let metrics: [any QualityMetric]
    private let settings: QualitySettings
    private let input: InputOptions
    private let rows: ComparisonRows
    private let counts = Mutex(Counts())
    /// How much is done of the pictures that are being made, 0…1, by name.
    private let parts = Mutex<[String: Double]>([:])

    /// What one job computes with.
    struct Engine: Sendable {
        let model: VisionTransformer
        /// The model at each step of a cascade of random parameters; empty where no metric asks for it.
        let randomized: [VisionTransformer]
    }

    /// What is counted beside the pictures.
    private struct Counts {
        /// Without any class of the model.
        var withoutClass = 0
        /// Maps without a figure, by the reason.
        var withoutFigure: [String: Int] = [:]
    }

    init(
        subjects: ComparedSubjects, requests: [MapRequest], metrics: [any QualityMetric], settings: QualitySettings, input: InputOptions,
        rows: ComparisonRows
    ) {
        self.subjects = subjects
        self.requests = requests
        self.metrics = metrics
        self.settings = settings
        self.input = input
        self.rows = rows
    }

    func removeLeftovers(of names: [String]) {}
    func leftOut(_ name: String, path: String) {}
    func check(_ name: String) throws {}
    func failed(_ name: String, path: String?, _ error: any Error) {}

    var underway: Double { parts.withLock { $0.values.reduce(0, +) } }

    func standing(_ name: String, path: String) throws -> Standing {
        rows.isWhole(name, methods: requests.map(\.quantity.identifier), classes: try subjects.names(of: name)) ? .same : .nothing
    }

    func make(_ name: String, path: String, with engine: Engine) throws {
        defer { parts.withLock { _ = $0.removeValue(forKey: name) } }
        let image = try InputOptions.picture(path), configuration = engine.model.configuration
        let known = try subjects.subjects(of: name, size: (image.width, image.height))
        if known?.isEmpty == true { return counts.withLock { $0.withoutClass += 1 } }
        let pixels = try input.tensor(image, for: configuration)
        let picture = try PerturbedPicture(pixels, model: engine.model, isCancelled: { Interruption.hasCome })
        let trace = try engine.model.forward(pixels)
        let wanted = known ?? trace.mostProbable.map { [.init(logit: $0, name: configuration.distinctClassNames[$0], region: nil)] } ?? []
        var found: [ComparisonRow] = []
        for (place, request) in requests.enumerated() {
            // Half of a method's part goes to its maps, half to their figures.
            func tell(_ share: Double) { parts.withLock { $0[name] = (Double(place) + share) / Double(requests.count) } }
            let maps = try maps(request, of: wanted.map(\.logit), trace, pixels, engine.model) { tell(Double($0) / Double(max($1, 1)) / 2) }
            for (number, (subject, map)) in zip(wanted, maps).enumerated() {
                tell(0.5 + Double(number) / Double(2 * wanted.count))
                let values = try values(of: map, subject, request, picture, pixels, engine)
                found.append(.init(picture: name, className: subject.name, method: request.quantity.identifier, values: values))
            }
        }
        try rows.add(found, of: name)
    }

    /// A method's map of each class; of a method without classes the same one for all.
    private func maps(
        _ request: MapRequest, of classes: [Int], _ trace: Trace, _ pixels: Tensor, _ model: VisionTransformer,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> [PatchMap] {
        let trace = request.quantity.readsCompleteTrace
            ? try model.forward(pixels, options: request.forwardOptions(of: model.configuration)) : trace
        var timings = Timings()
        let cells = try request.naming(classes).values(of: trace, with: model, showsProgress: false, timings: &timings, progress: progress).cells
        let maps = cells.compactMap { row -> PatchMap? in
            if case .map(let map)? = row.first?.value { map } else { nil }
        }
        return maps.count == classes.count ? maps : classes.compactMap { _ in maps.first }
    }

    private func values(
        of map: PatchMap, _ subject: ComparedSubjects.Subject, _ request: MapRequest, _ picture: PerturbedPicture, _ pixels: Tensor, _ engine: Engine
    ) throws -> [Double?] {
        @Sendable func remake(_ pixels: Tensor, by model: VisionTransformer) throws -> PatchMap {
            let trace = try model.forward(pixels, options: request.forwardOptions(of: model.configuration))
            guard let map = try maps(request, of: [subject.logit], trace, pixels, model).first else { throw QualityError.map("there is no map") }
            return map
        }
        let sanity = engine.randomized.isEmpty ? nil : SanityCheck(models: engine.randomized) { try remake(pixels, by: $0) }
        let judged = QualitySubject(
            map: map, class: subject.logit, picture: picture, truth: subject.region, sanity: sanity, remake: { try remake($0, by: engine.model) },
            settings: settings)
        return try metrics.map { metric in
            do {
                return try metric.value(of: judged)
            } catch let error as QualityError {
                guard case .noFigure(let reason) = error else {
                    throw CommandFailure(.badData, "\(request.quantity.identifier), \(subject.name): \(error)")
                }
                counts.withLock { $0.withoutFigure["\(metric.identifier): \(reason)", default: 0] += 1 }
                return nil
            }
        }
    }

    /// Lines for the summary.
    var remarks: [String] {
        counts.withLock { counts in
            var lines = counts.withoutFigure.sorted { $0.key < $1.key }.map { reason, count in
                "\(count) \(count == 1 ? "map" : "maps") without a figure of \(reason)"
            }
            if counts.withoutClass > 0 {
                let count = counts.withoutClass
                lines.append("\(count) \(count == 1 ? "picture" : "pictures") without a class of the model left out")
            }
            return lines
        }
    }
}
