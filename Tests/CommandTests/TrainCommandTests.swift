import Foundation
import Images
import Labels
import TestSupport
import Testing

/// `getam train` and `getam export`: what a run leaves, and what is refused.
@Suite struct TrainCommandTests {
    private let data: TrainFolder
    init() throws { data = try TrainFolder() }

    private func path(_ name: String) -> String { data.path(name) }

    // MARK: What a run leaves

    @Test func aRunIsAModelForEveryCommand() throws {
        let outcome = try data.run("run", ["--set", "keepEvery=3", "--set", "ema=0.5"])
        #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.error)")
        let log = try data.table("run/log.csv")
        #expect(log.first == ["step", "loss", "softMargin", "gradientNorm", "learningRate", "skipped"])
        #expect(log.dropFirst().map(\.first) == (1...6).map { "\($0)" })
        for row in log.dropFirst() {
            #expect(row.count == 6 && row[5].isEmpty, "\(row)")
            for field in row[1...4] { #expect(Double(field).map { "\($0)" } == field, "\(row)") }
        }
        // A head of zeros knows nothing.
        #expect(abs((Double(log[1][1]) ?? 0) - 0.6931471805599453) < 1e-7 && log[1][4] == "0.001")
        let names = try data.files("run").keys.sorted()
        #expect(names == [
            "config.json", "log.csv", "model.safetensors", "probes.txt", "recipe.json", "state/step-000000006.safetensors",
            "weights/step-000000003.safetensors", "weights/step-000000006.safetensors",
        ])
        for (name, bytes) in try data.files("run") {
            #expect(bytes.range(of: Data(data.folder.path.utf8)) == nil, "\(name) holds a path")
        }
        // Each command takes the folder, and one of the kept checkpoints with the configuration beside it.
        let picture = path("images/p1.png")
        for arguments in [
            ["classify", picture], ["map", picture, "-o", path("m.npy")], ["inspect"],
            ["label", "--images", path("images"), "--labels", path("labels.txt"), "-o", path("masks")],
            ["evaluate", "--labels", path("labels.txt"), "--images", path("images")],
        ] {
            let outcome = try Program.run(arguments + ["-m", path("run")])
            #expect(outcome.status == 0, "\(arguments): \(outcome.error)")
        }
        let classes = try Program.run(["classify", picture, "-m", path("run"), "--json"]).text
        #expect(TrainFolder.classes.allSatisfy { classes.contains("\"\($0)\"") }, "\(classes)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: path("masks")).count == 8)
        // A run goes on from a run as from any model.
        #expect(try Program.run(
            ["train", "-m", path("run"), "--images", path("images"), "--labels", path("labels.txt"), "--recipe", "plain", "--set", "batch=4",
                "--set", "steps=1", "-o", path("next")]).status == 0)
    }

    @Test func tensorBoardIsToldWhereItIsAskedFor() throws {
        let settings = ["--set", "keepEvery=3", "--validate", path("val.txt")]
        #expect(try data.run("plain", settings).status == 0)
        for _ in 0..<2 {
            let outcome = try data.run("told", settings + ["--tensorboard", "--resume"])
            #expect(outcome.status == 0, "\(outcome.error)")
        }
        // A run that is over begins no file; nothing else is another.
        var files = try data.files("told")
        let events = files.filter { $0.key.hasPrefix("events.out.tfevents.") }
        #expect(events.count == 1)
        for name in events.keys { files[name] = nil }
        #expect(try files == data.files("plain"))
        let text = String(decoding: try #require(events.first?.value), as: UTF8.self)
        for tag in ["brain.Event:2", "learningRate", "validation/mAP", "validation/red", "probe/p0"] { #expect(text.contains(tag), "\(tag)") }
    }

    #if !MPI
    /// Processes that do not know of each other would write over each other's run.
    @Test(arguments: [["OMPI_COMM_WORLD_SIZE": "2"], ["SLURM_STEP_NUM_TASKS": "2"]])
    func severalProcessesNeedMPI(_ size: [String: String]) throws {
        for rank in ["0", "1"] {
            let ranks = size.merging(["OMPI_COMM_WORLD_RANK": rank, "SLURM_PROCID": rank]) { $1 }
            let outcome = try Program.run(data.arguments("run"), environment: ranks)
            #expect(outcome.status == 64)
            if rank == "0" { #expect(outcome.isOneLine && outcome.error.contains("--traits MPI"), "\(outcome.error)") }
            if rank == "1" { #expect(outcome.error.isEmpty && outcome.output.isEmpty) }
        }
        #expect(!FileManager.default.fileExists(atPath: path("run")))
        #expect(try Program.run(data.arguments("run"), environment: ["OMPI_COMM_WORLD_SIZE": "1", "OMPI_COMM_WORLD_RANK": "0"]).status == 0)
    }
    #endif

    @Test(arguments: [("float32", 4, 0.0), ("float16", 2, 1e-3), ("bfloat16", 2, 1e-2)])
    func anExportIsTheSameModel(_ type: String, _ bytes: Int, _ tolerance: Double) throws {
        #expect(try data.run("run").status == 0)
        let outcome = try Program.run(["export", "-m", path("run"), "--dtype", type, "-o", path("given")])
        #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.error.contains(type), "\(outcome.error)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: path("given")).sorted() == ["config.json", "model.safetensors"])
        let size = try Data(contentsOf: URL(filePath: path("given/model.safetensors"))).count
        let whole = try Data(contentsOf: URL(filePath: path("run/model.safetensors"))).count
        #expect(abs(Double(size) - Double(whole) * Double(bytes) / 4) < 12_000, "\(size) of \(whole)")
        let logits = try [path("run"), path("given")].map { model in
            let lines = try Program.run(["classify", path("images/p2.png"), "-m", model, "--json", "--top", "0"])
            return try JSONDecoder().decode(Report.self, from: Data(lines.output)).classes.sorted { $0.index < $1.index }.map(\.logit)
        }
        #expect(zip(logits[0], logits[1]).allSatisfy { abs($0 - $1) <= tolerance }, "\(logits)")
    }

    private struct Report: Decodable {
        struct Class: Decodable { let index: Int, logit: Double }
        let classes: [Class]
    }

    /// With the model's own classes the head stays: the first loss is not that of zeros.
    @Test(arguments: ["hf_deit_distilled", "f16_odd_heads"])
    func theModelsOwnClassesKeepItsHead(_ model: String) throws {
        let things = TrainFolder.names.enumerated().map { "\($1) thing\($0 % 5)\n" }.joined()
        // A file with a model's own names is the same list.
        try data.write((0..<5).map { "thing\($0)\n" }.joined(), "things.txt")
        for (run, list) in [("own", "model"), ("named", path("things.txt"))] {
            let outcome = try Program.run(
                ["train", "-m", Fixtures.model(model), "--images", path("images"), "--labels", data.write(things, "things-labels.txt"),
                    "--class-list", list, "--recipe", "plain", "--set", "batch=4", "--set", "steps=1", "-o", path(run)])
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(try abs((Double(data.table("\(run)/log.csv")[1][1]) ?? 0) - 0.6931471805599453) > 1e-4)
        }
        #expect(try data.files("own") == data.files("named"))
    }

    // MARK: Refusals

    private func expect(_ status: Int32, _ words: String..., from arguments: [String], _ place: SourceLocation = #_sourceLocation) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == status && outcome.isOneLine, "\(arguments): \(outcome.status) \(outcome.error)", sourceLocation: place)
        for word in words { #expect(outcome.error.contains(word), "\(word): \(outcome.error)", sourceLocation: place) }
    }

    @Test func aWrongRecipeIsNamed() throws {
        for (recipe, status, words) in [
            ("plian", Int32(66), "did you mean “plain”?"), (path("nope.json"), 66, "nope.json"),
            (try data.write(#"{"version":1,"#, "1.json"), 65, "not valid JSON"), (try data.write("", "2.json"), 65, "not valid JSON"),
            (try data.write(#"{"version":1,"stps":3}"#, "3.json"), 65, "did you mean “steps”?"),
            (try data.write(#"{"version":1,"steps":0}"#, "4.json"), 65, "\"steps\" must be a whole number from 1"),
            (try data.write(#"{"version":1,"steps":"6"}"#, "5.json"), 65, "\"steps\" must be"), (try data.write("{}", "6.json"), 65, "no \"version\""),
            (try data.write(#"{"version":9}"#, "7.json"), 65, "version 9"), (try data.write("[]", "8.json"), 65, "JSON object"),
            (path("images"), 65, "is a folder"),
        ] {
            try expect(status, words, from: data.arguments("run", ["--recipe", recipe]))
        }
        for (setting, words) in [
            ("steps", "KEY=VALUE"), ("=3", "is not a setting"), ("stpes=3", "did you mean “steps”?"), ("learning_rate=1", "did you mean “learningRate”?"),
            ("steps=0", "from 1"), ("steps=1.5", "whole number"), ("ema=1", "0.999999"), ("optimizer=adam", "sgd, adamw"), ("seed=", "whole number"),
            ("momentum=nan", "a number from"), ("size=50", "8×8 patches"), ("batch=9", "more than the 8 pictures"), ("warmup=7", "\"warmup\" (7)"),
        ] {
            try expect(64, words, from: data.arguments("run", ["--set", setting]))
        }
        #expect(!FileManager.default.fileExists(atPath: path("run")))
    }

    @Test func missingAndForeignInputsAreNamed() throws {
        let base = ["train", "-m", TrainFolder.model, "-o", path("run")], pictures = ["--images", path("images")]
        let labels = ["--labels", path("labels.txt")]
        try FileManager.default.createDirectory(atPath: path("empty"), withIntermediateDirectories: true)
        try data.write("", "empty.txt")
        try data.write("gone\n", "gone.txt")
        try data.write("someone cat\n", "others.txt")
        try data.write(TrainFolder.names.map { $0 + "\n" }.joined(), "no-classes.txt")
        try expect(64, "name the pictures", from: base + labels)
        try expect(64, "--labels", from: base + pictures)
        try expect(64, "--shard", from: base + pictures + labels + ["--shard", "0/2"])
        try expect(64, "--output", from: Array(base.dropLast(2)) + pictures + labels)
        try expect(64, "a class to learn", "thing0", from: base + pictures + labels)
        try expect(66, "nope", from: base + ["--images", path("nope")] + labels)
        try expect(66, "has no pictures", from: base + ["--images", path("empty")] + labels)
        try expect(66, "nope", from: base + pictures + ["--labels", path("nope")])
        try expect(65, "it is empty", from: base + pictures + ["--labels", path("empty")])
        try expect(65, "no entry for any", from: base + pictures + ["--labels", path("others.txt")])
        try expect(65, "no entry for any", from: base + pictures + ["--labels", path("empty.txt")])
        try expect(65, "names no class", from: base + pictures + ["--labels", path("no-classes.txt")])
        try expect(65, "has no names", from: data.arguments("run", ["--list", path("empty.txt")]))
        try expect(66, "nope.txt", from: data.arguments("run", ["--list", path("nope.txt")]))
        try expect(66, "no picture of this name", from: data.arguments("run", ["--list", path("gone.txt")]))
        try expect(66, "nope", from: data.arguments("run", ["--class-list", path("nope")]))
        try expect(65, "empty", from: data.arguments("run", ["--class-list", path("empty.txt")]))
        try expect(66, "nope", from: data.arguments("run", ["-m", path("nope")]))
        try expect(65, "pre-logits layer", from: data.arguments("run", ["-m", Fixtures.path("families/flax_pre_logits/checkpoint.npz")]))
        try expect(64, "--class-list", from: data.arguments("run", ["-m", Fixtures.model("dino_keys"), "--class-list", "model"]))
        #expect(!FileManager.default.fileExists(atPath: path("run")))
        // With classes of one's own such a model can be trained.
        let bare = try data.run("bare", ["-m", Fixtures.model("dino_keys")])
        #expect(bare.status == 0, "\(bare.error)")
    }

    /// One broken picture among many, one without an entry, one that is not there, foreign names: told, counted, left out.
    @Test func whatIsLeftOutIsCounted() throws {
        try data.write("no picture", "images/p3.png")
        try data.write("p0 red,unicorn\np1 unicorn\np2 blue\np3 red\np4 green\n", "labels.txt")
        try data.write("p0\np1\np2\np3\np4\np5\ngone\n", "list.txt")
        let outcome = try data.run("run", ["--list", path("list.txt")])
        #expect(outcome.status == 0, "\(outcome.error)")
        for words in [
            "labels ignored: 2 of classes that are not learned: unicorn (2)", "1 picture is not there and left out", "p3.png",
            "6 steps on 5 pictures",
        ] { #expect(outcome.error.contains(words), "\(words): \(outcome.error)") }
        // “gone” is not there, so whether it has an entry is not asked; p5 is, and has none.
        #expect(outcome.error.contains("1 picture has no entry among the labels and is left out: p5"), "\(outcome.error)")
    }

    @Test func aRunReplacesNoInput() throws {
        let model = path("model")
        try FileManager.default.copyItem(atPath: TrainFolder.model, toPath: model)
        try FileManager.default.createDirectory(atPath: path("old/weights"), withIntermediateDirectories: true)
        for name in ["config.json", "model.safetensors"] {
            try FileManager.default.copyItem(atPath: "\(model)/\(name)", toPath: path("old/weights/\(name)"))
        }
        try FileManager.default.createDirectory(atPath: path("kept"), withIntermediateDirectories: true)
        try data.write("mine", "kept/config.json")
        try FileManager.default.createDirectory(atPath: path("xml"), withIntermediateDirectories: true)
        try data.write("<annotation><object><name>red</name></object></annotation>", "xml/p0.xml")
        try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: "images")
        try FileManager.default.createDirectory(atPath: path("linked"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: path("linked/model.safetensors"), withDestinationPath: "../model/model.safetensors")
        let before = try data.files("")
        for folder in ["images", "images/", "link", "model/../images"] { try expect(64, "would lie among", from: data.arguments(folder)) }
        try expect(64, "would lie among", from: data.arguments("xml", ["--labels", path("xml")]))
        try expect(64, "the start model", from: data.arguments("model", ["-m", model]))
        try expect(64, "the start model", from: data.arguments("model", ["-m", model + "/model.safetensors"]))
        try expect(64, "the start model", from: data.arguments("linked", ["-m", model]))
        try expect(64, "the start model", from: data.arguments("old", ["-m", path("old/weights")]))
        try expect(73, "holds config.json, but no run", from: data.arguments("kept"))
        try expect(73, "is no folder", from: data.arguments("labels.txt"))
        try expect(73, "cannot be made", from: data.arguments("labels.txt/run"))
        try expect(73, "cannot be made", from: data.arguments("run").map { $0 == path("run") ? "/proc/none/run" : $0 })
        for arguments in [["-m", model, "-o", model], ["-m", model + "/model.safetensors", "-o", model + "/"], ["-m", model, "-o", path("linked")]] {
            try expect(64, "an input (the model)", from: ["export"] + arguments)
        }
        try expect(73, "cannot be made", from: ["export", "-m", model, "-o", path("labels.txt")])
        try expect(66, "nope", from: ["export", "-m", path("nope"), "-o", path("given")])
        try expect(64, "float32, float16, bfloat16", from: ["export", "-m", model, "-o", path("given"), "--dtype", "float8"])
        try expect(65, "pre-logits layer", from: ["export", "-m", Fixtures.path("families/flax_pre_logits/checkpoint.npz"), "-o", path("given")])
        #expect(try data.files("") == before)
        // In the model's folder, in one of its own, a run takes nothing's place.
        #expect(try data.run("model/run", ["-m", model]).status == 0)
        #expect(try data.files("").filter { before[$0.key] != nil } == before)
    }
}
