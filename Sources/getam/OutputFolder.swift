import Foundation
import GETAM

/// A folder that a batch writes one file a picture to.
struct OutputFolder: Sendable {
    let path: String
    /// What the files' names end in, without the dot.
    let ending: String

    /// Makes the folder where it is not there.
    ///
    /// - Throws: a failure where it cannot be made or written to, before the first picture is computed.
    init(_ path: String, ending: String) throws {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        self.ending = ending
        if !self.path.isFolder {
            do {
                try FileManager.default.createDirectory(atPath: self.path, withIntermediateDirectories: true)
            } catch {
                throw FileError(.unwritable, path: self.path, "the folder cannot be made: \(Self.reason(error))")
            }
        }
        if access(self.path, W_OK | X_OK) != 0 {
            let reason = String(cString: strerror(errno))
            throw FileError(.unwritable, path: self.path, "cannot be written: \(reason.prefix(1).lowercased())\(reason.dropFirst())")
        }
    }

    private static func reason(_ error: any Error) -> String {
        let error = error as NSError
        let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError
        guard let number = cause.flatMap({ $0.domain == NSPOSIXErrorDomain ? Int32($0.code) : nil }) else {
            return "something stands in its way, or it may not be written"
        }
        let text = String(cString: strerror(number))
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    /// The file of the picture of that name.
    func file(_ name: String) -> String { "\(path)/\(name).\(ending)" }

    /// Removes what a killed run has left of these pictures' files: hidden, and never given their name.
    func removeLeftovers(of names: [String]) {
        guard let entries = try? FileManager.default.contentsOfDirectory(atPath: path) else { return }
        let own = Set(names.map { String("\($0).\(ending)".prefix(100)) })
        for entry in entries where entry.hasPrefix(".") && entry.hasSuffix(".part") {
            let inner = entry.dropFirst().dropLast(5)
            guard let dot = inner.lastIndex(of: "."), own.contains(String(inner[..<dot])) else { continue }
            unlink("\(path)/\(entry)")
        }
    }
}

/// What stands where a picture's outputs go.
enum Standing: Sendable {
    /// Nothing, or nothing whole.
    case nothing
    /// Whole files that were made otherwise: by another model, say.
    case other
    /// What would be made again.
    case same
}
