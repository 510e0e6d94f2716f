import Files

/// Whether the explorer runs in a terminal for the first time: a mark in the user's state, as the XDG Base Directory Specification says.
enum FirstStart {
    /// Whether there is no mark yet. Makes one, where that can be done; where it cannot, no start is the first.
    static func isNow() -> Bool {
        // A home that is not there, or the root, is none of a user.
        let home = Environment.value("HOME").flatMap { $0.isFolder && $0 != "/" ? $0 + "/.local/state" : nil }
        let base = Environment.value("XDG_STATE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil } ?? home
        guard let folder = base.map({ $0 + "/getam" }) else { return false }
        let mark = folder + "/started"
        guard !AtomicFile.exists(mark) else { return false }
        do throws(FileError) {
            try FileSystem.makeFolder(folder)
            try AtomicFile.write([], to: mark)
            return true
        } catch { return false }
    }
}
