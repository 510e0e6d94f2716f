import ArgumentParser
import GETAM

/// How a command goes through a data set, picture by picture.
struct BatchOptions: ParsableArguments {
    @OptionGroup var parallel: JobOptions
    @Flag(help: "Leave out pictures whose outputs are there, whole, and made the same way.")
    var resume = false

    /// One engine a job; see ``JobOptions/engines(for:threads:_:need:)``.
    func engines<Engine>(
        for pictures: Int, threads: Int, _ make: (Compute) throws -> Engine, need: (Engine) throws -> MemoryPlan.Need
    ) throws -> (engines: [Engine], plan: MemoryPlan) {
        try parallel.engines(for: pictures, threads: threads, make, need: need)
    }
}

/// How many pictures a command works on at a time.
struct JobOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Pictures at a time. (default: the processors this process may use)", valueName: "n"))
    var jobs: Int?

    func validate() throws {
        if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs must be from 1 to 1024.") }
    }

    /// One engine a job: as many as are asked for, no more than there are pictures, and no more than memory allows.
    ///
    /// - Parameters:
    ///   - make: an engine.
    ///   - need: what a job with such an engine takes; asked for once.
    func engines<Engine>(
        for pictures: Int, threads: Int, _ make: (Compute) throws -> Engine, need: (Engine) throws -> MemoryPlan.Need
    ) throws -> (engines: [Engine], plan: MemoryPlan) {
        let product = ModelOptions.matrixProduct()
        func engine() throws -> Engine {
            try make(Compute(product: product, pool: ThreadPool(threads: threads), features: Environment.features))
        }
        let first = try engine()
        let wanted = min(jobs ?? Environment.usableProcessors(), max(pictures, 1))
        let plan = MemoryPlan(jobs: wanted, try need(first), atHand: MachineMemory.atHand())
        return ([first] + (try (1..<max(plan.jobs, 1)).map { _ in try engine() }), plan)
    }

    /// Sizes of some of the pictures, evenly spread: few enough to be read at once, many enough to plan by.
    static func sizes(of pictures: [PictureList.Picture]) -> [(name: String, width: Int, height: Int)] {
        let most = 256, step = max(1, pictures.count / most)
        return stride(from: 0, to: pictures.count, by: step).compactMap { index in
            guard let path = try? pictures[index].path(), let size = try? ImageFile.size(path: path),
                ImageLimits.default.allow(width: size.width, height: size.height)
            else { return nil }
            return (pictures[index].name, size.width, size.height)
        }
    }
}
