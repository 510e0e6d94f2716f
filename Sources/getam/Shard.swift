import ArgumentParser

/// `--shard`: which part of a list this process takes: every `count`-th picture, from the one at `index`.
struct Shard: Sendable, Equatable {
    let index: Int
    let count: Int

    func takes(_ position: Int) -> Bool { position % count == index }
}

/// What `--shard` may say.
enum ShardChoice: ExpressibleByArgument {
    case fixed(Shard)
    /// Found in the environment; the count where that does not tell.
    case automatic(count: Int?)

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
        let count = parts.count == 2 ? Int(parts[1]) : nil
        if let count, !(1...1_000_000).contains(count) { return nil }
        if parts.first == "auto", parts.count == 1 || (parts.count == 2 && count != nil) {
            self = .automatic(count: count)
        } else if parts.count == 2, let count, let index = Int(parts[0]), (0..<count).contains(index) {
            self = .fixed(Shard(index: index, count: count))
        } else {
            return nil
        }
    }
}

/// A shard that the engine of a cluster tells its processes by their environment.
///
/// Processes of one start (Open MPI's ranks, else a Slurm step's tasks) number within those of many starts (a Slurm array's
/// tasks, else a Kubernetes job's indices), where there are both.
struct ClusterShard {
    let shard: Shard
    /// The engine's words for it.
    let source: String

    /// - Parameters:
    ///   - variables: the environment.
    ///   - count: the number of shards, where the engine does not tell it.
    /// - Throws: a failure where nothing is found, or what is found makes no sense.
    init(_ variables: [String: String], count: Int?) throws {
        func number(_ name: String) throws -> Int? {
            guard let text = variables[name], !text.isEmpty else { return nil }
            guard let value = Int(text), (0...1_000_000_000).contains(value) else {
                throw CommandFailure(.usage, "--shard auto: \(name) is “\(text)”, a number was expected; write --shard i/n")
            }
            return value
        }
        func checked(_ index: Int, of count: Int, _ source: String) throws -> (Int, Int, String) {
            guard count >= 1, count <= 1_000_000, (0..<count).contains(index) else {
                throw CommandFailure(.usage, "--shard auto: \(source) has number \(index) of \(count); write --shard i/n")
            }
            return (index, count, source)
        }
        var parts: [(index: Int, count: Int, source: String)] = []
        if let index = try number("SLURM_ARRAY_TASK_ID") {
            let first = try number("SLURM_ARRAY_TASK_MIN") ?? 0, step = max(1, try number("SLURM_ARRAY_TASK_STEP") ?? 1)
            let last = try number("SLURM_ARRAY_TASK_MAX")
            guard let size = try number("SLURM_ARRAY_TASK_COUNT") ?? last.map({ ($0 - first) / step + 1 }) ?? count else {
                throw CommandFailure(.usage, "--shard auto: SLURM_ARRAY_TASK_COUNT is not set; write --shard auto/n or i/n")
            }
            guard (index - first) % step == 0 else {
                throw CommandFailure(.usage, "--shard auto: the Slurm array's numbers are not evenly spaced; write --shard i/n")
            }
            parts.append(try checked((index - first) / step, of: size, "the Slurm array"))
        } else if let index = try number("JOB_COMPLETION_INDEX") {
            guard let count else {
                throw CommandFailure(
                    .usage, "--shard auto: Kubernetes tells the index of this pod (\(index)), not how many there are; "
                        + "write --shard auto/n with the job's completions")
            }
            parts.append(try checked(index, of: count, "the indexed Kubernetes job"))
        }
        // In a batch script outside a step Slurm sets a task number too, 0 for all.
        let isStep = variables["SLURM_JOB_ID"] == nil || variables["SLURM_STEP_ID"] != nil || variables["SLURM_STEP_NUM_TASKS"] != nil
        if let index = try number("OMPI_COMM_WORLD_RANK"), let size = try number("OMPI_COMM_WORLD_SIZE") {
            parts.append(try checked(index, of: size, "Open MPI"))
        } else if isStep, let index = try number("SLURM_PROCID"),
            let size = try number("SLURM_STEP_NUM_TASKS") ?? number("SLURM_NTASKS") {
            parts.append(try checked(index, of: size, "the Slurm step"))
        }
        guard !parts.isEmpty else {
            throw CommandFailure(
                .usage, "--shard auto: no Slurm step or array, no Open MPI and no indexed Kubernetes job in the environment; write --shard i/n")
        }
        let total = parts.reduce(1) { $0.multipliedReportingOverflow(by: $1.count).partialValue }
        let index = parts.reduce(0) { $0 &* $1.count &+ $1.index }
        guard total >= 1, total <= 1_000_000, count == nil || count == total else {
            throw CommandFailure(
                .usage, "--shard auto: \(parts.map(\.source).joined(separator: " and ")) makes \(total) shards"
                    + (count.map { ", --shard says \($0)" } ?? "; write --shard i/n"))
        }
        shard = Shard(index: index, count: total)
        source = parts.map(\.source).joined(separator: ", ")
    }
}
