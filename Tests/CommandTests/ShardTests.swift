import Foundation
import TestSupport
import Testing

/// `getam label --shard`.
@Suite struct ShardTests {
    private let batch: BatchFolder
    init() throws { batch = try BatchFolder() }

    @Test func theUnionOfTheShardsIsTheWholeRun() throws {
        #expect(try batch.run("whole").status == 0)
        var seen: [String] = []
        for index in 0..<4 {
            let outcome = try batch.run("parts", ["--shard", "\(index)/4"])
            #expect(outcome.status == 0)
            #expect(outcome.errorLines.first == "getam: shard \(index) of 4 (--shard): \(index < 2 ? 2 : 1) of 6 pictures", "\(outcome.error)")
            let entries = try batch.entries("parts")
            #expect(entries.count == seen.count + (index < 2 ? 2 : 1))
            seen = entries
        }
        #expect(try batch.contents("parts") == batch.contents("whole"))
        // More shards than pictures: some have nothing to do.
        let idle = try batch.run("idle", ["--shard", "7/8"])
        #expect(idle.status == 0 && idle.error.contains("0 of 6"), "\(idle.error)")
    }

    private static let automatic: [([String: String], String, String)] = [
        (["SLURM_PROCID": "2", "SLURM_NTASKS": "3"], "auto", "shard 2 of 3 (the Slurm step)"),
        // A step of fewer tasks than the job.
        (["SLURM_JOB_ID": "7", "SLURM_STEP_ID": "0", "SLURM_PROCID": "1", "SLURM_NTASKS": "8", "SLURM_STEP_NUM_TASKS": "2"], "auto", "shard 1 of 2 (the Slurm step)"),
        (["SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_MAX": "7", "SLURM_ARRAY_TASK_STEP": "2", "SLURM_ARRAY_TASK_COUNT": "4"], "auto", "shard 2 of 4 (the Slurm array)"),
        (["SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_MAX": "3"], "auto", "shard 3 of 4 (the Slurm array)"),
        // An array whose script asks for tasks but starts no step; then one that does.
        (["SLURM_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_COUNT": "2", "SLURM_PROCID": "0", "SLURM_NTASKS": "4"], "auto", "shard 1 of 2 (the Slurm array)"),
        (["SLURM_JOB_ID": "7", "SLURM_STEP_ID": "0", "SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_COUNT": "2", "SLURM_PROCID": "1", "SLURM_NTASKS": "2"], "auto", "shard 3 of 4 (the Slurm array, the Slurm step)"),
        // mpirun within a Slurm job.
        (["OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "5", "SLURM_PROCID": "0", "SLURM_NTASKS": "5"], "auto", "shard 1 of 5 (Open MPI)"),
        (["JOB_COMPLETION_INDEX": "4"], "auto/6", "shard 4 of 6 (the indexed Kubernetes job)"),
    ]

    @Test(arguments: automatic.indices)
    func clustersTellTheShard(_ index: Int) throws {
        let (variables, option, line) = Self.automatic[index]
        let outcome = try batch.run("out", ["--shard", option], environment: variables)
        #expect(outcome.status == 0)
        #expect(outcome.errorLines.first?.hasPrefix("getam: \(line): ") == true, "\(outcome.error)")
    }

    @Test func whatIsNoShardIsRefused() throws {
        for (variables, option) in [
            ([:], "auto"), (["JOB_COMPLETION_INDEX": "4"], "auto"), (["JOB_COMPLETION_INDEX": "4"], "auto/4"),
            (["SLURM_PROCID": "3", "SLURM_NTASKS": "3"], "auto"), (["SLURM_PROCID": "x", "SLURM_NTASKS": "3"], "auto"),
            (["SLURM_PROCID": "1", "SLURM_NTASKS": "3"], "auto/4"),
            (["SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_COUNT": "2", "SLURM_ARRAY_TASK_STEP": "2"], "auto"),
            (["SLURM_JOB_ID": "7", "SLURM_PROCID": "0", "SLURM_NTASKS": "4"], "auto"),
            (["OMPI_COMM_WORLD_RANK": "999999999999999999999", "OMPI_COMM_WORLD_SIZE": "2"], "auto"),
        ] as [([String: String], String)] {
            let outcome = try batch.run("out", ["--shard", option], environment: variables)
            #expect(outcome.status == 64 && outcome.isOneLine && outcome.error.contains("--shard"), "\(variables): \(outcome.error)")
        }
        for option in ["2/2", "-1/2", "1", "1/0", "a/b", "1/2/3", "", "auto/0", "1/99999999999999999999"] {
            let outcome = try batch.run("out", ["--shard=\(option)"])
            #expect(outcome.status == 64 && outcome.error.contains("--shard"), "\(option): \(outcome.error)")
        }
        #expect(!FileManager.default.fileExists(atPath: batch.path("out")))
    }

    /// mpirun and GNU parallel, where they are installed.
    @Test func clusterToolsShareTheWork() throws {
        let script = Fixtures.root.appending(path: "Tests/Scripts/cluster.sh").path
        let outcome = try Program.run(["/bin/sh", script, try Program.path.get()], executable: "/usr/bin/env")
        #expect(outcome.status == 0 || outcome.status == 77, "\(outcome.text)\(outcome.error)")
    }
}
