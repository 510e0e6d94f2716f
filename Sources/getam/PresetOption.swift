import Files
import GETAM

extension Preset {
    /// The preset that `--preset` names: a built-in one, else a file.
    static func chosen(_ name: String) throws -> Preset {
        if let known = named(name) { return known }
        guard AtomicFile.exists(name) else {
            throw CommandFailure(
                .missingInput, "--preset \(name): neither a built-in preset (\(builtIn.map(\.name).joined(separator: ", "))) "
                    + "nor a file that is there" + NearestNames.question(name, among: builtIn.map(\.name)))
        }
        return try read(path: name)
    }
}
