import Checkpoints
import Foundation

extension Fixtures {
    /// Writes the bundled model to `folder` with its weights in Float32, which a program uses in the file; returns the path
    /// of the weights.
    public static func writeModelUsedInPlace(_ folder: String) throws -> String {
        let source = root.appending(path: "assets/models/animals").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: source + "/config.json", toPath: folder + "/config.json")
        let archive = try SafetensorsFile(path: source + "/model.safetensors")
        var writer = SafetensorsWriter()
        for info in archive.tensors { writer.add(info.name, info.shape, Array(try archive.tensor(named: info.name).values)) }
        let path = folder + "/model.safetensors"
        try Data(writer.file()).write(to: URL(filePath: path))
        return path
    }
}
