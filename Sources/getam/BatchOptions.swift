import ArgumentParser
import GETAM

/// How a command goes through a data set, picture by picture.
struct BatchOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Pictures at a time. (default: the processors this process may use)", valueName: "n"))
    var jobs: Int?
    @Flag(help: "Leave out pictures whose outputs are there, whole, and made the same way.")
    var resume = false

    func validate() throws {
        if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs must be from 1 to 1024.") }
    }

    /// One engine a job: as many as are asked for, and no more than there are pictures.
    func engines<Engine>(for pictures: Int, threads: Int, _ make: (Compute) throws -> Engine) rethrows -> [Engine] {
        let product = ModelOptions.matrixProduct()
        let count = min(jobs ?? Environment.usableProcessors(), max(pictures, 1))
        return try (0..<count).map { _ in
            try make(Compute(product: product, pool: ThreadPool(threads: threads), features: Environment.features))
        }
    }
}
