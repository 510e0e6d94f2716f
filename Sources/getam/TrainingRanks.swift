import Foundation
import Training

/// The processes that a run of `getam train` was started as: what one of them finds is said once, and all end together.
final class TrainingRanks {
    let ranks: any Ranks
    var isFirst: Bool { ranks.rank == 0 }
    /// Whether all have begun: from then on a failure is one rank's alone, unless they say that it is not.
    private var isUnderWay = false

    private init(_ ranks: any Ranks) { self.ranks = ranks }

    // MARK: Beginning

    /// Joins those that were started together; nil for a process by itself.
    ///
    /// - Throws: a failure where this program cannot, or was started without what connects them.
    static func joined(_ variables: [String: String]) throws -> TrainingRanks? {
        guard let start = Start(variables) else { return nil }
        #if MPI
        guard start.isConnected(variables) else {
            throw start.refused(
                "\(start.tool) started \(start.count) processes without what connects them: use srun --mpi=pmix, or mpirun")
        }
        let ranks = try MPIRanks()
        guard ranks.count > 1 else {
            throw start.refused(
                "\(start.tool) started \(start.count) processes that do not find each other: "
                    + "use the mpirun of the Open MPI that getam was built with")
        }
        return TrainingRanks(ranks)
        #else
        throw start.refused(
            "\(start.tool) started \(start.count) processes, and this getam trains in one: "
                + "build it with --traits MPI (see getam-train(1)), or start one")
        #endif
    }

    /// What started several processes.
    private struct Start {
        let tool: String
        let rank: Int
        let count: Int

        /// - Returns: nil where one was started.
        init?(_ variables: [String: String]) {
            for (tool, rank, count) in [
                ("mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
            ] {
                guard let count = variables[count].flatMap({ Int($0) }), count > 1, let rank = variables[rank].flatMap({ Int($0) }) else {
                    continue
                }
                (self.tool, self.rank, self.count) = (tool, rank, count)
                return
            }
            return nil
        }

        #if MPI
        /// Whether MPI finds the others.
        func isConnected(_ variables: [String: String]) -> Bool {
            ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"].contains { variables[$0] != nil }
        }
        #endif

        /// The failure that all find, for the first of them to say; the others end.
        func refused(_ reason: String) -> CommandFailure {
            let failure = CommandFailure(.usage, reason)
            if rank > 0 { Foundation.exit(failure.status.rawValue) }
            return failure
        }
    }

    // MARK: Ending

    /// Runs this rank's part.
    ///
    /// - Throws: what this rank is to say. Where another says it, or this one ends the others, the process ends here.
    func run(_ body: () throws -> Void) throws {
        do { try body() } catch { try end(by: error) }
        if !isFirst { Notes.discard() }
        ranks.leave()
    }

    /// Waits until all are ready; ends the process where one is not.
    func begin() {
        if let status = statuses(0).first(where: { $0 != 0 }) { leave(status) }
        isUnderWay = true
    }

    /// The signal that any rank got.
    func agreed(on signal: Int32?) -> Int32? {
        let signals = ranks.gather([Double(signal ?? 0)]).map { Int32($0[0]) }
        return signals.first { $0 != 0 }
    }

    /// Leaves the others, each of which does so.
    func leave(_ status: Int32) -> Never {
        Notes.discard()
        ranks.leave()
        Foundation.exit(status)
    }

    private func end(by error: any Error) throws {
        let common = (error as? RanksFailure)?.reason, error = common ?? error
        let status = ExitStatus(error)?.rawValue ?? EXIT_FAILURE
        if isUnderWay, common == nil {
            Report.line("rank \(ranks.rank): \(error)")
            Notes.discard()
            ranks.end(status: status)
            Foundation.exit(status)
        }
        // Before the beginning all wait for all, whether they failed or not.
        let speaker = isUnderWay ? 0 : statuses(status).firstIndex { $0 != 0 }
        guard speaker == ranks.rank else { leave(status) }
        ranks.leave()
        throw error
    }

    private func statuses(_ own: Int32) -> [Int32] { ranks.gather([Double(own)]).map { Int32($0[0]) } }
}
