import Files
import Foundation

/// Where test data lies.
enum Fixtures {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    /// Small models made with timm and transformers, committed with the script that makes them.
    static let models = root + "/Tests/Fixtures/models"
    /// Data beside the repository, which is not part of it; tests that need it are skipped without it.
    static let shared = root + "/../shared"

    static func model(_ name: String) -> String { models + "/" + name }
    static func isThere(_ path: String) -> Bool { AtomicFile.exists(path) }
}

/// The `FileError` that `body` ends with; nil when it succeeds or fails in another way.
func failure<T>(_ body: () throws -> T) -> FileError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? FileError
    }
}
