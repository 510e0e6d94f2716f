import Foundation
import PTYSupport

/// Runs `getam` and other programs.
enum Program {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What a program prints on standard output and error, and its exit status.
    static func run(_ path: String, _ arguments: [String]) throws -> (output: Data, errors: String, status: Int32) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let errorFile = FileManager.default.temporaryDirectory.appending(path: "getam-\(UUID().uuidString)")
        try Data().write(to: errorFile)
        defer { try? FileManager.default.removeItem(at: errorFile) }
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errorFile)
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (data, try String(contentsOf: errorFile, encoding: .utf8), process.terminationStatus)
    }
}

/// What the program says of its own arguments.
struct ProgramHelp: Decodable {
    struct Name: Decodable {
        let kind: String
        let name: String
    }

    struct Argument: Decodable {
        let kind: String
        let names: [Name]?
        let valueName: String?
        let shouldDisplay: Bool
        let allValues: [String]?

        /// `-o`, `--output`; for a positional argument its value's name.
        var spellings: [String] {
            guard let names else { return valueName.map { [$0] } ?? [] }
            return names.map { ($0.kind == "long" ? "--" : "-") + $0.name }
        }
    }

    struct Command: Decodable {
        let commandName: String
        let arguments: [Argument]?
        let subcommands: [Command]?

        var shown: [Argument] { (arguments ?? []).filter(\.shouldDisplay) }
    }

    let command: Command

    static func read() throws -> ProgramHelp {
        let result = try Program.run(PTYSession.builtProduct("getam"), ["--experimental-dump-help"])
        guard result.status == 0 else { throw Program.Failure(description: result.errors) }
        return try JSONDecoder().decode(ProgramHelp.self, from: result.output)
    }

    /// Every page's name with its command: `getam`, and one a subcommand.
    static func pages() throws -> [(page: String, command: Command)] {
        let root = try read().command
        let subcommands = (root.subcommands ?? []).filter { $0.commandName != "help" }
        return [(root.commandName, root)] + subcommands.map { ("\(root.commandName)-\($0.commandName)", $0) }
    }
}
