@testable import Files
import Foundation
import Glibc
import TestSupport
import Testing

/// Names of files are bytes: every one of them comes through the program's strings as it was.
@Suite struct PathBytesTests {
    /// Random bytes: letters, parts of UTF-8, whole scalars of all planes, and code points that stand for bytes.
    static func name(_ random: inout SplitMix, limit: Int = 255) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...40, using: &random) {
            switch Int.random(in: 0..<8, using: &random) {
            case 0: bytes.append(UInt8.random(in: 1...255, using: &random))
            case 1: bytes.append(UInt8.random(in: 0x80...0xFF, using: &random))
            case 2: bytes += Array("\u{65}\u{301}\u{E9}".utf8)
            case 3: bytes += Array(String(Unicode.Scalar(UInt32.random(in: 0xEF70...0xF010, using: &random)) ?? "x").utf8)
            case 4: bytes += [0xEE, UInt8.random(in: 0xBC...0xBF, using: &random)]
            case 5: bytes += Array(String(Unicode.Scalar(UInt32.random(in: 0x20...0x10FFFF, using: &random)) ?? "y").utf8)
            default: bytes.append(UInt8.random(in: 0x20...0x7E, using: &random))
            }
        }
        return Array(bytes.prefix(limit))
    }

    @Test func theMappingIsABijection() {
        var random = SplitMix(seed: 22)
        var seen: [[UInt8]: [UInt8]] = [:]
        for _ in 0..<40_000 {
            let bytes = Self.name(&random)
            let text = String(pathBytes: bytes)
            #expect(text.bytes == bytes)
            #expect(text.withPath { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) } == (bytes.contains(0) ? [] : bytes))
            // Two names never become one, and a string made of the bytes again is the same to the last one.
            #expect(seen.updateValue(bytes, forKey: Array(text.utf8)).map { $0 == bytes } ?? true)
            #expect(Array(String(pathBytes: text.bytes).utf8) == Array(text.utf8))
        }
        // All one- and two-byte names, so that no byte is left out.
        for high in 0..<256 {
            for low in 0..<256 { #expect(String(pathBytes: [UInt8(high), UInt8(low)]).bytes == [UInt8(high), UInt8(low)]) }
        }
    }

    /// Valid UTF-8 without the code points that stand for bytes is itself.
    @Test func validTextIsItself() {
        for scalar in (0...0x10FFFF).compactMap(Unicode.Scalar.init) where !(0xEF80...0xEFFF).contains(scalar.value) {
            let text = String(scalar)
            if !String(pathBytes: Array(text.utf8)).utf8.elementsEqual(text.utf8) { Issue.record("U+\(String(scalar.value, radix: 16))") }
        }
    }

    @Test func readersSeeWhatIsText() {
        #expect(String(pathBytes: Array("caf".utf8) + [0xE9] + Array(".jpg\n".utf8)).printable == "caf\u{FFFD}.jpg\u{FFFD}")
        for text in ["Käse 猫.JPG", "\u{EF80}\u{EFFF}", "\u{E000}x"] {
            #expect(String(pathBytes: Array(text.utf8)).printable == text)
        }
        let error = FileError(.missing, path: String(pathBytes: [0xFF, 0x61]), "is gone")
        #expect(error.description == "\u{FFFD}a: is gone")
    }

    /// As `json.dumps("…", ensure_ascii=False)` of Python writes what `os.fsdecode` made, but that it escapes lone halves.
    @Test func namesInJSON() {
        #expect(("\"" + String(pathBytes: Array("caf".utf8) + [0xE9] + Array("é".utf8)) + "\"").withNamesForJSON == "\"caf\\udce9é\"")
        #expect(String(pathBytes: Array("\u{EF80}".utf8)).withNamesForJSON == "\u{EF80}")
        #expect("{\"a\": \"\u{E000}\"}".withNamesForJSON == "{\"a\": \"\u{E000}\"}")
    }

    /// Files of random names are made, listed, read, renamed over and removed under these names.
    @Test func filesOfAnyName() throws {
        let folder = try TemporaryFolder()
        var random = SplitMix(seed: 23)
        var names: Set<[UInt8]> = [Array("-".utf8), Array(" ".utf8), Array("a\\b".utf8), [0xE9], Array("..x".utf8)]
        names.insert([UInt8](repeating: 0xFF, count: 200))
        while names.count < 300 {
            let name = Self.name(&random, limit: 120).filter { $0 != 0 && $0 != UInt8(ascii: "/") }
            if !name.isEmpty, name != [0x2E], name != [0x2E, 0x2E] { names.insert(name) }
        }
        for name in names {
            let path = folder.path + "/" + String(pathBytes: name)
            try AtomicFile.write([1], to: path)
            try AtomicFile.write(name, to: path)
        }
        let found = try FolderListing(folder.path).entries
        #expect(Set(found.map(\.name.bytes)) == names && !found.contains(where: \.isFolder))
        for entry in found {
            let path = folder.path.appending(part: entry.name)
            #expect(try MappedFile(path: path).withBytes { Array($0) } == entry.name.bytes)
            #expect(FileSystem.resolved(path)?.lastPart.bytes == entry.name.bytes)
            #expect(FileSystem.remove(path))
        }
        let inner = folder.path + "/" + String(pathBytes: [0xFE]) + "/b/\u{301}c"
        try FileSystem.makeFolder(inner)
        #expect(inner.isFolder && inner.lastPart == "\u{301}c" && inner.folder.isFolder)
        #expect(try FolderListing(folder.path).entries.map(\.isFolder) == [true])
    }

    @Test func partsOfPaths() {
        let parts: [(path: String, last: String, folder: String, ending: String?)] = [
            ("a.JPG", "a.JPG", "", "jpg"), ("x/y.z/a", "a", "x/y.z", nil), ("/a", "a", "/", nil), ("a/.png", ".png", "a", nil),
            ("a/\u{301}.png", "\u{301}.png", "a", "png"), ("a/", "", "a", nil), ("a.tar.gz", "a.tar.gz", "", "gz"), ("", "", "", nil),
            ("a.\u{301}png", "a.\u{301}png", "", "\u{301}png"),
        ]
        for (path, last, folder, ending) in parts {
            #expect(path.lastPart.utf8.elementsEqual(last.utf8) && path.folder == folder && path.ending == ending, "\(path)")
        }
        #expect("a//".withoutTrailingSlash == "a" && "/".withoutTrailingSlash == "/" && "//".withoutTrailingSlash == "/")
        #expect("a/b.Png".withoutEnding(["png"]) == "a/b" && "a/b.v1".withoutEnding(["png"]) == "a/b.v1")
    }
}
