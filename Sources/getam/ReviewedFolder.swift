import GETAM

/// A folder of outputs that may hold a review, whose accepted labels are not made anew.
struct ReviewedFolder: Sendable {
    /// The pictures whose labels were accepted.
    let accepted: Set<NameKey>

    /// - Throws: `FileError` where the folder's review cannot be read.
    init(_ folder: String) throws(FileError) {
        let path = folder.appending(part: ReviewLog.name)
        guard AtomicFile.exists(path) else {
            accepted = []
            return
        }
        accepted = Set(try ReviewLog(path: path).entries.filter { $0.decision == .accept }.map { NameKey($0.picture) })
    }

    /// - Throws: a failure where a run that is not resumed would make accepted labels anew.
    static func check(_ folder: String, resumes: Bool) throws {
        let count = try ReviewedFolder(folder).accepted.count
        guard count > 0, !resumes else { return }
        throw CommandFailure(
            .usage, "-o \(folder): \(count) of its labels were accepted in a review; --resume leaves them as they are, or name another folder")
    }
}
