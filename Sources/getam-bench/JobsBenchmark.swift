import ArgumentParser
import Assets
import Foundation
import GETAM
import Synchronization

/// The two ways to share processors in a data set: a picture each, or all for one picture after another.
struct JobsBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "Label pictures with a job a processor, and with one job of as many threads, in turn.")

    @Option(help: "Folder of pictures. (default: the bundled ones)") var images: String?
    @OptionGroup var checkpoint: TimedModel
    @Option(help: "Built-in preset.") var preset = "getam"
    @Option(help: "Processors.") var processors = ProcessInfo.processInfo.activeProcessorCount
    @Option(help: "Times each way is run.") var rounds = 3

    func run() throws {
        guard let folder = images ?? Assets.pictures else { throw ValidationError("No bundled pictures; name a folder with --images.") }
        guard let preset = Preset.named(preset) else { throw ValidationError("No built-in preset of this name.") }
        let parameters = try ModelLoader.load(path: checkpoint.path).parameters
        let pictures = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            .filter { [".jpg", ".png"].contains(where: $0.hasSuffix) }.map { "\(folder)/\($0)" }
        let processors = max(processors, 1)
        var rates: [[Double]] = [[], []]
        for _ in 0..<max(rounds, 1) {
            rates[0].append(try rate(pictures, parameters, preset, jobs: processors, threads: 1))
            rates[1].append(try rate(pictures, parameters, preset, jobs: 1, threads: processors))
        }
        let (apart, together) = (rates[0].sorted()[rates[0].count / 2], rates[1].sorted()[rates[1].count / 2])
        try Output.line(String(
            format: "labels, preset %@, %d pictures: %d jobs of 1 thread %.1f a minute, 1 job of %d threads %.1f (ratio %.2f)",
            preset.name, pictures.count, processors, apart, processors, together, apart / together))
    }

    /// Labels a minute: each picture with the model's likeliest class.
    private func rate(_ pictures: [String], _ parameters: ParameterSet, _ preset: Preset, jobs: Int, threads: Int) throws -> Double {
        let product = MatrixProduct.usual
        let pipelines = try (0..<jobs).map { _ in
            try LabelPipeline(
                model: VisionTransformer(parameters, compute: Compute(product: product, pool: ThreadPool(threads: threads))),
                preset: preset)
        }
        let next = Atomic<Int>(0)
        let failure = Mutex<(any Error)?>(nil)
        let start = ContinuousClock.now
        DispatchQueue.concurrentPerform(iterations: jobs) { job in
            do {
                while let path = pictures.dropFirst(next.wrappingAdd(1, ordering: .relaxed).oldValue).first {
                    let picture = try ImageFile.read(path: path)
                    guard let view = try pipelines[job].views(width: picture.width, height: picture.height).first else { return }
                    let trace = try pipelines[job].trace(picture, view)
                    guard let likeliest = trace.mostProbable else { return }
                    _ = try pipelines[job].labels(picture, classes: [likeliest], labels: [1], trace: trace)
                }
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
        return Double(pictures.count) / ((ContinuousClock.now - start) / .seconds(60))
    }
}
