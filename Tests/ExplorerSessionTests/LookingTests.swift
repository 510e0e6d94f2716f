import Foundation
import PTYSupport
import TestSupport
import Testing

extension ExplorerSessionTests {
    /// What is seen, and the keys that go through it.
    @Suite struct LookingTests {
        @Test func theFirstScreenOfTheBundledPictures() throws {
            let clock = ContinuousClock(), start = clock.now
            let session = try Explorer.start(columns: 80, rows: 24)
            print("from start to the first complete map: \(clock.now - start)")
            let screen = session.screen
            #expect(screen.line(0).contains("01-cat.jpg") && screen.line(0).contains("500×375"))
            #expect(screen.status.contains("fused 6-11") && screen.status.contains("cat") && screen.status.contains("getam"))
            #expect(screen.status.hasSuffix("1/10"))
            for part in ["overlay · fused 6-11", "classes 6", "min–max, fused map", "? help"] {
                #expect(screen.contains(part), "\(part) is missing:\n\(screen)")
            }
            // The classes, the most probable first, and a thumbnail for each layer.
            #expect(screen.line(2).hasSuffix("%") && screen.line(2).contains("cat"))
            for layer in 0..<12 { #expect(screen.line(21).contains(" \(layer)"), "layer \(layer)") }
            #expect(!screen.lines.contains { $0.contains("·") && $0.contains(" · ") && !$0.contains("overlay") })
            // Most of the picture's cells are blocks of more than a few colors.
            var colors: Set<ScreenColor> = []
            for row in 2..<17 { for column in 0..<50 { colors.insert(screen[column, row].background) } }
            #expect(colors.count > 10)
            #expect(try session.quit() == (.status(0), []))
        }

        @Test func layersClassesAndPictures() throws {
            let session = try Explorer.start()
            try session.press("h", status: "layer 11")
            try session.press("h", status: "layer 10")
            try session.press("l", status: "layer 11")
            try session.press("l", status: "fused 6-11")
            try session.press("l", hint: "no later map")
            try session.press("f", status: "layer 11")
            try session.press("f", status: "fused 6-11")
            try session.press("\t\t\t", hint: "start layer: 6")
            try session.press("[", status: "fused 5-11")
            try session.press("]]", status: "fused 7-11")
            try session.press("j", "second class") { $0.status.contains("person") && $0.isComplete }
            try session.press("j", "third class") { $0.status.contains("dog") && $0.isComplete }
            try session.press("kk", "first class") { $0.status.contains("cat") && $0.isComplete }
            try session.press("k", hint: "no class before")
            try session.press("n", "next picture") { $0.status.contains("2/10") && $0.status.contains("cow") && $0.isComplete }
            try session.press("p", "picture before") { $0.status.contains("1/10") && $0.isComplete }
            try session.press("p", hint: "no earlier picture")
            try session.press("m", "another method") { $0.status.contains("grad-attention") && $0.isComplete }
            try session.press("<", "the first method again") { $0.status.contains("getam") && $0.isComplete }
            #expect(try session.quit() == (.status(0), []))
        }

        @Test func viewsZoomAndPan() throws {
            let session = try Explorer.start()
            try session.press("v", shows: " map · fused 6-11 ")
            try session.press("v", shows: "─ picture ─")
            try session.press("v", shows: " overlay · fused 6-11 ")
            try session.press("s", "split") { $0.contains(" picture ") && $0.contains("overlay") && $0.contains("┬") }
            try session.press("s", "single") { !$0.contains(" picture ") && $0.contains("overlay") }
            try session.press("o", shows: "overlay off")
            try session.press("o", shows: "overlay · fused")
            try session.press("H", hint: "nothing to pan")
            try session.press("++", shows: "×2.0")
            let before = session.screen.cells
            try session.press("L", "panned") { $0.cells != before && $0.contains("×2.0") }
            try session.press("LLLLLLLLLL", hint: "edge")
            try session.press("-", shows: "×1.4")
            try session.press("0", "whole") { !$0.contains(" · ×") }
            try session.press("c", hint: "color map")
            try session.press("r", shows: "0–max, fused map")
            try session.press("i", hint: "patches")
            #expect(try session.quit() == (.status(0), []))
        }

        @Test func probingWithKeysAndMouse() throws {
            let session = try Explorer.start([Explorer.picture("01-cat.jpg"), "--size", "224"])
            // The middle patch of 16×12: pixels of the 500×375 picture.
            try session.press("\u{1B}[C", hint: "patch 8 6")
            #expect(session.screen.hint.contains("x 250–280 y 188–218 px"), "\(session.screen.hint)")
            try session.press("\u{1B}[C", hint: "patch 9 6")
            try session.press("\u{1B}OA", hint: "patch 9 5")
            try session.press("x", hint: "rank 1 of 192")
            let value = try #require(session.screen.hint.split(separator: " ").first { $0.contains("e-") })
            // The peak's value is the end of the map's range.
            let high = try #require(session.screen.status.split(separator: "…").last?.split(separator: " ").first)
            #expect(abs((Float(value) ?? 0) / (Float(high) ?? 1) - 1) < 0.05, "\(value) \(high)")

            // A click, as the mouse sends it: the pane is 500:375 in columns 5…84; a patch is 5 columns wide.
            try session.press("\u{1B}[<0;8;3M\u{1B}[<0;8;3m", "probe by click") {
                $0.hint.contains("patch 0 0 ") && $0.hint.contains("x 0–30 y 0–30 px")
            }
            // Dragging goes on probing; the right button leaves.
            try session.press("\u{1B}[<0;8;3M\u{1B}[<32;45;15M\u{1B}[<0;45;15m", "drag") {
                $0.hint.contains("patch 7 ") || $0.hint.contains("patch 8 ")
            }
            try session.press("\u{1B}[<2;40;15M\u{1B}[<2;40;15m", hint: "layer")
            // The wheel zooms; a click in the filmstrip and in the list choose.
            try session.press("\u{1B}[<64;40;15M", shows: "×1.4")
            try session.press("\u{1B}[<65;40;15M", "whole") { !$0.contains("×1.4") }
            try session.press("\u{1B}[<0;7;36M\u{1B}[<0;7;36m", status: "layer 0")
            try session.press("\u{1B}[<0;95;4M\u{1B}[<0;95;4m", "second class") { !$0.status.contains(" cat ") && $0.isComplete }
            try session.press("M", hint: "mouse off")
            #expect(!session.screen.modes.contains(1000))
            #expect(try session.quit() == (.status(0), []))
        }

        @Test func thresholdMarksUndo() throws {
            let session = try Explorer.start()
            try session.press("\t", hint: "threshold: off")
            try session.press("]]", shows: "≥0.10:")
            try session.wait("% area") { $0.contains("% area") }
            try session.press(":threshold 0.5\r", shows: "≥0.50:")
            try session.press(" ", hint: "cat marked")
            try session.wait("● cat") { $0.contains("● cat") }
            try session.press("u", hint: "undone: marks")
            try session.wait("no ● cat") { !$0.contains("● cat") }
            try session.press("u", hint: "threshold 0.50 → 0.10")
            try session.press("U", hint: "threshold 0.10 → 0.50")
            try session.press("\u{12}", "redone by ^R") { $0.contains("● cat") }
            try session.press("uuuu", "undone all") { !$0.contains("% area") && !$0.contains("● cat") }
            try session.press("u", hint: "nothing to undo")
            #expect(try session.quit() == (.status(0), []))
        }

        @Test func findingAndCommands() throws {
            let session = try Explorer.start()
            try session.press("/", "prompt") { $0.hint.hasPrefix(" /") && $0.cursorVisible }
            try session.press("o", shows: "“o” 4 of 6")
            try session.press("r", shows: "“or” 1 of 6")
            try session.press("\r", "found") { $0.status.contains("horse") && !$0.cursorVisible && $0.isComplete }
            try session.press("\u{1B}", shows: "classes 6")
            try session.press("/zebra\r", hint: "no class name contains “zebra”")

            try session.press(":opac\t", "completion") { $0.hint == " :opacity" && $0.column == 10 }
            try session.press("\u{15}layer 3\r", status: "layer 3")
            try session.press(":\u{1B}[A", hint: ":layer 3")
            try session.press("\u{1B}", "no prompt") { !$0.cursorVisible }
            try session.press(":class sh\t", hint: ":class sheep")
            try session.press("\r", "sheep") { $0.status.contains("sheep") && $0.isComplete }
            try session.press(":nonsense\r", hint: "no command “nonsense”")
            try session.press(":layer 12\r", hint: "no layer 12")
            try session.press(":view split\r", shows: " picture ")
            // A paste is typed as a whole, line ends and controls made harmless.
            try session.press(":\u{1B}[200~class\u{1} cow\u{1B}[201~", hint: "class")
            try session.press("\u{15}\u{1B}[200~layer 2\u{1B}[201~", hint: ":layer 2")
            #expect(session.screen.status.contains("layer 3"))
            try session.press("\r", status: "layer 2")
            try session.press("?", shows: "previous layer")
            #expect(session.screen.contains(" keys and commands "))
            try session.press("leave the expl", shows: ":quit")
            try session.press("\u{3}", "closed") { !$0.contains(" keys and commands ") }
            try session.press("z", hint: "means nothing")
            try session.send(":quit\r")
            #expect(try session.waitForExit() == .status(0))
            #expect(session.traces == [])
        }

        @Test func namesBeyondASCII() throws {
            let folder = try ScratchFolder()
            try folder.link("猫と犬 é ü.jpg", to: Explorer.picture("01-cat.jpg"))
            try folder.link("bad\u{1B}[31m\nname.jpg", to: Explorer.picture("02-cow.jpg"))
            let session = try Explorer.start([folder.path], environment: ["LANG": "C"])
            try session.press(":image 2\r", "wide name") { $0.line(0).contains("猫と犬 é ü.jpg") && $0.isComplete }
            try session.press("p", "bad name") {
                $0.status.contains("1/2") && $0.line(0).contains("name.jpg") && $0.isComplete
            }
            #expect(session.screen.unknown.isEmpty)
            #expect(try session.quit() == (.status(0), []))
        }
    }
}
