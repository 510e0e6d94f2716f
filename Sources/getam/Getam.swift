import ArgumentParser
import CAllocationGuard
import Files
import Foundation
import Terminal

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
            ExploreCommand.self, MapCommand.self, FigureCommand.self, ClassifyCommand.self, SegmentCommand.self, LabelCommand.self, ReviewCommand.self,
            EvaluateCommand.self, CompareCommand.self, TuneCommand.self, TrainCommand.self, ExportCommand.self, EmbedCommand.self,
            InspectCommand.self,
        ],
        defaultSubcommand: ExploreCommand.self)

    /// The words after the program's name, with all their bytes.
    static var arguments: [String] {
        (1..<max(Int(CommandLine.argc), 1)).compactMap { CommandLine.unsafeArgv[$0].map { String(path: $0) } }
    }

    /// Parses, runs, and turns a failure into one line and a `sysexits` status.
    static func main() {
        StandardStream.prepare()
        // The last resort, where what was planned did not suffice.
        allocation_guard_install(ExitStatus.memory.rawValue, rescueTerminal)
        let arguments = arguments
        do {
            do {
                if let shell = try completionShell(arguments) {
                    try Output.line(CompletionScript.text(for: shell))
                } else {
                    var command = try parseAsRoot(arguments)
                    try command.run()
                }
            } catch where exitCode(for: error).isSuccess {
                // Help, or the version, which were asked for.
                try Output.line(fullMessage(for: error))
            }
            try Output.finish()
        } catch {
            end(error, arguments)
        }
        Notes.flush()
    }

    /// The shell whose completion script is asked for; nil where none is.
    private static func completionShell(_ arguments: [String]) throws -> CompletionShell? {
        let option = "--generate-completion-script"
        guard let first = arguments.first, first == option || first.hasPrefix(option + "=") else { return nil }
        let name = first == option ? arguments.dropFirst().first : String(first.dropFirst(option.count + 1))
        guard let name else {
            guard let shell = CompletionShell.autodetected() else {
                throw CommandFailure(.usage, "\(option): which shell is not known; name it: bash, zsh or fish")
            }
            return shell
        }
        guard let shell = CompletionShell(rawValue: name) else {
            throw CommandFailure(.usage, "\(option) \(name): known are bash, zsh, fish")
        }
        return shell
    }

    /// Ends the program with one line, and the status that tells what kind of failure this was.
    private static func end(_ error: any Error, _ arguments: [String]) -> Never {
        Notes.discard()
        if let status = ExitStatus(error) {
            Report.line("\(error)")
            Foundation.exit(status.rawValue)
        }
        let code = exitCode(for: error)
        guard code == .validationFailure else {
            Report.line("\(error)")
            Foundation.exit(code.rawValue)
        }
        Report.line(Refusal.line(for: error, arguments))
        Foundation.exit(ExitStatus.usage.rawValue)
    }
}

/// On whichever thread memory ran out.
private func rescueTerminal() { TerminalRescue.run() }
