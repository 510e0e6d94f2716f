import ArgumentParser
import Foundation
import Files
import GETAM

/// Loading of checkpoints: time, and memory at its peak.
struct LoadBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Time loading of checkpoints, and measure its peak of memory.",
        discussion: """
            The first load counts for memory: every parameter is then read once, as inspect does. The peak is that of the \
            resident set, mapped pages of the file included, above what there was before; it is set against the sizes of file \
            and parameters together. Files should have been read before, or the disk is timed.
            """)

    @Argument(help: "Checkpoints.")
    var files: [String]
    @Option(name: .customLong("repeat"), help: "Loads to take the median of.")
    var repeats = 5

    /// Measures one file in this process, without the line of titles.
    @Flag(help: .hidden)
    var alone = false

    func run() throws {
        if alone {
            for path in files { try measure(path) }
            return
        }
        try Output.line("load             file    parameters    peak       peak / (file + parameters)")
        fflush(nil)
        // A process each: memory that an earlier file left with the allocator would hide what the next one needs.
        for path in files {
            let child = try Process.run(
                URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath(),
                arguments: ["load", "--alone", "--repeat", "\(repeats)", "--", path])
            child.waitUntilExit()
            guard child.terminationStatus == 0 else { throw ExitCode(child.terminationStatus) }
        }
    }

    private func measure(_ path: String) throws {
        let before = try Self.kilobytes("VmRSS")
        let (parameterBytes, fileBytes) = try read(path)
        let peak = try Self.kilobytes("VmHWM") - before
        var times: [Duration] = []
        for _ in 0..<max(repeats, 1) {
            let start = ContinuousClock.now
            _ = try ModelLoader.load(path: path)
            times.append(ContinuousClock.now - start)
        }
        let ratio = Double(peak) * 1024 / Double(fileBytes + parameterBytes)
        try Output.line(
            "\(Milliseconds(times.sorted()[times.count / 2]))  \(Self.mebibytes(fileBytes))  \(Self.mebibytes(parameterBytes))  "
                + "\(Self.mebibytes(peak * 1024))  \(String(format: "%.2f", ratio))  \(path)")
    }

    /// Loads and reads everything; the model's memory is given back at the end.
    private func read(_ path: String) throws -> (parameters: Int, file: Int) {
        let loaded = try ModelLoader.load(path: path)
        _ = loaded.parameters.firstNonFinite()
        return (4 * loaded.parameters.parameterCount, try MappedFile(path: loaded.files[0]).bytes.count)
    }

    /// A line of the process's status.
    private static func kilobytes(_ name: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        guard let value = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({ Int($0) }) else {
            throw ValidationError("the kernel does not say \(name)")
        }
        return value
    }

    private static func mebibytes(_ bytes: Int) -> String { String(format: "%7.1f MiB", Double(bytes) / 1_048_576) }
}
