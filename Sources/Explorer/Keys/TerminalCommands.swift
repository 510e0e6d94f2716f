extension Command {
    /// The commands that concern the terminal and the clipboard.
    static let terminalCommands: [Command] = [
        Command("open", "PATH", "show a picture, or those of a folder; pasting a path does the same", path: .whole) {
            (text, _) throws(CommandError) in
            guard !text.isEmpty else { throw CommandError("open: a path is needed") }
            return .openPictures(text)
        },
        Command("copy", "[value|row|path|command]",
                "put the probed value, the class and its probability, the picture's path, or the command line of this view on the clipboard",
                candidates: { _ in CopyKind.allCases.map(\.rawValue) }) { (text, _) throws(CommandError) in
            text.isEmpty ? .askCopy : .copy(try choice(text, of: CopyKind.self, "copy"))
        },
        Command("theme", "[auto|dark|light]", "colors of the text for a dark or a light terminal; alone, which and why",
                candidates: { _ in ThemeChoice.allCases.map(\.rawValue) }) { (text, _) throws(CommandError) in
            text.isEmpty ? .sayTheme : .setTheme(try choice(text, of: ThemeChoice.self, "theme"))
        },
        Command("graphics", "[auto|off|kitty]", "pictures in pixels, by kitty's protocol, where the terminal proves it can; alone, whether and why",
                candidates: { _ in GraphicsChoice.allCases.map(\.rawValue) }) { (text, _) throws(CommandError) in
            text.isEmpty ? .sayGraphics : .setGraphics(try choice(text, of: GraphicsChoice.self, "graphics"))
        },
        Command("sync", "on|off|toggle", "show each frame whole, where the terminal can, or as it comes",
                candidates: { _ in ["on", "off", "toggle"] }) { (text, _) throws(CommandError) in
            try onOff(text, "sync", toggle: .toggleSync) { .setSync($0) }
        },
        Command("doctor", "what the terminal was found to do and why, what a frame costs, memory", .examine),
    ]
}
