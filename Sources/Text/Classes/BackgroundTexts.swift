import Files

/// Words of what pictures show beside their classes. By soft-max they draw off what a class has in common with its surroundings.
public enum BackgroundTexts {
    /// The 25 words of CLIP-ES for PASCAL VOC.
    ///
    /// Source: Lin et al., "CLIP is Also an Efficient Segmenter" (CVPR 2023, arXiv 2212.09506), `clip_text.py` of its published code. Its
    /// list for COCO is without `keyboard` and `sign`, which name classes there.
    public static let clipES = [
        "ground", "land", "grass", "tree", "building", "wall", "sky", "lake", "water", "river", "sea", "railway", "railroad", "keyboard",
        "helmet", "cloud", "house", "mountain", "ocean", "road", "rock", "street", "valley", "bridge", "sign",
    ]

    /// ``clipES`` for `default`; the classes of a file where there is one of the name; else the name's parts, between its commas.
    ///
    /// - Throws: `FileError` where a file is wrong, or a part is no class.
    public static func named(_ name: String) throws(FileError) -> [TextClass] {
        if name == "default" { return clipES.map { TextClass(name: $0, prompts: ["{}"]) } }
        if AtomicFile.exists(name) { return try TextClass.read(path: name) }
        var classes: [TextClass] = []
        // A single word that looks like a file's name is one that is not there.
        let isWords = name.contains(",") || !name.contains("/") && !name.contains(".")
        for part in name.split(separator: ",", omittingEmptySubsequences: false) {
            guard isWords, let found = TextClass(line: String(part).trimmed()) else {
                throw FileError(.missing, path: name, "is neither default, a file of texts, nor words with commas between")
            }
            if !classes.contains(where: { $0.name == found.name }) { classes.append(found) }
        }
        return classes
    }
}
