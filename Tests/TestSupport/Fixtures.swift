import Foundation

/// Where the oracle data is.
public enum Fixtures {
    /// The package's root folder.
    public static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The path of something under `Tests/Fixtures`.
    public static func path(_ name: String) -> String { root.appending(path: "Tests/Fixtures/\(name)").path }

    /// The path of something under the development folder beside the package, or nil where it is absent.
    public static func shared(_ name: String) -> String? {
        let path = root.deletingLastPathComponent().appending(path: "shared/\(name)").path
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }
}
