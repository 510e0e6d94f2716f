import Files
import Foundation
import TestSupport
import Testing

/// Where `map -o` writes, and what it leaves alone.
@Suite struct OutputTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private var arguments: [String] {
        ["map", "-m", Fixtures.model("fit_resize"), Fixtures.model("fit_resize/image.png"), "-c", "1", "-o"]
    }
    private func entries() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
    private func contents(_ name: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(filePath: folder.path + "/" + name))) }

    @Test func standardOutputIsWrittenTo() throws {
        // A pipe.
        let piped = try Program.run(arguments + ["/dev/stdout"])
        #expect(piped.status == 0 && piped.error.isEmpty)
        #expect(try NumPyArray(piped.output).shape == [1, 5, 7])
        // A file that the shell opened: written through its descriptor, neither replaced nor overwritten.
        for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
            try folder.write("before\n", "log")
            var before = stat(), after = stat()
            stat(folder.path + "/log", &before)
            let outcome = try Program.run(arguments + [name], standardOutput: folder.path + "/log")
            #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
            stat(folder.path + "/log", &after)
            #expect(before.st_ino == after.st_ino)
            #expect(try contents("log") == Array("before\n".utf8) + piped.output)
            #expect(try entries() == ["log"])
        }
    }

    @Test func fifosAreWrittenTo() throws {
        let path = folder.path + "/fifo.npy"
        try #require(mkfifo(path, 0o600) == 0)
        // Open for both, so that neither side waits for the other; the pipe holds the small array.
        let reader = open(path, O_RDWR)
        defer { close(reader) }
        let outcome = try Program.run(arguments + [path])
        #expect(outcome.status == 0 && outcome.error.isEmpty)
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(reader, &buffer, buffer.count)
        #expect(try NumPyArray(Array(buffer.prefix(max(count, 0)))).shape == [1, 5, 7])
        #expect(AtomicFile.isSpecial(path))
    }

    @Test func filesAreReplacedWithTheirPermissions() throws {
        let path = try folder.write("old", "map.npy")
        chmod(path, 0o640)
        // Who has the old file open goes on reading the old bytes.
        let old = try FileHandle(forReadingFrom: URL(filePath: path))
        #expect(try Program.run(arguments + [path]).status == 0)
        #expect(try NumPyArray(path: path).shape == [1, 5, 7])
        #expect(try old.readToEnd() == Data("old".utf8))
        var status = stat()
        stat(path, &status)
        #expect(status.st_mode & 0o777 == 0o640)
        #expect(try entries() == ["map.npy"])
        // A link stays a link.
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/link.npy", withDestinationPath: "map.npy")
        try folder.write("old", "map.npy")
        #expect(try Program.run(arguments + [folder.path + "/link.npy"]).status == 0)
        #expect(try NumPyArray(path: path).shape == [1, 5, 7])
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path + "/link.npy") == "map.npy")
    }

    @Test func whatCannotBeWritten() throws {
        try folder.write("", "file")
        try FileManager.default.createDirectory(atPath: folder.path + "/sub.npy", withIntermediateDirectories: false)
        var targets = ["\(folder.path)/none/map.npy", "\(folder.path)/file/map.png", "\(folder.path)/sub.npy", "/proc/map.npy"]
        if access("/dev/full", W_OK) == 0 { targets.append("/dev/full") }
        // Root may write anywhere.
        let locked = folder.path + "/locked"
        try FileManager.default.createDirectory(
            atPath: locked, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o500])
        if geteuid() != 0 { targets.append(locked + "/map.npy") }
        for target in targets {
            let outcome = try Program.run(arguments + [target])
            #expect(outcome.status == 73 && outcome.isOneLine && outcome.error.contains(target), "\(target): \(outcome)")
        }
        #expect(try entries() == ["file", "locked", "sub.npy"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: locked).isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/sub.npy").isEmpty)
    }

    @Test(arguments: ["map.txt", "map", "npy", "", "/tmp", "map.npy/"])
    func namesWithoutAKnownEnding(_ name: String) throws {
        let outcome = try Program.run(arguments + [name], folder: folder.path)
        #expect(outcome.status == 64 && outcome.output.isEmpty && outcome.error.contains(".npy or .png"), "\(outcome.error)")
        #expect(try entries().isEmpty)
    }

    /// A reader that goes away early ends the program without a word.
    @Test(arguments: [["inspect"], ["map", "--per-layer", "--layers", "0-11", Fixtures.cat], ["explore", Fixtures.cat]])
    func aClosedPipeIsQuiet(_ arguments: [String]) throws {
        let outcome = try Program.run(
            ["-c", "\"$@\" | head -c 1; printf ' %s' ${PIPESTATUS[0]}", "bash", try Program.path.get()] + arguments, executable: "/bin/bash")
        #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
        // 141: ended by SIGPIPE; 0: all had been written before the pipe closed.
        #expect(outcome.text.hasSuffix(" 141") || outcome.text.hasSuffix(" 0"))
    }

    @Test func namesOfManyKinds() throws {
        for name in ["a b.npy", "Köln 图.npy", "-dash.npy", "MAP.NPY", "~.npy"] {
            let outcome = try Program.run(arguments.dropLast() + ["--output=\(name)"], folder: folder.path)
            #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
            #expect(try NumPyArray(path: folder.path + "/" + name).shape == [1, 5, 7])
        }
    }
}
