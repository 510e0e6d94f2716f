import ArgumentParser
import Files
import Foundation

/// `getam`: where a Vision Transformer looks.
@main
struct Getam: ParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "getam",
        abstract: "Show where a Vision Transformer looks, layer by layer and class by class.",
        discussion: """
            Without a command, the explorer opens on the pictures and folders named, or on the bundled ones.
            """,
        version: version,
        subcommands: [
            ExploreCommand.self, MapCommand.self, ClassifyCommand.self, SegmentCommand.self, LabelCommand.self,
            EvaluateCommand.self, InspectCommand.self,
        ],
        defaultSubcommand: ExploreCommand.self)

    /// The words after the program's name, with all their bytes.
    private static var arguments: [String] {
        (1..<max(Int(CommandLine.argc), 1)).compactMap { CommandLine.unsafeArgv[$0].map { String(path: $0) } }
    }

    /// Parses, runs, and turns a failure into one line and a `sysexits` status.
    static func main() {
        // A reader that goes away (`getam map … | head`) ends the program quietly, as for any filter.
        signal(SIGPIPE, SIG_DFL)
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch {
            guard let status = ExitStatus(error) else { exit(withError: error) }
            Notes.discard()
            Report.line("\(error)")
            Foundation.exit(status.rawValue)
        }
        Notes.flush()
    }
}
