import ArgumentParser
import Assets
import Foundation
import GETAM

/// Insertion and deletion on the bundled pictures: time, passes, and the share of the processor's peak that their products reach.
struct QualityBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quality", abstract: "Time insertion and deletion on the bundled pictures, against the bound of their passes.",
        discussion: """
            The bound is the time that the matrix products of the same passes would take at the peak of all threads, measured beside \
            every picture. Whole passes are what as many forward passes over the picture would take.
            """)

    @OptionGroup var timed: TimedPasses
    @Option(help: "Steps of the ranked patches.")
    var steps = 28
    @Option(help: "Bundled pictures to take the median of.")
    var pictures = 3

    func validate() throws {
        if steps < 2 || pictures < 1 { throw ValidationError("--steps must be 2 or more, --pictures 1 or more.") }
    }

    func run() throws {
        guard let folder = Assets.pictures else { throw CachedExplorer.missing }
        let path = try timed.checkpoint.path, threads = timed.threads
        let parameters = try ModelLoader.load(path: path).parameters, product = MatrixProduct.usual
        let pool = ThreadPool(threads: threads), meter = ProductMeter()
        let plain = VisionTransformer(parameters, compute: Compute(product: product, pool: pool))
        let metered = VisionTransformer(parameters, compute: Compute(product: product.metered(by: meter), pool: pool))
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".jpg") }.sorted().prefix(pictures)
        let name = parameters.configuration.architecture ?? path
        try Output.line("\(name), \(threads) thread\(threads == 1 ? "" : "s"), \(steps) steps, insertion and deletion of one map, \(files.count) pictures")
        try Output.line("                     s a picture  s of CPU   passes    GFLOP  of bound  of whole passes")
        for baseline in Baseline.allCases {
            var times: [Double] = [], processor: [Double] = [], operations: [Double] = [], bounds: [Double] = [], wholes: [Double] = [], passes = 0
            for file in files {
                let picture = try ImageFile.read(path: "\(folder)/\(file)")
                let size = try ResizeMode.fit.inputSize(width: picture.width, height: picture.height, for: plain.configuration, side: timed.size)
                let pixels = picture.modelInput(size, plain.configuration.preprocessing)
                let trace = try plain.forward(pixels), index = trace.mostProbable ?? 0
                guard let map = PatchMap.sum(try plain.layerMaps(
                    of: trace, classes: [index], method: GETAM(), layers: plain.configuration.defaultStartLayer...trace.depth - 1)[0])
                else { continue }
                let begin = ContinuousClock.now
                _ = try plain.forward(pixels)
                wholes.append((ContinuousClock.now - begin) / .seconds(1))
                let peak = plain.compute.measuredPeakOfAllThreads(over: .milliseconds(200))
                let used = Self.processorTime
                times.append(try games(map, index, baseline, PerturbedPicture(pixels, model: plain)).time)
                processor.append(Self.processorTime - used)
                meter.reset()
                passes = try games(map, index, baseline, PerturbedPicture(pixels, model: metered)).passes
                operations.append(meter.total.operations)
                bounds.append(meter.total.operations / peak)
            }
            func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
            let time = median(times)
            try Output.line(String(
                format: "%@ %12.3f %9.3f %8d %8.0f %8.1f %% %14.1f %%", baseline.rawValue.padding(toLength: 18, withPad: " ", startingAt: 0), time,
                median(processor), passes, median(operations) / 1e9, median(bounds) / time * 100, time / (median(wholes) * Double(passes)) * 100))
        }
    }

    /// Seconds of the processor that this process has used.
    private static var processorTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Both games of one map.
    private func games(
        _ map: PatchMap, _ index: Int, _ baseline: Baseline, _ picture: PerturbedPicture
    ) throws -> (time: Double, passes: Int) {
        let begin = ContinuousClock.now, ranking = try PatchRanking(map)
        var shares: Set<PatchSet> = []
        for game in PatchGame.allCases {
            let curve = try game.curve(ranking, class: index, of: picture, baseline: baseline, steps: steps)
            for share in curve.shares {
                let count = Int((share * Double(picture.patches)).rounded())
                shares.insert(game == .insertion ? ranking.first(count) : ranking.rest(count))
            }
        }
        return ((ContinuousClock.now - begin) / .seconds(1), shares.count)
    }
}
