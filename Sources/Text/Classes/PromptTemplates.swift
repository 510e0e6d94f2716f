import Files

/// Sentences into which the words of a class are put, in place of `{}`.
public struct PromptTemplates: Sendable, Equatable {
    public let name: String
    /// Each holds `{}`.
    public let lines: [String]

    /// The words as they are.
    public static let none = PromptTemplates(name: "none", lines: ["{}"])
    /// The one sentence that CLIP's authors recommend where there is no time for more.
    public static let photo = PromptTemplates(name: "photo", lines: ["a photo of a {}."])

    /// The one sentence of CLIP-ES (Lin et al., CVPR 2023, `generate_cams_voc12.py` of its published code);
    /// WeCLIP has it, too.
    public static let clipES = PromptTemplates(name: "clip-es", lines: ["a clean origami {}."])

    /// Those that come with the program.
    public static let all = [none, photo, clipES, imageNet]

    /// One of ``all`` by its name, or a file of templates, one a line.
    ///
    /// - Throws: `FileError` where there is neither, or a line has no `{}`.
    public init(named name: String) throws(FileError) {
        if let known = Self.all.first(where: { $0.name == name }) {
            self = known
            return
        }
        guard AtomicFile.exists(name) else {
            throw FileError(
                .missing, path: name, "is neither a file of templates nor one of \(Self.all.map(\.name).joined(separator: ", "))")
        }
        let lines = try TextClass.lines(name)
        if let bare = lines.first(where: { !$0.text.contains("{}") }) {
            throw FileError(.invalid, path: name, "line \(bare.number): has no {} for the words of a class")
        }
        guard !lines.isEmpty, lines.count <= 10_000 else {
            throw FileError(.invalid, path: name, "has \(lines.count) templates; 1 to 10000 are usable")
        }
        self.init(name: name, lines: lines.map(\.text))
    }

    init(name: String, lines: [String]) { (self.name, self.lines) = (name, lines) }
}
