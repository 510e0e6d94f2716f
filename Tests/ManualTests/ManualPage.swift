import Foundation
import TestSupport

/// A page of the manual, as far as the tests read mdoc.
struct ManualPage {
    let name: String
    let lines: [String]

    static let folder = Fixtures.root.appending(path: "man")

    /// The pages there are, without their endings.
    static func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".1") }.map { String($0.dropLast(2)) }.sorted()
    }

    init(_ name: String) throws {
        self.name = name
        lines = try String(contentsOf: Self.folder.appending(path: "\(name).1"), encoding: .utf8)
            .components(separatedBy: "\n")
    }

    /// The lines of a section, by its heading.
    func section(_ heading: String) -> [String] {
        guard let start = lines.firstIndex(of: ".Sh \(heading)") else { return [] }
        return Array(lines[(start + 1)...].prefix { !$0.hasPrefix(".Sh ") })
    }

    /// The flags of a line: `.It Fl o , Fl -output Ar file` has `-o` and `--output`.
    static func flags(_ line: String) -> [String] {
        let words = line.split(separator: " ")
        return zip(words, words.dropFirst()).filter { $0.0 == "Fl" || $0.0 == ".Fl" }.map { "-\($0.1)" }
    }

    /// One described argument: its spellings, the name of its value, and its text.
    struct Item {
        let spellings: [String]
        let value: String?
        let text: String
    }

    /// The items of the description that stand for options and arguments.
    var items: [Item] {
        var items: [Item] = []
        var open: (spellings: [String], value: String?, text: [String])?
        func close() {
            if let open { items.append(Item(spellings: open.spellings, value: open.value, text: open.text.joined(separator: "\n"))) }
            open = nil
        }
        // A list inside an item belongs to its text.
        var depth = 0
        for line in section("DESCRIPTION") {
            if line.hasPrefix(".Bl ") { depth += 1 }
            if line == ".El" { depth -= 1 }
            if depth == 0 || (depth == 1 && line.hasPrefix(".It ")) { close() }
            guard depth < 2 else {
                open?.text.append(line)
                continue
            }
            let words = line.split(separator: " ").map(String.init)
            if line.hasPrefix(".It Fl ") {
                let value = words.firstIndex(of: "Ar").map { words[($0 + 1)...].joined(separator: " ") }
                open = (Self.flags(line), value, [])
            } else if line.hasPrefix(".It Ar ") {
                open = ([words[2...].joined(separator: " ")], nil, [])
            } else {
                open?.text.append(line)
            }
        }
        close()
        return items
    }

    /// Every option and argument of the synopsis.
    var synopsis: Set<String> {
        var found: Set<String> = []
        for line in section("SYNOPSIS") {
            let flags = Self.flags(line)
            found.formUnion(flags)
            let words = line.split(separator: " ").map(String.init)
            if flags.isEmpty, let place = words.firstIndex(where: { $0 == "Ar" || $0 == ".Ar" }), place + 1 < words.count {
                found.insert(words[place + 1])
            }
        }
        return found
    }
}
