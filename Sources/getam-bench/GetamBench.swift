import ArgumentParser

/// `getam-bench`: times of getam's stages on this machine. Medians; compare them within one run only.
@main
struct GetamBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "getam-bench", abstract: "Time getam's stages on this machine.",
        subcommands: [
            PassBenchmark.self, MethodBenchmark.self, LoadBenchmark.self, RefinementBenchmark.self, LabelBenchmark.self, JobsBenchmark.self,
            LabelStepBenchmark.self, TrainBenchmark.self, QualityBenchmark.self, FrameBenchmark.self, HeadGridBenchmark.self, LineBenchmark.self,
            FrameChild.self, AllBenchmarks.self,
        ],
        defaultSubcommand: AllBenchmarks.self)
}

/// Everything, one after another.
struct AllBenchmarks: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "all", abstract: "Passes, refiners, labels, training, frames (default).")

    func run() throws {
        let passes = try PassBenchmark.parse([])
        try passes.run()
        let refiners = try RefinementBenchmark.parse([])
        try refiners.run()
        let labels = try LabelStepBenchmark.parse([])
        try labels.run()
        let jobs = try JobsBenchmark.parse([])
        try jobs.run()
        let training = try TrainBenchmark.parse([])
        try training.run()
        let frames = try FrameBenchmark.parse([])
        try frames.run()
    }
}
