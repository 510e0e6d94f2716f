import Foundation
import TestSupport
import Testing

/// `getam train --resume`, and signals.
@Suite struct TrainResumeTests {
    private let data: TrainFolder
    init() throws { data = try TrainFolder() }

    @Test func aFolderHoldsOneRun() throws {
        // Missing and empty: from the beginning.
        try FileManager.default.createDirectory(atPath: data.path("empty"), withIntermediateDirectories: true)
        for run in ["missing", "empty"] { #expect(try data.run(run, ["--resume"]).status == 0) }
        let whole = try data.files("missing")
        #expect(try data.files("empty") == whole)
        // Over: nothing is done.
        let over = try data.run("missing", ["--resume"])
        #expect(over.status == 0 && over.error.contains("the run is over: 6 steps"), "\(over.error)")
        // Without the option, or of another recipe.
        for more in [[], ["--set", "seed=1"], ["--set", "seed=1", "--resume"], ["--set", "steps=7", "--resume"]] {
            let refused = try data.run("missing", more)
            #expect(refused.status == 73 && refused.isOneLine && refused.error.contains("holds a run"), "\(more): \(refused.error)")
        }
        // Its own recipe's file is its recipe.
        let arguments = data.arguments("missing", ["--resume"])
        let settings: Set = ["--set", "--recipe"]
        let plain = arguments.indices.filter { !settings.contains(arguments[$0]) && ($0 == 0 || !settings.contains(arguments[$0 - 1])) }.map { arguments[$0] }
        #expect(try Program.run(plain + ["--recipe", data.path("missing/recipe.json")]).status == 0)
        #expect(try data.files("missing") == whole)
        // Without a whole state from the beginning, to the same end.
        try FileManager.default.removeItem(atPath: data.path("missing/state"))
        #expect(try data.run("missing", ["--resume"]).error.contains("6 steps on 8 pictures"))
        #expect(try data.files("missing") == whole)
    }

    /// A signal ends a run after its step, the state saved; gone on with, it ends as if nothing had happened.
    @Test(arguments: [("INT", Int32(130)), ("TERM", 143)])
    func aSignalSavesTheState(_ signal: String, _ status: Int32) throws {
        let settings = ["--set", "steps=400", "--set", "augment=standard", "--set", "ema=0.9", "--set", "keepEvery=150", "--validate", data.path("val.txt")]
        #expect(try data.run("whole", settings).status == 0)
        let outcome = try Program.run(
            ["-c", """
                "$@" & pid=$!
                for i in $(seq 3000); do [ "$(cat "$0/log.csv" 2>/dev/null | wc -l)" -gt 20 ] && break; sleep 0.002; done
                kill -\(signal) $pid; wait $pid
                """, data.path("cut"), "/usr/bin/env", "--default-signal=INT", try Program.path.get()] + data.arguments("cut", settings),
            executable: "/bin/bash")
        #expect(outcome.status == status, "\(outcome.status) \(outcome.error)")
        #expect(outcome.error.contains("--resume") == (signal == "INT"), "\(outcome.error)")
        let steps = try data.table("cut/log.csv").count - 1
        #expect(steps > 19 && steps < 400)
        #expect(try data.files("cut").keys.contains { $0.hasPrefix("state/step-") && Int($0.dropFirst(11).prefix(9)) == steps })
        // What a kill leaves behind a checkpoint, in both tables, goes.
        for name in ["log.csv", "validation.csv"] {
            let path = data.path("cut/\(name)")
            let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            try (text + "399,0.5,0.5,0.5,").write(toFile: path, atomically: false, encoding: .utf8)
        }
        let resumed = try data.run("cut", settings + ["--resume"])
        #expect(resumed.status == 0, "\(resumed.error)")
        #expect(try data.files("cut") == data.files("whole"))
        #expect(try data.table("cut/validation.csv") == data.table("whole/validation.csv"))
    }
}
