import Foundation
import TestSupport
import Testing

/// The order of the rooms, as the table of Sources/README.md states it.
@Suite struct RoomTests {
    /// A row of the table: `| `Room` | what | who it may import |`.
    struct Room {
        let name: String
        let imports: Set<String>
    }

    /// The system's own modules, which any room may import.
    static let system: Set<String> = ["Swift", "Dispatch", "Glibc", "Musl", "Darwin", "Synchronization"]
    /// Also Foundation, which the core does without.
    static let upper: Set<String> = ["Explorer", "getam", "getam-bench"]

    static let sources = Fixtures.root.appending(path: "Sources")

    static func table() throws -> [Room] {
        try String(contentsOf: sources.appending(path: "README.md"), encoding: .utf8)
            .split(separator: "\n").compactMap { line -> Room? in
                let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
                guard line.hasPrefix("| `"), cells.count == 3 else { return nil }
                func names(_ cell: String) -> [String] {
                    cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                        .filter { $0.offset % 2 == 1 }.map { String($0.element) }
                }
                return Room(name: names(cells[0])[0], imports: Set(names(cells[2])))
            }
    }

    /// The room's Swift files.
    static func files(_ room: String) -> [URL] {
        let files = FileManager.default.enumerator(at: sources.appending(path: room), includingPropertiesForKeys: nil)
        return (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
    }

    static func imports(_ file: URL) throws -> Set<String> {
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        var modules: Set<String> = []
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let place = words.firstIndex(of: "import"),
                words[..<place].allSatisfy({ $0.hasPrefix("@") || ["public", "package", "internal", "private"].contains($0) }),
                let module = words[(place + 1)...].first(where: { !kinds.contains($0) })
            else { continue }
            modules.insert(String(module.prefix { $0 != "." }))
        }
        return modules
    }

    @Test func everyRoomIsInTheTableOnce() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path).filter { $0 != "README.md" }
        #expect(try Self.table().map(\.name).sorted() == folders.sorted())
    }

    @Test func noRoomImportsWhatTheTableDoesNotAllow() throws {
        var seen = 0
        for room in try Self.table() {
            let allowed = room.imports.union(Self.system).union(Self.upper.contains(room.name) ? ["Foundation"] : [])
            for file in Self.files(room.name) {
                let imports = try Self.imports(file)
                seen += imports.count
                #expect(imports.subtracting(allowed).sorted() == [], "\(room.name)/\(file.lastPathComponent)")
            }
        }
        // The files were found and read.
        #expect(seen > 50)
    }

    /// What is printed goes through calls whose failures are known: `print` loses them, `FileHandle` traps.
    @Test func everyWriteIsChecked() throws {
        let unchecked: Set = ["FileHandle", "fputs", "fwrite", "puts", "printf", "debugPrint", "dump"]
        var seen = 0
        for room in try Self.table() {
            for file in Self.files(room.name) {
                seen += 1
                for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                    guard !line.drop(while: { $0 == " " }).hasPrefix("//") else { continue }
                    let words = line.split { !($0.isLetter || $0.isNumber || "_.(".contains($0)) }.map(String.init)
                    let calls = words.flatMap { $0.split(separator: "(", omittingEmptySubsequences: false).dropLast() }
                    // A type's own function of that name is another matter; its declaration begins with `func`.
                    let prints = calls.contains { $0 == "print" || $0 == "Swift.print" } && !line.contains("func print(")
                    #expect(!prints && unchecked.isDisjoint(with: calls.map(String.init)), "\(file.lastPathComponent): \(line)")
                    #expect(!words.contains { $0.hasPrefix("FileHandle") }, "\(file.lastPathComponent): \(line)")
                }
            }
        }
        #expect(seen > 200)
    }

    @Test func theTableHasNoCircle() throws {
        var below: Set<String> = []
        let rooms = try Self.table()
        let names = Set(rooms.map(\.name))
        for room in rooms {
            #expect(room.imports.intersection(names).subtracting(below).sorted() == [], "\(room.name) stands above these")
            below.insert(room.name)
        }
    }

    /// Names of files are bytes, which Foundation mends and which a plain C string of a `String` does not give back.
    @Test func onlyFilesAsksTheSystemForNames() throws {
        let calls = /FileManager|contentsOfFile|NSHomeDirectory|O_RDONLY|O_WRONLY|(^|[^.\w])(l?stat|access|rename|unlink|mkdir|opendir|realpath|dlopen)\((?!\))/
        // The cluster's own files have plain names, and Foundation knows the user's folder.
        let known: Set<String> = ["Environment.swift", "ExportWriter.swift", "Engine.swift", "MatrixProduct.swift"]
        for room in try Self.table().map(\.name) where !["Files", "getam-bench"].contains(room) {
            for file in Self.files(room) where !known.contains(file.lastPathComponent) {
                for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
                where !line.contains("func ") && !line.contains("///") {
                    #expect(line.firstMatch(of: calls) == nil, "\(room)/\(file.lastPathComponent): \(line)")
                }
            }
        }
    }

    @Test func nothingBelowTheProgramPrintsOrReadsTheEnvironment() throws {
        for room in try Self.table().map(\.name) where !["Terminal", "getam", "getam-bench"].contains(room) {
            for file in Self.files(room) {
                let text = try String(contentsOf: file, encoding: .utf8)
                // `Files` has the streams that the programs print with, and knows `/dev/stdout` as the name of a file.
                let streams = room == "Files" ? [] : ["STDOUT_FILENO", "STDERR_FILENO", "isatty(", "StandardStream"]
                for word in [" print(", "getenv(", "ProcessInfo"] + streams {
                    #expect(!text.contains(word), "\(word) in \(room)/\(file.lastPathComponent)")
                }
            }
        }
    }
}
