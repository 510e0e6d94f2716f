import Files

/// The files that come with the program: the bundled model, pictures and terminal descriptions.
public enum Assets {
    /// The folder that holds them, or nil where the program was copied without them.
    ///
    /// They lie in `getam_Assets.resources`, beside the program (links resolved) as the build leaves it.
    public static let folder: String? = {
        guard let program = FileSystem.resolved("/proc/self/exe") else { return nil }
        let folder = program.folder.appending(part: "getam_Assets.resources")
        return AtomicFile.exists(folder) ? folder : nil
    }()

    /// The bundled checkpoint's folder.
    public static var model: String? { folder?.appending(part: "models/animals") }
    /// The folder of the bundled pictures.
    public static var pictures: String? { folder?.appending(part: "pictures") }
    /// The merges of CLIP's tokenizer.
    public static var clipMerges: String? { folder?.appending(part: "vocabularies/clip/merges.txt") }
    /// Compiled terminal descriptions, as `TERMINFO_DIRS` takes them.
    public static var terminfo: String? { folder?.appending(part: "terminfo") }
}
