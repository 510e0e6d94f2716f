import Files
import Foundation
import Images
import TestSupport
import Testing

/// What stands among a folder's outputs, what they are called, and how large they may be: one that cannot be written fails
/// alone, and what is no file is not touched.
@Suite struct FolderEntryTests {
    private let batch: BatchFolder
    init() throws { batch = try BatchFolder() }

    private func path(_ name: String) -> String { batch.path(name) }

    @Test func whatIsNoFileFailsAlone() throws {
        for name in ["out", "out/06-sheep.png", "cams"] {
            try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: false)
        }
        try batch.write("kept", "target")
        try #require(mkfifo(path("out/01-cat.png"), 0o600) == 0)
        try FileManager.default.createSymbolicLink(atPath: path("out/03-dog.png"), withDestinationPath: "../target")
        try FileManager.default.createSymbolicLink(atPath: path("out/08-two-dogs.png"), withDestinationPath: "nowhere")
        try #require(mkfifo(path("cams/09-cow-and-sheep.npz"), 0o600) == 0)
        for more in [[], ["--resume"]] {
            let outcome = try batch.run("out", ["--cams", path("cams")] + more)
            #expect(outcome.status == 73, "\(outcome.error)")
            for words in [
                "01-cat.png: is a FIFO", "03-dog.png: is a symbolic link", "06-sheep.png: is a folder",
                "08-two-dogs.png: is a symbolic link", "09-cow-and-sheep.npz: is a FIFO", "5 of the pictures failed",
            ] { #expect(outcome.error.contains(words), "\(outcome.error)") }
            #expect(outcome.error.contains(more.isEmpty ? "1 of 6 pictures labeled" : "1 were there"), "\(outcome.error)")
        }
        #expect(try String(contentsOfFile: path("target"), encoding: .utf8) == "kept")
        #expect(!AtomicFile.exists(path("out/nowhere")))
        _ = try batch.labels("out", "10-horses-and-dog")
        #expect(try !batch.entries("out").contains { $0.hasSuffix(".part") })
    }

    /// Names up to the 255 bytes that file systems allow; their temporary names too.
    @Test func longNames() throws {
        let stems = [
            String(repeating: "漢", count: 80), String(repeating: "😀", count: 60) + "x", String(repeating: "a", count: 251),
            String(repeating: "a", count: 235), String(repeating: "é", count: 117), "漢",
        ]
        try FileManager.default.createDirectory(atPath: path("long"), withIntermediateDirectories: false)
        for stem in stems {
            try FileManager.default.copyItem(atPath: path("images/01-cat.jpg"), toPath: path("long/\(stem).jpg"))
        }
        let run = ["label", "--images", path("long"), "--predict", "0.5", "-o", path("out"), "--cams", path("cams")]
        let outcome = try Program.run(run)
        #expect(outcome.status == 0, "\(outcome.error)")
        for (folder, ending) in [("out", "png"), ("cams", "npz")] {
            #expect(try Set(batch.entries(folder)) == Set(stems.map { "\($0).\(ending)" }))
        }
        for stem in stems {
            let target = path("\(stem).npy")
            #expect(try Program.run(["map", Fixtures.cat, "-o", target]).status == 0)
            #expect(AtomicFile.exists(target))
        }
        // One byte more is an error of that file.
        let over = try Program.run(["map", Fixtures.cat, "-o", path(String(repeating: "a", count: 252) + ".npy")])
        #expect(over.status == 73 && over.isOneLine && over.error.contains("file name too long"), "\(over.error)")
        #expect(try Program.run(run + ["--resume"]).error.contains("6 were there"))
    }

    /// A limit of the file size is an error, no signal: of the labels that are too long.
    @Test func aLimitOfTheFileSize() throws {
        let limited = try Program.run(
            ["-c", "ulimit -f 1; exec env --default-signal=XFSZ \"$@\"", "bash", try Program.path.get()]
                + batch.arguments("out", ["--jobs", "1"]), executable: "/bin/bash")
        #expect(limited.status == 73 && limited.error.contains("cannot be written: file too large"), "\(limited.error)")
        #expect(try !batch.entries("out").contains { $0.hasPrefix(".") })
        let map = try Program.run(
            ["-c", "ulimit -f 1; exec \"$@\"", "bash", try Program.path.get(), "map", "-o", path("map.png"), Fixtures.cat],
            executable: "/bin/bash")
        #expect(map.status == 73 && map.isOneLine && map.error.contains("file too large"), "\(map.error)")
        #expect(!AtomicFile.exists(path("map.png")))
    }

    /// The folder goes away under a run: it stops with one line.
    @Test func aFolderThatVanishes() throws {
        let outcome = try Program.run(
            ["-c", """
                "$@" & pid=$!
                for i in $(seq 3000); do set -- "$0"/*.png; [ -e "$1" ] && break; sleep 0.01; done
                mv "$0" "$0.gone"; wait $pid
                """, path("out"), try Program.path.get()] + batch.arguments("out", ["--jobs", "1"]), executable: "/bin/bash")
        #expect(outcome.status == 73 && outcome.isOneLine && outcome.error.contains("no such file or directory"), "\(outcome.error)")
        #expect(try batch.entries("out.gone").allSatisfy { $0.hasSuffix(".png") && !$0.hasPrefix(".") })
    }
}
