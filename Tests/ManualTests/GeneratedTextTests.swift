import Explorer
import Foundation
import TestSupport
import Testing

/// The pieces of README.md and the manual that come from tables of the program.
///
/// To write them anew after a table has changed: `GETAM_WRITE_MANUAL=1 swift test -c release --filter GeneratedText`.
@Suite struct GeneratedTextTests {
    /// A piece of a file between two lines that name it.
    struct Piece: Sendable, CustomStringConvertible {
        let file: String
        let begin: String
        let end: String
        let text: String

        var description: String { "\(file): \(begin)" }

        static let all = [
            Piece(file: "README.md", begin: "<!-- keys -->", end: "<!-- end of keys -->", text: "```text\n\(KeyMap.plainText())```\n"),
            Piece(
                file: "man/getam-explore.1", begin: ".\\\" keys: generated from the keymap table", end: ".\\\" end of keys",
                text: KeyMap.manPage()),
            Piece(
                file: "man/getam-train.1", begin: ".\\\" keys: generated from the keymap table", end: ".\\\" end of keys",
                text: TrainingKeyMap.manPage()),
            Piece(
                file: "man/getam-explore.1", begin: ".\\\" commands: generated from the command table",
                end: ".\\\" end of commands", text: KeyMap.commandManPage()),
        ]
    }

    @Test(.serialized, arguments: Piece.all)
    func isAsTheProgramSays(_ piece: Piece) throws {
        let path = Fixtures.root.appending(path: piece.file)
        let text = try String(contentsOf: path, encoding: .utf8)
        let begin = try #require(text.range(of: piece.begin + "\n"), "\(piece.file) has no line \(piece.begin)")
        let end = try #require(text.range(of: piece.end + "\n", range: begin.upperBound..<text.endIndex))
        if ProcessInfo.processInfo.environment["GETAM_WRITE_MANUAL"] == "1" {
            let new = text.replacingCharacters(in: begin.upperBound..<end.lowerBound, with: piece.text)
            try new.write(to: path, atomically: true, encoding: .utf8)
        } else {
            #expect(
                text[begin.upperBound..<end.lowerBound] == piece.text,
                "write it anew: GETAM_WRITE_MANUAL=1 swift test -c release --filter GeneratedText")
        }
    }
}
