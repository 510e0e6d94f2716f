import Foundation
import TestSupport
import Testing

/// `getam train --validate`.
@Suite struct ValidationTests {
    private let data: TrainFolder
    init() throws { data = try TrainFolder() }

    /// Figures at every kept checkpoint, those that `getam evaluate` finds of the same weights.
    @Test func figuresAreThoseOfTheWeightsKept() throws {
        let outcome = try data.run("run", ["--validate", data.path("val.txt"), "--set", "keepEvery=4", "--set", "ema=0.9", "--set", "learningRate=1e-2"])
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.error.contains("2 pictures are to validate on and do not train") && outcome.error.contains("on 6 pictures"), "\(outcome.error)")
        let rows = try data.table("run/validation.csv")
        #expect(rows.first == ["step", "mAP"] + TrainFolder.classes)
        #expect(rows.dropFirst().map(\.first) == ["4", "6"])
        for (step, weights) in [("4", "weights/step-000000004.safetensors"), ("6", "model.safetensors")] {
            try FileManager.default.createDirectory(atPath: data.path("m\(step)"), withIntermediateDirectories: true)
            for (from, to) in [(weights, "model.safetensors"), ("config.json", "config.json")] {
                try FileManager.default.copyItem(atPath: data.path("run/\(from)"), toPath: data.path("m\(step)/\(to)"))
            }
            let found = try Program.run(
                ["evaluate", "--labels", data.path("labels.txt"), "--images", data.path("images"), "--list", data.path("val.txt"),
                    "-m", data.path("m\(step)"), "--csv"])
            let row = try #require(rows.first { $0[0] == step })
            let values = found.lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)[2] }
            #expect(values == Array(row[2...]) + [row[1]], "\(found.text) \(row)")
            let mean = try #require(Double(row[1]))
            #expect(outcome.error.contains("step \(step): mAP \(String(format: "%.4f", mean)) on 2 pictures"), "\(outcome.error)")
        }
    }

    /// The other files are those of a run that trains on the same pictures and is not judged, whatever the number of threads.
    @Test func judgingChangesNothing() throws {
        try data.write("p0\np1\np2\np3\np4\np5\n", "train.txt")
        let more = ["--list", data.path("train.txt"), "--set", "augment=standard", "--set", "dropPath=0.2"]
        #expect(try data.run("plain", more).status == 0)
        for threads in ["1", "2"] {
            let judged = try data.run("judged" + threads, more + ["--validate", data.path("val.txt"), "--threads", threads])
            #expect(judged.status == 0 && judged.error.contains("mAP") && !judged.error.contains("to validate on"), "\(judged.error)")
            #expect(try data.files("judged" + threads) == data.files("plain"))
        }
        #expect(try data.table("judged1/validation.csv") == data.table("judged2/validation.csv"))
    }

    @Test func whatCannotBeJudgedIsToldOnce() throws {
        try data.write("no picture", "images/p6.png")
        try data.write("p6\np7\ngone\n", "val.txt")
        let outcome = try data.run("run", ["--validate", data.path("val.txt"), "--set", "keepEvery=2"])
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.errorLines.filter { $0.contains("p6.png") }.count == 1, "\(outcome.error)")
        #expect(outcome.error.contains("--validate: 1 picture is not there and left out"), "\(outcome.error)")
        #expect(outcome.error.contains("on 1 picture that does not train"), "\(outcome.error)")
        #expect(try data.table("run/validation.csv").map(\.count) == [5, 5, 5, 5])
    }

    @Test func wrongListsAreRefused() throws {
        try data.write(TrainFolder.names.map { $0 + "\n" }.joined(), "all.txt")
        try data.write("gone\n", "gone.txt")
        try data.write("", "empty.txt")
        for (list, status, words) in [("all.txt", Int32(64), "some must be left"), ("gone.txt", 66, "no picture of this name"), ("empty.txt", 65, "no names"), ("nope.txt", 66, "nope")] {
            let outcome = try data.run("run", ["--validate", data.path(list)])
            #expect(outcome.status == status && outcome.isOneLine && outcome.error.contains(words), "\(list): \(outcome.error)")
        }
        // A list of the run's own folder is never written over.
        try FileManager.default.createDirectory(atPath: data.path("run"), withIntermediateDirectories: true)
        try data.write("p6\n", "run/validation.csv")
        let outcome = try data.run("run", ["--validate", data.path("run/validation.csv")])
        #expect(outcome.status == 64 && outcome.isOneLine && outcome.error.contains("the list to validate on"), "\(outcome.error)")
    }
}
