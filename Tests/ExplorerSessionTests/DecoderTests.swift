import Foundation
import Images
import PTYSupport
import TestSupport
import Testing

extension ExplorerSessionTests {
    /// The decoder's answer in the explorer is that of `getam segment`.
    @Suite struct DecoderTests {
        @Test func theDecodersLabelIsSegments() throws {
            let folder = try ScratchFolder()
            let picture = Explorer.picture("09-cow-and-sheep.jpg")
            let session = try Explorer.start([picture], columns: 140)
            try session.press("a", "the label") { $0.isComplete && $0.contains("─ label ·") }
            try session.press("a", shows: "refined map")
            try session.press("a", "the decoder's answer") { screen in
                screen.isComplete && screen.contains("decoder · all classes") && screen.contains("asked at 320 px")
                    && screen.lines.contains { $0.contains("■ cow") && $0.contains("%") }
            }
            let all = folder.file("all.png"), marked = folder.file("marked.png")
            try session.press(":export label \(all)\r", hint: "wrote \(all)")
            // Only what is marked.
            try session.press("d", shows: "decoder · classes that apply")
            try session.press(":mark sheep\r", hint: "sheep marked")
            try session.press(":export label \(marked)\r", hint: "wrote \(marked)")
            try session.press("a", shows: "saliency")
            #expect(try session.quit() == (.status(0), []))

            let command = try Explorer.launch(["segment", picture, "-o", folder.file("segment.png")])
            #expect(try command.waitForExit() == .status(0))
            let (answer, segment) = (try ImageFile.readIndices(path: all), try ImageFile.readIndices(path: folder.file("segment.png")))
            #expect(answer.indices == segment.indices && Set(answer.indices).contains(2))
            let restricted = try ImageFile.readIndices(path: marked)
            #expect(Set(restricted.indices) == [0, 6] || Set(restricted.indices) == [0])
            // The view comes back.
            let again = try Explorer.start(["--from", marked, picture], columns: 140)
            #expect(again.screen.contains("decoder · classes that apply"))
            #expect(try again.quit() == (.status(0), []))
        }
    }
}
