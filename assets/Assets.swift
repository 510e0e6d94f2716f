import Foundation

/// The files that come with the program: the bundled model, pictures and terminal descriptions.
public enum Assets {
    /// The folder that holds them, or nil where the program was copied without them.
    ///
    /// They lie in `getam_Assets.resources`, beside the program (links resolved) as the build leaves it.
    public static let folder: URL? = {
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let folder = program.deletingLastPathComponent().appending(path: "getam_Assets.resources")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    /// The bundled checkpoint's folder.
    public static var model: URL? { folder?.appending(path: "models/animals") }
    /// The folder of the bundled pictures.
    public static var pictures: URL? { folder?.appending(path: "pictures") }
    /// Compiled terminal descriptions, as `TERMINFO_DIRS` takes them.
    public static var terminfo: URL? { folder?.appending(path: "terminfo") }
}
