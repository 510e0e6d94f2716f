import Foundation
import PTYSupport
import Testing

extension ExplorerSessionTests {
    /// What passes between the explorer and the terminal beside keys and frames.
    @Suite struct MannersTests {
        @Test func aPastedPathIsShown() throws {
            let folder = try ScratchFolder()
            try folder.link("a cat.jpg", to: Explorer.picture("01-cat.jpg"))
            let session = try Explorer.start([Explorer.picture("09-cow-and-sheep.jpg")])
            #expect(session.screen.title == "09-cow-and-sheep.jpg – getam")
            for (round, text) in ["'\(folder.file("a cat.jpg"))' ", "file://\(folder.file("a%20cat.jpg"))\r\n"].enumerated() {
                try session.press("\u{1B}[200~\(text)\u{1B}[201~", "the picture") {
                    $0.title == "a cat.jpg – getam" && $0.line(0).contains("a cat.jpg") && $0.status.hasSuffix("2/2") && $0.isComplete
                }
                if round == 0 { try session.press("p", status: "1/2") }
            }
            try session.press("\u{1B}[200~nothing/there\u{1B}[201~", hint: "no file “nothing/there”")
            try session.press(":\u{1B}[200~layer 3\u{1B}[201~", hint: ":layer 3")
            try session.press("\r", status: "layer 3")
            #expect(try session.quit() == (.status(0), []))
        }

        /// The first start says four keys to begin with, until the first is pressed; no later one does.
        @Test func theFirstStart() throws {
            let folder = try ScratchFolder(), picture = Explorer.picture("01-cat.jpg"), greeting = "to begin with: j/k class  h/l layer  a label  V grid"
            let home = ["XDG_STATE_HOME": folder.file("state")]
            let first = try Explorer.start([picture], environment: home)
            #expect(first.screen.hint.contains(greeting), "\(first.screen.hint)")
            try first.press("h", status: "layer 11")
            #expect(!first.screen.hint.contains(greeting))
            #expect(try first.quit() == (.status(0), []))
            let second = try Explorer.start(environment: home)
            #expect(!second.screen.hint.contains("to begin with"))
            #expect(try second.quit() == (.status(0), []))
        }

        @Test func whatIsCopiedReachesTheTerminal() throws {
            let picture = Explorer.picture("01-cat.jpg")
            let session = try Explorer.start([picture, "--theme", "light"], columns: 200)
            try session.press("y", hint: "copy  v value  r row  p path  c command")
            try session.press("p", hint: "copied path: \(picture)")
            #expect(session.screen.commands.contains("52;c;" + Data(picture.utf8).base64EncodedString()))
            try session.press("h", status: "layer 11")
            try session.press("yc", hint: "copied command: getam explore")
            let status = session.screen.status
            let line = try #require(session.screen.commands.last { $0.hasPrefix("52;c;") })
            let words = String(decoding: try #require(Data(base64Encoded: String(line.dropFirst(5)))), as: UTF8.self).split(separator: " ")
            #expect(try session.quit() == (.status(0), []))
            // It shows the same.
            let again = try Explorer.start(words.dropFirst(2).map(String.init), columns: 200)
            #expect(again.screen.status == status)
            #expect(try again.quit() == (.status(0), []))
        }

        /// A terminal that answers turns the text to its ground, but not what it was told otherwise.
        @Test func theTerminalsBackground() throws {
            func bar(_ session: PTYSession) -> ScreenColor { session.screen[0, 39].background }
            let session = try Explorer.start(environment: ["COLORTERM": "truecolor"])
            let unknown = bar(session)
            try session.press("\u{1B}]11;rgb:ffff/ffff/ffff\u{1B}\\", "another bar") { $0[0, 39].background != unknown }
            let light = bar(session)
            #expect(session.screen.commands.contains("11;?"))
            try session.press(":theme dark\r", "the dark bar") { $0[0, 39].background != light }
            try session.press(":doctor\r", "the doctor") { $0.contains("dark, as :theme asks") && $0.contains("#ffffff, as the terminal answers") }
            try session.send("q")
            #expect(try session.quit() == (.status(0), []))

            let told = try Explorer.start(["--theme", "light"], environment: ["COLORTERM": "truecolor", "COLORFGBG": "15;0"])
            #expect(bar(told) == light && !told.screen.commands.contains("11;?"))
            #expect(try told.quit() == (.status(0), []))
            let heard = try Explorer.start(environment: ["COLORTERM": "truecolor", "COLORFGBG": "0;15"])
            #expect(bar(heard) == light)
            #expect(try heard.quit() == (.status(0), []))
        }
    }
}
