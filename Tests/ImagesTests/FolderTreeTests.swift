@testable import Files
import Foundation
import TestSupport
import Testing

/// Folders in folders, whatever they are called and whatever leads where.
@Suite struct FolderTreeTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func make(_ names: String...) throws {
        for name in names {
            try FileSystem.makeFolder((folder.path + "/" + name).folder)
            try folder.write("x", name)
        }
    }

    private func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/" + name, withDestinationPath: target)
    }

    private func files(_ name: String = "", leavingOut others: [String] = []) throws -> [String] {
        try FolderTree(folder.path + "/" + name, endings: ["png", "jpg"], leavingOut: others.map { folder.path + "/" + $0 }).files
    }

    @Test func foldersInFoldersInTheOrderOfBytes() throws {
        try make("b.png", "a/c.PNG", "a/b/d.jpg", "a.jpg", "notes.txt", "é.png", "e\u{301}.png", "Z.png", "a/png", "x.png/y.png")
        try make(".hidden.png", ".git/a.png", "a/.b/c.png")
        #expect(try files().map { Array($0.utf8) } == [
            "Z.png", "a.jpg", "a/b/d.jpg", "a/c.PNG", "b.png", "e\u{301}.png", "x.png/y.png", "é.png",
        ].map { Array($0.utf8) })
        #expect(try files("a/") == ["b/d.jpg", "c.PNG"])
        #expect(try files(leavingOut: ["a", "nowhere"]).count == 6)
        #expect(try files(leavingOut: ["a/b/../b/"]).contains("a/c.PNG") && !files(leavingOut: ["a/b"]).contains("a/b/d.jpg"))
    }

    /// Circles end, a folder counts once and by its own path, links out of the folder are followed, links to files are files.
    @Test func links() throws {
        try make("in/a/1.png", "in/b/2.png", "out/deep/3.png")
        try link("in/0", to: ".")
        try link("in/a/up", to: "../..")
        try link("in/b/twin", to: "../a")
        try link("in/b/other", to: "../../out")
        try link("in/z", to: "../out")
        try link("in/file.png", to: "../out/deep/3.png")
        try link("in/dead.png", to: "nowhere")
        try link("in/dead", to: "nowhere")
        let found = try files("in")
        // `a/up` leads to the folder above, which holds `in` again and `out`.
        #expect(found.filter { !$0.hasPrefix("a/up") && !$0.hasPrefix("b/other") } == ["a/1.png", "b/2.png", "dead.png", "file.png"])
        #expect(found.count { $0.hasSuffix("3.png") } == 1 && found.count { $0.hasSuffix("1.png") } == 1)
    }

    @Test func foldersThatCannotBeRead() throws {
        try make("a/1.png", "b/2.png")
        #expect(throws: FileError.self) { try files("nowhere") }
        #expect(throws: FileError.self) { try files("a/1.png") }
        // The system's manager may read all.
        guard getuid() != 0 else { return }
        chmod(folder.path + "/b", 0)
        defer { chmod(folder.path + "/b", 0o755) }
        let tree = try FolderTree(folder.path, endings: ["png"])
        #expect(tree.files == ["a/1.png"] && tree.unreadable.count == 1)
    }

    @Test func namesAreOrderedByTheirBytes() {
        var random = SplitMix(seed: 24)
        let names = (0..<300).map { _ in PathBytesTests.name(&random) }
        let texts = names.map { String(pathBytes: $0) }
        let sorted = texts.sorted { $0.precedesInBytes($1) }.map(\.bytes)
        #expect(sorted == names.sorted { $0.lexicographicallyPrecedes($1) })
        for (name, text) in zip(names, texts) {
            #expect(NameKey(text) == NameKey(String(pathBytes: name)) && NameKey(text).hashValue == NameKey(String(pathBytes: name)).hashValue)
        }
        #expect(Set((names + [Array("é".utf8), Array("e\u{301}".utf8)]).map { NameKey(String(pathBytes: $0)) }).count == Set(names).count + 2)
    }
}
