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

/// A folder that goes away with the value.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/checkpoints-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ bytes: [UInt8], _ name: String) throws -> String {
        try AtomicFile.write(bytes, to: path + "/" + name)
        return path + "/" + name
    }

    @discardableResult
    func write(_ text: String, _ name: String) throws -> String { try write(Array(text.utf8), name) }
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
