import Foundation
import TestSupport
import Testing

/// Names that users have, and copies of the program.
@Suite struct PathTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func copy(_ source: String, _ name: String) throws {
        try FileManager.default.copyItem(atPath: source, toPath: folder.path + "/" + name)
    }

    @Test func picturesOfAnyName() throws {
        for name in ["a cat.jpg", "Käse 猫.JPG", "cat", "cat.png", "'q\".jpg", "--json", "-m"] {
            try copy(Fixtures.cat, name)
            let outcome = try Program.run(["classify", "--top", "1", "--", name], folder: folder.path)
            #expect(outcome.status == 0 && outcome.text.hasPrefix("cat "), "\(name): \(outcome.error)")
        }
        let dotted = try Program.run(["classify", "--top", "1", "./--json"], folder: folder.path)
        #expect(dotted.status == 0 && dotted.text.hasPrefix("cat "))
        let up = try Program.run(["classify", "--top", "1", "../\((folder.path as NSString).lastPathComponent)/a cat.jpg"], folder: folder.path)
        #expect(up.status == 0)
    }

    /// A folder's pictures by any ending, in any case; other files and hidden ones left out.
    @Test func foldersOfPictures() throws {
        let place = folder.path + "/my pictures"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try copy(Fixtures.cat, "my pictures/B.JPG")
        try copy(Fixtures.picture("02-cow.jpg"), "my pictures/A.Jpeg")
        try folder.write("no picture", "my pictures/notes.txt")
        try folder.write("no picture", "my pictures/.hidden.png")
        for name in ["my pictures", "my pictures/", "./my pictures"] {
            let outcome = try Program.run([name], folder: folder.path)
            #expect(outcome.status == 0 && outcome.text.contains("A.Jpeg") && outcome.text.contains("1/2"), "\(outcome.error)")
        }
    }

    @Test func modelsThroughLinksAndByFile() throws {
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/my model", withDestinationPath: Fixtures.model("bf16"))
        let arguments = ["classify", Fixtures.model("bf16/image.png"), "--top", "0", "--json"]
        let direct = try Program.run(arguments + ["-m", Fixtures.model("bf16")])
        #expect(direct.status == 0)
        for name in ["my model", "my model/", "my model/model.safetensors"] {
            let outcome = try Program.run(arguments + ["--model", name], folder: folder.path)
            #expect(outcome.status == 0 && outcome.output == direct.output, "\(outcome.error)")
        }
        let shards = try Program.run(
            ["classify", Fixtures.model("hf_quick_gelu/image.png"), "-m", Fixtures.model("hf_quick_gelu/model.safetensors.index.json")])
        #expect(shards.status == 0 && shards.error.isEmpty)
    }

    /// The program without its resources says so; with a model named it does its work, and a link to it finds them.
    @Test func copiesAndLinksOfTheProgram() throws {
        let program = try Program.path.get()
        let lonely = folder.path + "/getam"
        // By another process: one started by a test beside this would have the copy open for writing, and it could not run.
        #expect(try Program.run([program, lonely], executable: "/bin/cp").status == 0)
        for arguments in [[], [Fixtures.cat], ["classify", Fixtures.cat], ["map", Fixtures.cat], ["inspect"]] {
            let outcome = try Program.run(arguments, executable: lonely)
            #expect(outcome.status == 66 && outcome.isOneLine && outcome.error.contains("getam_Assets.resources"), "\(outcome)")
        }
        let named = try Program.run(["classify", Fixtures.cat, "-m", Fixtures.model("bf16")], executable: lonely)
        #expect(named.status == 0 && named.error.isEmpty)
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/linked", withDestinationPath: program)
        let linked = try Program.run(["classify", Fixtures.cat], executable: folder.path + "/linked")
        #expect(linked.status == 0 && linked.text.hasPrefix("cat "))
    }
}
