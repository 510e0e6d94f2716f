import ArgumentParser
import Foundation
import GETAM

/// `getam classify`: logits and probabilities.
struct ClassifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify", abstract: "Print pictures' classes, the most probable first.")

    @OptionGroup(title: "Pictures") var pictures: PictureOptions
    @OptionGroup(title: "Jobs") var batch: JobOptions
    @Option(help: ArgumentHelp("How many classes to print; 0 prints all.", valueName: "k"))
    var top = 5
    @Flag(help: "Print JSON: an object a picture, in the order of the pictures.")
    var json = false
    @Option(help: ArgumentHelp("How logits become probabilities; where nothing is said, as the model's config says.", valueName: "kind"))
    var activation: ModelConfiguration.Probability?
    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Intervention") var region: RegionOptions
    @OptionGroup(title: "Intervention") var ablation: AblationOptions
    @OptionGroup(title: "Timing") var timing: TimingOptions

    func validate() throws {
        if !pictures.isGiven { throw ValidationError(PictureOptions.missing) }
        if top < 0 { throw ValidationError("--top must not be negative.") }
    }

    func run() throws {
        let chosen = try pictures.chosen()
        guard let only = pictures.single(of: chosen) else { return try classify(chosen) }
        var timings = Timings()
        let begin = Timings.now()
        let (_, model) = try timings.measure(.load) { try self.model.load() }
        guard model.configuration.head != .none else { throw ModelError.noHead }
        let heads = try ablation.checked(model.configuration)
        let path = try only.path()
        let picture = try timings.measure(.decode) { try InputOptions.picture(path) }
        let pixels = try timings.measure(.decode) { try input.tensor(picture, for: model.configuration) }
        var logits: [Float] = []
        let output = OrderedOutput([only.name]), work = work(output, hasHeader: false, heads)
        for _ in 0..<timing.repeats { logits = try timings.measure(.forward) { try work.logits(of: pixels, with: model) } }
        timings.add(.total, Timings.now() - begin)
        // The same for the same picture, whenever and wherever it is.
        var report = PictureReport(only.name, path: nil)
        (report.width, report.height) = (picture.width, picture.height)
        work.tell(logits, report, model.configuration)
        try output.finish()
        if timing.timings { timings.print() }
    }

    /// Several pictures, as many at a time as there are jobs.
    private func classify(_ chosen: PictureList) throws {
        if timing.timings || timing.repeats != 1 { throw CommandFailure(.usage, "--timings and --repeat go with one picture, named by itself") }
        try chosen.checkNames()
        chosen.remarks.forEach(Report.line)
        let part = try pictures.ownPart(of: chosen.pictures.count).map { chosen.pictures[$0] }
        let threads = self.model.threads ?? 1
        let loaded = try self.model.checkpoint.load()
        guard loaded.configuration.head != .none else { throw ModelError.noHead }
        let heads = try ablation.checked(loaded.configuration)
        let (models, plan) = try batch.engines(for: part.count, threads: threads) {
            VisionTransformer(loaded.parameters, compute: $0)
        } need: { _ in try input.need(loaded.configuration) }
        let output = OrderedOutput(part.map(\.name))
        let summary = PictureBatch(part, work(output, hasHeader: true, heads), resumes: false).run(models, showsProgress: !StandardStream.output.isTerminal)
        try output.finish()
        try summary.report("classified", pictures: part.count, jobs: models.count, threads: threads, remarks: plan.remarks)
        try summary.check("classified", canResume: false)
    }

    private func work(_ output: OrderedOutput, hasHeader: Bool, _ heads: HeadAblations) -> ClassifyWork {
        ClassifyWork(
            input: input, region: region, heads: heads, activation: activation, top: top, isJSON: json, hasHeader: hasHeader,
            output: output)
    }
}

extension ModelConfiguration.Probability: ExpressibleByArgument {}
