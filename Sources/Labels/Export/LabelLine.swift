/// Lines `name class,class` of a label file, written so that they read back whatever is in the names.
public enum LabelLine {
    /// A picture's line, without its end. Without classes the name stands alone.
    public static func text(picture: String, classes: [String]) -> String {
        let name = quoted(picture) { $0.isWhitespace || ",\"'\\#".contains($0) }
        guard !classes.isEmpty else { return name }
        return name + " " + classes.map { quoted($0) { ",\"'\\".contains($0) } }.joined(separator: ",")
    }

    /// The name in quotes where something in it would be taken for more than itself, or blanks at its ends would be lost.
    private static func quoted(_ name: String, where isSpecial: (Character) -> Bool) -> String {
        guard name.contains(where: isSpecial) || name.first?.isWhitespace != false || name.last?.isWhitespace == true else { return name }
        return "\"" + name.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
    }
}
