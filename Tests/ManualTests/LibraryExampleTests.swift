import Foundation
import TestSupport
import Testing

@Suite struct LibraryExampleTests {
    /// The example as it was compiled, without its indentation.
    private func compiled() throws -> String {
        let source = try text("Tests/ManualTests/LibraryExample.swift")
        let begin = try #require(source.range(of: "// example\n"))
        let end = try #require(source.range(of: "    // end of example"))
        let lines = source[begin.upperBound..<end.lowerBound].split(separator: "\n").map { $0.dropFirst(4) }
        return "import GETAM\n\n" + lines.joined(separator: "\n") + "\n"
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Fixtures.root.appending(path: path), encoding: .utf8)
    }

    @Test func theReadmeShowsWhatWasCompiled() throws {
        let example = try compiled()
        #expect(example.contains("PatchMap.sum"))
        #expect(try text("README.md").contains("```swift\n\(example)```\n"))
    }

    @Test func theLibraryDescribesWhatWasCompiled() throws {
        let comment = try compiled().split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .map { $0.isEmpty ? "///" : "///     \($0)" }.joined(separator: "\n")
        #expect(try text("Sources/GETAM/GETAM.swift").contains(comment))
    }
}
