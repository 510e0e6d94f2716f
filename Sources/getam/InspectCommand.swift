import ArgumentParser
import Foundation
import GETAM

/// `getam inspect`: what a checkpoint is; with `--system`, what it would run on.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Print what a checkpoint is, or what this machine computes with.")

    @Argument(help: "Checkpoint: a .safetensors, PyTorch or .npz file, an index, or a folder. (default: --model, or the bundled one)", completion: .checkpoints)
    var checkpoint: String?
    @Flag(help: "Print JSON.")
    var json = false
    @Flag(help: "Print the processor's features, the matrix-product library, its core type and the measured rate.")
    var system = false
    @OptionGroup(title: "Model") var model: ModelOptions

    func validate() throws {
        if checkpoint != nil, model.checkpoint.file.model != nil { throw ValidationError("Name the checkpoint once: as argument or by --model.") }
    }

    func run() throws {
        if system {
            let report = SystemReport(threads: model.threads ?? Environment.usableProcessors())
            if json { try Output.printJSON(report) } else { try Output.write(report.text) }
            return
        }
        let path = try checkpoint ?? model.modelPath()
        let loaded = try model.checkpoint.load(path: path)
        let report = ModelReport(
            loaded, methods: MapMethods.usable(for: loaded.configuration).map(\.identifier), textTower: try? TextTowerLoader.load(path: path))
        if json { try Output.printJSON(report) } else { try Output.write(report.text) }
    }
}
