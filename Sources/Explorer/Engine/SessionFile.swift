import Files

/// A session's text in a file.
public enum SessionFile {
    private static let largest = 16 << 20

    /// The lines of the file at a path.
    ///
    /// - Throws: `FileError` where it cannot be read, is larger than 16 MB, or is no text.
    public static func read(_ path: String) throws(FileError) -> [Script.Line] {
        let content = try FileContent(path: path, prefix: largest + 1)
        guard content.fileSize <= largest else { throw FileError(.invalid, path: path, "is no session: it has more than 16 MB") }
        let text = content.withBytes { String(validating: $0, as: UTF8.self) }
        guard let text, !text.utf8.contains(0) else { throw FileError(.invalid, path: path, "is no session: it is no text") }
        return Session.lines(of: text)
    }

    /// Writes a session, over a file that exists only where that was allowed.
    static func write(_ request: SessionRequest) -> Action {
        let path = request.path.expandingHome
        if path.isFolder { return .exportFailed(message: "\(path): is a folder; name a file in it") }
        if !request.overwrite, AtomicFile.exists(path) { return .exportExists(.session(request)) }
        do throws(FileError) {
            try AtomicFile.write(request.text.bytes, to: path, replaces: request.overwrite)
            return .exported(path: request.path, bytes: request.text.utf8.count)
        } catch { return .exportFailed(message: "\(error)") }
    }
}
